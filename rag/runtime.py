"""The encoder for asking: the same weights in ONNX Runtime, which starts in a fraction of the time.

An ingest leaves the exported model beside the index (rag.export). Where it is not, or is not
whole, sentence-transformers does the work as before.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from rag.encoder import Encoder, Recent, SentenceTransformerEncoder, TokenVectors, Vectors, unit

if TYPE_CHECKING:
    from tokenizers import Encoding

FOLDER = "runtime"  # in the library's folder
Pooling = Literal["mean", "cls"]
_RECIPE = "article-qa"
_SHORT = 16  # hexadecimal digits of a digest in a file name


@dataclass(frozen=True, slots=True)
class Recipe:
    """What turns a text into the transformer's input, and its output into a vector.

    `tokenizer` is the tokenizer as JSON, `limit` how many tokens are read, special ones not counted.
    It travels in the metadata of the ONNX file.
    """

    tokenizer: str
    limit: int
    pooling: Pooling

    def metadata(self) -> dict[str, str]:
        return {_RECIPE: json.dumps(asdict(self))}

    @classmethod
    def of(cls, metadata: dict[str, str]) -> Recipe:
        return cls(**json.loads(metadata[_RECIPE]))


def named(file: Path, key: str) -> str:
    """The file name of an exported model: which model it is, and what its bytes have to be."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return f"{key[:_SHORT]}-{digest[:_SHORT]}.onnx"


def stored(folder: Path, key: str) -> Path | None:
    """The file of the model with that key; None where there is none that is whole."""
    for path in sorted(folder.glob(f"{key[:_SHORT]}-*.onnx")):
        try:
            if path.name == named(path, key):
                return path
        except OSError:
            continue
    return None


class Runtime:
    """An Encoder over an exported model."""

    def __init__(self, path: Path, name: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        # Texts are read side by side, each on one core and without padding.
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        recipe = Recipe.of(self._session.get_modelmeta().custom_metadata_map)
        self.name = name
        self._pooling = recipe.pooling
        self._tokenizer = Tokenizer.from_str(recipe.tokenizer)
        self.token_limit = recipe.limit
        self._threads = ThreadPoolExecutor(os.cpu_count())
        self._recent = Recent(self._read)

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        encoded = (self._tokenizer.encode(text, add_special_tokens=False) for text in texts)
        return [list(each.offsets) for each in encoded]

    def embed(self, texts: Sequence[str]) -> Vectors:
        pooled = [
            states.mean(axis=0) if self._pooling == "mean" else states[0]
            for _, states in self._states(texts)
        ]
        return unit(np.asarray(pooled, dtype=np.float32))

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self._recent.read(texts)

    def _read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return [_tokens(encoded, states) for encoded, states in self._states(texts)]

    def _states(self, texts: Sequence[str]) -> Iterator[tuple[Encoding, Vectors]]:
        return self._threads.map(self._state, texts)

    def _state(self, text: str) -> tuple[Encoding, Vectors]:
        """The tokens of a text and the vector of each, special ones included."""
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        encoded.truncate(self.token_limit)
        encoded = self._tokenizer.post_process(encoded)
        (states,) = self._session.run(None, {"ids": np.array([encoded.ids], dtype=np.int64)})
        return encoded, states[0]


def _tokens(encoded: Encoding, states: Vectors) -> TokenVectors:
    kept = np.array(encoded.special_tokens_mask) == 0
    spans = np.array(encoded.offsets, dtype=np.int64)[kept]
    return TokenVectors(unit(states[kept]), spans[:, 0], spans[:, 1])


class AskingEncoder:
    """An Encoder that works with the exported model in a folder, or else with the original."""

    def __init__(self, original: SentenceTransformerEncoder, folder: Path) -> None:
        self.name = original.name
        self.original = original
        self._folder = folder
        self._lock = threading.Lock()

    @property
    def token_limit(self) -> int:
        return self._chosen.token_limit

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return self._chosen.token_spans(texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._chosen.embed(texts)

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self._chosen.read(texts)

    @property
    def _chosen(self) -> Encoder:
        with self._lock:
            return self._choice

    @cached_property
    def _choice(self) -> Encoder:
        key = self.original.export_key
        path = stored(self._folder, key) if key else None
        if path is None:
            return self.original
        try:
            return Runtime(path, self.name)
        except Exception as error:  # whatever another version of ONNX Runtime raises
            logging.getLogger(__name__).info("%s is not used: %s", path, error)
            return self.original

"""An encoder for tests of what happens around a model: it needs none."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import numpy as np

from rag.encoders.protocols import TokenVectors, Vectors
from tests.stores import vector


class WordEncoder:
    """Every word is a token, and equal texts have equal vectors; each batch takes `seconds`.

    `batches` are the texts that were embedded.
    """

    name = "a model of words"
    token_limit = 100

    def __init__(self, seconds: float = 0) -> None:
        self.batches: list[list[str]] = []
        self._seconds = seconds

    @property
    def texts(self) -> list[str]:
        return [text for batch in self.batches for text in batch]

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [[match.span() for match in re.finditer(r"\S+", text)] for text in texts]

    def embed(self, texts: Sequence[str]) -> Vectors:
        time.sleep(self._seconds)
        self.batches.append(list(texts))
        return np.array([vector(text) for text in texts])

    def embed_query(self, question: str) -> Vectors:
        return self.embed([question])[0]

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        raise NotImplementedError

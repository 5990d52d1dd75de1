"""Token vectors that were computed recently."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from cachetools import LRUCache

from rag.encoders.protocols import TokenVectors

MAX_TEXTS = 1_000  # 0.2 MB each at most


class TokenVectorCache:
    """Remembers the token vectors of the texts that were read last.

    Vectors are rounded to half precision when they are first read, too, so that an answer does not
    depend on what was asked before. Texts are read outside the lock: threads never wait for each
    other's inference, and two that need the same text at once may both read it.
    """

    def __init__(
        self, read: Callable[[Sequence[str]], Sequence[TokenVectors]], size: int = MAX_TEXTS
    ) -> None:
        self._read = read
        self._texts: LRUCache[str, TokenVectors] = LRUCache(size)
        self._lock = threading.Lock()

    def add(self, text: str, vectors: TokenVectors) -> None:
        """Remember vectors that were computed on another occasion."""
        with self._lock:
            self._texts[text] = _half(vectors)

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Return the token vectors of each text."""
        with self._lock:
            known = {text: self._texts[text] for text in texts if text in self._texts}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, map(_half, self._read(missing)), strict=True))
            with self._lock:
                self._texts.update((text, known[text]) for text in missing)
        return [
            replace(known[text], vectors=known[text].vectors.astype(np.float32)) for text in texts
        ]


def _half(vectors: TokenVectors) -> TokenVectors:
    return replace(vectors, vectors=vectors.vectors.astype(np.float16))

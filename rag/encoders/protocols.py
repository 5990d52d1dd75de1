"""What an encoder does, whatever runs its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Precision = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text, without special tokens.

    `vectors` is float32 [tokens, dimension] with rows of unit length; `starts` and `ends` are
    int [tokens], the characters of the text that each token covers.
    """

    vectors: Vectors
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


class Encoder(Protocol):
    """Turns text into vectors. `name` identifies the weights: vectors of two names do not mix."""

    name: str

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return the character range of every token of each text, without special tokens."""

    @property
    def token_limit(self) -> int:
        """How many tokens of a text the model reads, without special tokens."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of unit length for each passage: float32 [texts, dimension]."""

    def embed_query(self, question: str) -> Vectors:
        """Return the vector of unit length that is searched for: float32 [dimension]."""

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Return the contextual token vectors of each text, for late interaction."""


def unit(vectors: Vectors) -> Vectors:
    """Scale rows to length 1; half precision leaves them slightly off."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, 1e-12)
    return scaled

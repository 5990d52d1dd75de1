"""Words: one definition for full text, word frequencies and overlap."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import lru_cache

from rag.types import Span

WORD = re.compile(r"[^\W_]+")
_STEM = 5  # letters


def in_one_line(text: str) -> str:
    """Return the text with each run of white space as one space."""
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """Return the distinct words of a text in lower case, in order of appearance."""
    return list(dict.fromkeys(word.lower() for word in WORD.findall(text)))


@lru_cache(maxsize=5_000)
def stems(text: str) -> frozenset[str]:
    """Return the stem of each word of a text."""
    return frozenset(map(stem, words(text)))


def stem(word: str) -> str:
    """Return the first letters of a word, which its forms share: condemn and condemned."""
    return word[:_STEM]


def spans(text: str) -> list[Span]:
    """Return the range of each word of a text."""
    return [Span(*match.span()) for match in WORD.finditer(text)]


def overlap(first: str, second: str) -> float:
    """Return the share of words that two texts have in common: Jaccard's index, 0 to 1."""
    return jaccard(set(words(first)), set(words(second)))


def jaccard(first: Set[str], second: Set[str]) -> float:
    """Return the share of words that two sets have in common, 0 to 1."""
    return len(first & second) / max(len(first | second), 1)

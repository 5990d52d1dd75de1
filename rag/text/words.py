"""What counts as a word: the same for full text, rarity and repeats."""

from __future__ import annotations

import re

from rag.types import Span

WORD = re.compile(r"[^\W_]+")


def in_one_line(text: str) -> str:
    """Text with every run of white space as one space."""
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """The distinct words of a text in lower case, in order of appearance."""
    return list(dict.fromkeys(word.lower() for word in WORD.findall(text)))


def spans(text: str) -> list[Span]:
    """Where each word of a text stands."""
    return [Span(*match.span()) for match in WORD.finditer(text)]


def overlap(one: str, other: str) -> float:
    """The share of words that two texts have in common (Jaccard's index, 0 to 1)."""
    ours, theirs = set(words(one)), set(words(other))
    return len(ours & theirs) / max(len(ours | theirs), 1)

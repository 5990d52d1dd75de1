"""Phrases: words that name something without asking or stating anything."""

from __future__ import annotations

from rag.text.english import (
    AUXILIARIES,
    CONNECTIVES,
    DEMONSTRATIVES,
    MARKERS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    STAND_INS,
)
from rag.text.words import words

_MAX_WORDS = 4
_ARTICLES = frozenset("the a an".split())
_SPEAKERS = frozenset("i me my we us our you your".split())
FUNCTION_WORDS = (
    AUXILIARIES
    | CONNECTIVES
    | DEMONSTRATIVES
    | MARKERS
    | PREPOSITIONS
    | PRONOUNS
    | QUESTION_WORDS
    | STAND_INS
) - {"may", "will"}
"""Words that relate others; "May" and "Will" are also names."""


def is_phrase(text: str) -> bool:
    """Return whether a text is up to four words such as "the plane" or "water leak"."""
    terms = words(text)
    named = terms[1:] if terms and terms[0] in _ARTICLES else terms
    relating = FUNCTION_WORDS | _ARTICLES | _SPEAKERS
    return 0 < len(named) <= _MAX_WORDS and relating.isdisjoint(named)

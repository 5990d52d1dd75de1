"""Whether a message is a name, by how the articles write it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.text.words import WORD
from rag.types import RetrievedPassage

_MOSTLY = 0.8  # of its occurrences have capitals; a common word has one where a sentence begins


def is_name(text: str, passages: Iterable[RetrievedPassage]) -> bool:
    """Return whether the words occur together, and nearly always with capitals."""
    phrase = r"\W+".join(map(re.escape, WORD.findall(text)))
    pattern = re.compile(rf"(?<![^\W_]){phrase}(?![^\W_])", re.IGNORECASE)
    occurrences = [match for passage in passages for match in pattern.findall(passage.text)]
    capitalized = [
        occurrence
        for occurrence in occurrences
        if all(word[0].isupper() for word in WORD.findall(occurrence))
    ]
    return bool(occurrences) and len(capitalized) >= _MOSTLY * len(occurrences)

"""The tokens of a claim, aligned with those of its source sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from rag.text.english import COMMON_OPENERS
from rag.text.numbers import names_time
from rag.text.words import stem

TOKEN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?|%")
_MIN_MATCHED = 0.65  # of the tokens of a claim that are aligned with its source
_MAX_REPLACED = 8  # tokens of an aligned difference

Places: TypeAlias = tuple[int, int, int, int]
"""The range of tokens of a source, and that of a claim in its place."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text as tokens: as they are written, in lower case, and as stems."""

    tokens: tuple[str, ...]
    lower: tuple[str, ...]
    stems: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Text:
        tokens = tuple(TOKEN.findall(text))
        lower = tuple(token.lower() for token in tokens)
        return cls(tokens, lower, tuple(map(stem, lower)))

    def is_name(self, index: int) -> bool:
        token = self.lower[index]
        return (
            self.tokens[index][0].isupper()
            and token not in COMMON_OPENERS
            and not names_time(token)
        )


def replaced_places(claim: Text, source: Text) -> Iterator[Places]:
    """Yield ranges of tokens of the source, and those of the claim in their place.

    A claim in quite other words has no places that correspond.
    """
    matcher = SequenceMatcher(None, source.lower, claim.lower, autojunk=False)
    matched = sum(block.size for block in matcher.get_matching_blocks())
    if matched < _MIN_MATCHED * len(claim.lower):
        return
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "replace" and max(last - first, end - start) <= _MAX_REPLACED:
            yield first, last, start, end

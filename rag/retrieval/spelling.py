"""Typing slips: words that no article contains, replaced by words of the articles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.encoders.protocols import Encoder
from rag.store.library import Snapshot
from rag.text.words import WORD

_MIN_LETTERS, _MIN_LETTERS_OF_NAMES = 4, 6
_LONG, _VERY_LONG = 7, 9  # letters, from which on two edits are looked for, and tolerated
# The passages that contain a replacement are at least two, since a word in a single one may itself
# be a slip, and one more for every so many in the library.
_MIN_PASSAGES, _MANY = 2, 20_000
_MAX_WORDS = 3  # that are looked up; a question with more unknown words is about something else
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")
_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Speller:
    """Corrects questions with the vocabulary of the library."""

    encoder: Encoder

    def corrected(self, snapshot: Snapshot, question: str) -> str:
        """Return the question with its typing slips corrected; unchanged if all words are known.

        Short words, numbers, abbreviations and words in quotation marks stay as they are, and so
        do words that the encoder's vocabulary contains: the articles happen to lack these.
        """
        candidates = list(filter(_may_be_slip, WORD.findall(_QUOTED.sub(" ", question))))
        counts = snapshot.word_counts(map(str.lower, candidates))
        unknown = [
            word for word in dict.fromkeys(candidates) if not counts.frequencies[word.lower()]
        ]
        if not unknown or len(unknown) > _MAX_WORDS:
            return question
        fewest = _MIN_PASSAGES + counts.passages // _MANY
        spans = self.encoder.token_spans([word.lower() for word in unknown])
        slips = [word for word, tokens in zip(unknown, spans, strict=True) if len(tokens) > 1]
        spelt = {slip: _spelt(snapshot, slip, fewest) or slip for slip in slips}
        return WORD.sub(lambda match: spelt.get(match.group(), match.group()), question)


def _may_be_slip(word: str) -> bool:
    """Return whether a word may be corrected. With a capital it is likely to be a name as it is."""
    least = _MIN_LETTERS if word.islower() else _MIN_LETTERS_OF_NAMES
    return len(word) >= least and word.isalpha() and word[1:].islower()


def _spelt(snapshot: Snapshot, word: str, fewest: int) -> str | None:
    """Return the word most like a given one, and the most frequent of those; None if there is none.

    It is in at least `fewest` passages, and a name if the given one has a capital. One edit is
    tolerated, two in a very long word. Letters that should be doubled, or should not be, count as
    none: "tarrifs" is one word with "tariffs".
    """
    from rapidfuzz.distance import OSA

    lower = word.lower()
    passages = snapshot.spellings(lower, distance=2 if len(word) >= _LONG else 1)
    tolerated = 2 if len(word) >= _VERY_LONG else 1
    usual = [
        spelling
        for spelling in passages
        if passages[spelling] >= fewest
        and (word.islower() or not spelling.islower())
        and OSA.distance(_simplified(lower), _simplified(spelling)) <= tolerated
    ]

    def rank(spelling: str) -> tuple[int, int, str]:
        return OSA.distance(lower, spelling.lower()), -passages[spelling], spelling

    best = min(usual, key=rank, default=None)
    return best.lower() if best and word.islower() else best


def _simplified(word: str) -> str:
    """Return a word in lower case without doubled letters."""
    return _DOUBLED.sub(r"\1", word.lower())

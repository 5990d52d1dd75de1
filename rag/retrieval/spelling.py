"""Typing slips: words that no article contains, replaced by words of the articles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.encoders.protocols import Encoder
from rag.store.library import Snapshot
from rag.text.words import WORD

_MIN_LETTERS = 4
_LONG, _VERY_LONG = 7, 9  # letters, from which on two edits are looked for, and tolerated
_MIN_PASSAGES = 2  # that contain a replacement: a word in a single one may itself be a slip
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
        asked = filter(_may_be_slip, WORD.findall(_QUOTED.sub(" ", question)))
        candidates = list(dict.fromkeys(word.lower() for word in asked))
        counts = snapshot.word_counts(candidates).frequencies
        unknown = [word for word in candidates if not counts[word]]
        if not unknown or len(unknown) > _MAX_WORDS:
            return question
        spans = self.encoder.token_spans(unknown)
        slips = [word for word, tokens in zip(unknown, spans, strict=True) if len(tokens) > 1]
        spelt = {slip: spelling for slip in slips if (spelling := _best(snapshot, slip))}

        def replaced(match: re.Match[str]) -> str:
            word = match.group()
            spelling = spelt.get(word.lower())
            return _in_case_of(word, spelling) if spelling else word

        return WORD.sub(replaced, question)


def _may_be_slip(word: str) -> bool:
    return len(word) >= _MIN_LETTERS and word.isalpha() and not word.isupper()


def _best(snapshot: Snapshot, word: str) -> str | None:
    """Return the word most like a given one, and the most frequent of those; None if there is none.

    One edit is tolerated, two in a very long word. Letters that should be doubled, or should not
    be, count as none: "tarrifs" is one word with "tariffs".
    """
    from rapidfuzz.distance import OSA

    passages = snapshot.spellings(word, distance=2 if len(word) >= _LONG else 1)
    tolerated = 2 if len(word) >= _VERY_LONG else 1
    usual = [
        spelling
        for spelling in passages
        if passages[spelling] >= _MIN_PASSAGES
        and OSA.distance(_DOUBLED.sub(r"\1", word), _DOUBLED.sub(r"\1", spelling)) <= tolerated
    ]
    return min(
        usual,
        key=lambda spelling: (OSA.distance(word, spelling), -passages[spelling], spelling),
        default=None,
    )


def _in_case_of(word: str, spelling: str) -> str:
    """Return a spelling with a capital if the word has one."""
    return spelling.capitalize() if word[0].isupper() else spelling

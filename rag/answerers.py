"""Evidence -> the sentences of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.citations import Quotation
from rag.types import Evidence
from rag.words import overlap

_REPEAT = 0.7  # two sentences that share so many of their words say the same thing
_MARGIN = 0.12  # a sentence so much weaker than the best one adds nothing


class Answerer(Protocol):
    """Chooses or writes what is said to a question that the evidence answers."""

    def answer(self, question: str, evidence: Sequence[Evidence]) -> Iterator[Quotation]:
        """The sentences, one by one, each with where it stands."""


@dataclass(frozen=True, slots=True)
class QuotingAnswerer:
    """Answers in the articles' own words: the best sentences, verbatim. Needs no language model."""

    sentences: int = 3

    def answer(self, question: str, evidence: Sequence[Evidence]) -> Iterator[Quotation]:
        """The best sentences first, none that repeats another and none far behind the best."""
        scored = sorted(_quotations(evidence), key=lambda quotation: -quotation.score)
        chosen: list[Quotation] = []
        for quotation in scored:
            if len(chosen) == self.sentences or quotation.score < scored[0].score - _MARGIN:
                return
            if all(overlap(quotation.text, other.text) < _REPEAT for other in chosen):
                chosen.append(quotation)
                yield quotation


def _quotations(evidence: Sequence[Evidence]) -> Iterator[Quotation]:
    for each in evidence:
        for span, score in zip(each.passage.sentences, each.sentence_scores, strict=True):
            yield Quotation(each.article, span, score)

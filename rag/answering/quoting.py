"""Answers that quote the articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rag.checking.claims import Quotation, SupportedSentence
from rag.llm.chat import Call
from rag.retrieval.retriever import Ranking
from rag.text.numbers import numerals
from rag.text.words import overlap
from rag.types import NOT_QUOTABLE, Evidence

_REPEAT = 0.7  # two sentences that share this many of their words repeat each other
_EQUAL = 1.0  # log-odds by which two sentences may differ and still answer about equally well
_MAX_LAG = 4.0  # a sentence whose log-odds are this much lower than the best one's adds nothing


@dataclass(frozen=True, slots=True)
class QuotingAnswerer:
    """Quotes the best sentences verbatim, at most `sentences`. Needs no language model."""

    sentences: int

    @property
    def language_model(self) -> None:
        return None

    def answer(self, ranking: Ranking, call: Call = Call()) -> Iterator[SupportedSentence]:
        """Yield the best sentences first: none that repeats another, none far behind the best."""
        scored = [item for passage in ranking.evidence for item in _quotations(passage)]
        scored = [item for item in scored if item[0] > NOT_QUOTABLE]
        scored.sort(key=lambda item: -item[0])
        chosen: list[tuple[float, Quotation]] = []
        for relevance, quotation in scored:
            if len(chosen) == self.sentences or relevance < scored[0][0] - _MAX_LAG:
                break
            if not any(_repeats(quotation, other) for _, other in chosen):
                chosen.append((relevance, quotation))
        if ranking.is_present and chosen:
            chosen = _newest_first(chosen)
        for _, quotation in chosen:
            yield SupportedSentence.quoted(quotation)


def _newest_first(chosen: Sequence[tuple[float, Quotation]]) -> list[tuple[float, Quotation]]:
    """Return the sentences that answer about equally well by date; the others follow."""
    equal = [item for item in chosen if item[0] >= chosen[0][0] - _EQUAL]
    equal.sort(key=lambda item: item[1].article.published or date.min, reverse=True)
    return [*equal, *chosen[len(equal) :]]


def _repeats(quotation: Quotation, other: Quotation) -> bool:
    """Return whether two sentences say the same. Different numbers mean different statements."""
    return _values(quotation) == _values(other) and overlap(quotation.text, other.text) >= _REPEAT


def _values(quotation: Quotation) -> set[str]:
    language = quotation.article.language_or_default
    return {numeral.value for numeral in numerals(quotation.text, language, 0)}


def _quotations(evidence: Evidence) -> Iterator[tuple[float, Quotation]]:
    """Yield the relevance and the quotation of each sentence."""
    scores = zip(evidence.sentence_relevance, evidence.sentence_scores, strict=True)
    for span, (relevance, score) in zip(evidence.passage.sentences, scores, strict=True):
        yield relevance, Quotation.of(evidence, span, score)

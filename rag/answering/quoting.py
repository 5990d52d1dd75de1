"""Answers that quote the articles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rag.checking.claims import Quotation, SupportedSentence
from rag.llm.chat import Call
from rag.retrieval.ranking import probability_of_best
from rag.retrieval.retriever import Ranking
from rag.text.numbers import numerals
from rag.text.words import overlap
from rag.types import NOT_QUOTABLE, Evidence, Span

_REPEAT = 0.7  # two quotations that share this many of their words repeat each other
_EQUAL = 1.0  # log-odds by which two sentences may differ and still answer about equally well
_MAX_LAG = 2.5  # a sentence whose log-odds are this much lower than the best one's adds nothing
# Unless one sentence stands out with this probability, the sentence beside a quoted one is quoted
# with it, if its log-odds are at most this much lower than the best one's: news first says what
# happened, and then who, when and how many.
_STANDS_OUT, _MAX_NEIGHBOR_LAG = 0.4, 2.0
_MAX_WORDS = 60  # of two sentences that are quoted together


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that may be quoted: the one at `index` of a passage that was found."""

    evidence: Evidence
    index: int

    @property
    def relevance(self) -> float:
        return self.evidence.sentence_relevance[self.index]

    @property
    def place(self) -> tuple[str, Span]:
        return self.evidence.article.id, self.evidence.passage.sentences[self.index]

    def quotation(self, neighbor: _Candidate | None = None) -> Quotation:
        """Return the sentence as a quotation, together with one beside it."""
        indexes = sorted({self.index, neighbor.index if neighbor else self.index})
        spans = [self.evidence.passage.sentences[index] for index in indexes]
        score = max(self.evidence.sentence_scores[index] for index in indexes)
        return Quotation.of(self.evidence, Span(spans[0].start, spans[-1].end), score)

    def neighbors(self) -> Iterator[_Candidate]:
        """Yield the sentences right after and right before this one."""
        spans = self.evidence.passage.sentences
        for index in (self.index + 1, self.index - 1):
            if 0 <= index < len(spans):
                first, second = sorted((spans[self.index], spans[index]), key=lambda s: s.start)
                if not self.evidence.quote(Span(first.end, second.start)).strip():
                    yield _Candidate(self.evidence, index)


@dataclass(frozen=True, slots=True)
class QuotingAnswerer:
    """Quotes the best sentences verbatim, at most `sentences` places. Needs no language model."""

    sentences: int

    @property
    def language_model(self) -> None:
        return None

    @property
    def passages(self) -> None:
        return None

    def answer(self, ranking: Ranking, call: Call = Call()) -> Iterator[SupportedSentence]:
        """Yield the best quotations, the best one first, or the newest if the present is meant."""
        chosen = best_quotations(ranking.evidence, self.sentences)
        newest = None
        if ranking.is_present:
            chosen = _newest_first(chosen)
            newest = max(filter(None, (q.article.published for _, q in chosen)), default=None)
        for _, quotation in chosen:
            published = quotation.article.published
            is_older = bool(newest and published and published < newest)
            yield SupportedSentence.quoted(quotation, published if is_older else None)


def best_quotations(evidence: Iterable[Evidence], limit: int) -> list[tuple[float, Quotation]]:
    """Return the relevance and the quotation of up to `limit` places, best first.

    None repeats another, and none is far behind the best.
    """
    candidates = sorted(_candidates(evidence), key=lambda candidate: -candidate.relevance)
    stands_out = probability_of_best([c.relevance for c in candidates]) >= _STANDS_OUT
    chosen: list[tuple[float, Quotation]] = []
    quoted: set[tuple[str, Span]] = set()
    for candidate in candidates:
        best = candidates[0].relevance
        if len(chosen) == limit or candidate.relevance < best - _MAX_LAG:
            break
        if candidate.place in quoted:
            continue
        least = best - _MAX_NEIGHBOR_LAG
        neighbor = None if stands_out else _neighbor(candidate, least, quoted)
        quotation = candidate.quotation(neighbor)
        if not any(_repeats(quotation, other) for _, other in chosen):
            chosen.append((candidate.relevance, quotation))
            quoted |= {candidate.place, neighbor.place if neighbor else candidate.place}
    return chosen


def _candidates(passages: Iterable[Evidence]) -> Iterator[_Candidate]:
    for evidence in passages:
        for index, relevance in enumerate(evidence.sentence_relevance):
            if relevance > NOT_QUOTABLE:
                yield _Candidate(evidence, index)


def _neighbor(
    candidate: _Candidate, relevance: float, quoted: Collection[tuple[str, Span]]
) -> _Candidate | None:
    """Return the sentence to quote with a candidate: at least so relevant, and not quoted yet."""
    for neighbor in candidate.neighbors():
        count = len(candidate.quotation(neighbor).text.split())
        if neighbor.relevance >= relevance and neighbor.place not in quoted and count <= _MAX_WORDS:
            return neighbor
    return None


def _newest_first(chosen: Sequence[tuple[float, Quotation]]) -> list[tuple[float, Quotation]]:
    """Return the sentences that answer about equally well by date; the others follow."""
    if not chosen:
        return []
    equal = [item for item in chosen if item[0] >= chosen[0][0] - _EQUAL]
    equal.sort(key=lambda item: item[1].article.published or date.min, reverse=True)
    return [*equal, *chosen[len(equal) :]]


def _repeats(quotation: Quotation, other: Quotation) -> bool:
    """Return whether two sentences say the same. Different numbers mean different statements."""
    return _values(quotation) == _values(other) and overlap(quotation.text, other.text) >= _REPEAT


def _values(quotation: Quotation) -> set[str]:
    language = quotation.article.language_or_default
    return {numeral.value for numeral in numerals(quotation.text, language, 0)}

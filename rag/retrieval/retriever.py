"""A question -> the passages that may answer it: two searches, fused, then read token by token."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.encoders.protocols import Encoder
from rag.errors import QuestionError
from rag.retrieval.features import Reading, Times
from rag.retrieval.fusion import Fused, fuse
from rag.retrieval.period import period_of
from rag.retrieval.question import normalized, passage_limit
from rag.retrieval.ranking import FIRST, Ranker, Scored, as_evidence, is_settled, read
from rag.store.library import Snapshot, WordCounts
from rag.text.words import in_one_line, overlap, words
from rag.types import Evidence, RetrievedPassage, Scope

_MAX_COPIES = 4  # passages that are looked through for each that is wanted, since some are copies
_SAME = 0.8  # passages of one story that share so many words say the same


@dataclass(frozen=True, slots=True)
class Ranking:
    """Evidence for a question, best first, from a library with this many `passages`.

    `confidence` is the probability that the best quotations answer the question, and
    `is_present` whether it asks about the present.
    `word_counts` looks words up in the same snapshot, as long as that is open. `timings` maps each
    step to its duration in seconds.
    """

    question: str
    scope: Scope
    evidence: tuple[Evidence, ...]
    confidence: float
    is_present: bool
    passages: int
    word_counts: Callable[[Iterable[str]], WordCounts]
    timings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Search:
    """The passages found for a question, and what they are ranked by. `embedding` is in seconds."""

    scope: Scope
    passages: tuple[tuple[Fused, RetrievedPassage], ...]
    word_counts: WordCounts
    times: Times
    embedding: float


@dataclass(frozen=True, slots=True)
class Retriever:
    """Retrieves passages by meaning and by words.

    `candidates` is how many passages each search returns, `rerank` how many of them are read.
    """

    encoder: Encoder
    ranker: Ranker
    candidates: int
    rerank: int

    def rank(
        self,
        snapshot: Snapshot,
        question: str,
        scope: Scope = Scope(),
        *,
        k: int | None = None,
        as_of: date | None = None,
    ) -> Ranking:
        """Return the evidence for a question in a snapshot.

        `k` passages are read, by default at most `rerank`, and fewer if the first ones settle the
        question. `as_of` is the day from which the question is seen, by default today. Raises
        QuestionError for a question, scope or `k` that is not valid.
        """
        started = time.perf_counter()
        question = normalized(question)
        search = self.search(snapshot, question, scope, k=k, as_of=as_of)
        searched = time.perf_counter()
        readings, scored = self._read(question, search, read_all=k is not None)
        # Passages that were not read come last, in the order in which they were found.
        unread = (passage for _, passage in search.passages[len(readings) :])
        evidence = (*as_evidence(readings, scored), *map(Evidence.unread, unread))
        timings = {
            "embed": search.embedding,
            "search": searched - started - search.embedding,
            "read": time.perf_counter() - searched,
        }
        return Ranking(
            question,
            search.scope,
            evidence,
            self.ranker.confidence_in(scored),
            search.times.period.is_present,
            search.word_counts.passages,
            snapshot.word_counts,
            timings,
        )

    def _read(
        self, question: str, search: Search, *, read_all: bool
    ) -> tuple[list[Reading], list[Scored]]:
        """Read the passages found, but only the first ones if they settle the question."""
        passages = search.passages
        readings: list[Reading] = []
        scored: list[Scored] = []
        for batch in (passages,) if read_all else (passages[:FIRST], passages[FIRST:]):
            if not batch or is_settled(scored):
                break
            counts = search.word_counts
            readings += read(question, batch, self.encoder, word_counts=counts)
            scored = self.ranker.score(question, readings, search.times)
        return readings, scored

    def search(
        self,
        snapshot: Snapshot,
        question: str,
        scope: Scope = Scope(),
        *,
        k: int | None = None,
        as_of: date | None = None,
    ) -> Search:
        """Return the passages to read for a question, the most promising first."""
        started = time.perf_counter()
        limit = passage_limit(k, self.rerank)
        vector = self.encoder.embed_query(question)
        embedding = time.perf_counter() - started
        terms = words(question)
        scope = _with_known_sources(scope, snapshot)
        candidates = snapshot.search(vector, terms, limit=max(self.candidates, limit), scope=scope)
        return Search(
            scope,
            tuple(_distinct(snapshot, fuse(candidates), limit)),
            snapshot.word_counts(terms),
            _times(question, as_of, snapshot.newest()),
            embedding,
        )


def _times(question: str, as_of: date | None, newest: date | None) -> Times:
    """Return the time that a question is about; an archive that has ended has no later news."""
    today = as_of or date.today()
    period = period_of(question, today)
    return Times(period, today, min(today, newest or today), bool(as_of) or period.is_present)


def _distinct(
    snapshot: Snapshot, fused: Sequence[Fused], limit: int
) -> list[tuple[Fused, RetrievedPassage]]:
    """Return the first passages, without those that repeat a near duplicate of their article."""
    first = fused[: _MAX_COPIES * limit]
    passages = snapshot.passages([candidate.passage_id for candidate in first])
    by_story: dict[str, list[RetrievedPassage]] = {}
    distinct: list[tuple[Fused, RetrievedPassage]] = []
    for candidate in first:
        passage = passages[candidate.passage_id]
        earlier = by_story.setdefault(passage.article.story, [])
        if not any(_repeats(passage, other) for other in earlier):
            earlier.append(passage)
            distinct.append((candidate, passage))
            if len(distinct) == limit:
                break
    return distinct


def _repeats(passage: RetrievedPassage, other: RetrievedPassage) -> bool:
    return passage.article.id != other.article.id and overlap(passage.text, other.text) >= _SAME


def _with_known_sources(scope: Scope, snapshot: Snapshot) -> Scope:
    """Return the scope with its sources spelt as in the library."""
    if scope.after and scope.before and scope.after > scope.before:
        raise QuestionError(
            f"no day is after {scope.after.isoformat()} and before {scope.before.isoformat()}"
        )
    if not scope.sources:
        return scope
    spellings = {in_one_line(source).casefold(): source for source in snapshot.sources()}
    unknown = [name for name in scope.sources if in_one_line(name).casefold() not in spellings]
    if unknown:
        available = ", ".join(spellings.values()) or "none"
        raise QuestionError(f"no article is from {unknown[0]!r}; the sources are: {available}")
    names = tuple(spellings[in_one_line(name).casefold()] for name in scope.sources)
    return replace(scope, sources=names)

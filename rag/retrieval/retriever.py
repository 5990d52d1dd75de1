"""A question -> the passages that may answer it: two searches, fused, then read token by token."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.encoders.protocols import Encoder
from rag.errors import QuestionError
from rag.retrieval.fusion import fuse
from rag.retrieval.question import normalized, passage_limit
from rag.retrieval.ranking import rank
from rag.store.library import Snapshot, WordCounts
from rag.text.words import in_one_line, overlap, words
from rag.types import Evidence, RetrievedPassage, Scope

_MAX_COPIES = 4  # passages that are looked through for each that is wanted, since some are copies
_SAME = 0.8  # passages of one story that share so many words say the same


@dataclass(frozen=True, slots=True)
class Ranking:
    """Evidence for a question, best first, from a library with this many `passages`.

    `word_counts` looks words up in the same snapshot, as long as that is open. `timings` maps each
    step to its duration in seconds.
    """

    question: str
    scope: Scope
    evidence: tuple[Evidence, ...]
    passages: int
    word_counts: Callable[[Iterable[str]], WordCounts]
    timings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Retriever:
    """Retrieves passages by meaning and by words.

    `candidates` is how many passages each search returns, `rerank` how many of them are read.
    """

    encoder: Encoder
    candidates: int
    rerank: int

    def rank(
        self, snapshot: Snapshot, question: str, scope: Scope = Scope(), *, k: int | None = None
    ) -> Ranking:
        """Return the evidence for a question in a snapshot.

        `k` passages are read; by default at most `rerank`, and fewer if the first ones settle the
        question. Raises QuestionError for a question, scope or `k` that is not valid.
        """
        started = time.perf_counter()
        question = normalized(question)
        limit = passage_limit(k, self.rerank)
        vector = self.encoder.embed([question])[0]
        embedded = time.perf_counter()
        terms = words(question)
        scope = _with_known_sources(scope, snapshot)
        candidates = snapshot.search(vector, terms, limit=max(self.candidates, limit), scope=scope)
        passages = _distinct(snapshot, fuse(candidates), limit)
        counts = snapshot.word_counts(terms)
        searched = time.perf_counter()
        evidence = rank(
            question, passages, self.encoder, word_counts=counts, read_all=k is not None
        )
        timings = {
            "embed": embedded - started,
            "search": searched - embedded,
            "read": time.perf_counter() - searched,
        }
        return Ranking(
            question, scope, tuple(evidence), counts.passages, snapshot.word_counts, timings
        )


def _distinct(snapshot: Snapshot, ids: Sequence[str], limit: int) -> list[RetrievedPassage]:
    """Return the first passages, without those that repeat a near duplicate of their article."""
    passages = snapshot.passages(ids[: _MAX_COPIES * limit])
    by_story: dict[str, list[RetrievedPassage]] = {}
    distinct: list[RetrievedPassage] = []
    for passage in (passages[id_] for id_ in ids[: _MAX_COPIES * limit]):
        earlier = by_story.setdefault(passage.article.story, [])
        if not any(_repeats(passage, other) for other in earlier):
            earlier.append(passage)
            distinct.append(passage)
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

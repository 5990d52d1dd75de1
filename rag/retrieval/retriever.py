"""A question -> the passages that may answer it: two searches, fused, then read word by word."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.errors import QuestionError
from rag.retrieval import late_interaction as evidence
from rag.store.embedded.library import Candidate, Library
from rag.store.embedded.reader import Reader
from rag.text.words import in_one_line, overlap, words
from rag.types import Article, Evidence, Passage, Scope

LONGEST_QUESTION = 2_000  # characters
MOST_READ = 100  # passages
_COPIES = 4  # how many times as many passages are looked through, since some may be copies
_SAME = 0.8  # passages of one story that share so many words say the same


@dataclass(frozen=True, slots=True)
class Ranking:
    """Evidence for a question, best first, out of a library of so many passages.

    `copies` are the articles of each story that the evidence comes from. `timings` maps each
    step to the seconds that it took.
    """

    question: str
    scope: Scope
    evidence: tuple[Evidence, ...]
    passages: int
    copies: dict[str, list[Article]]
    timings: dict[str, float]


def fuse(candidates: Sequence[Candidate]) -> list[str]:
    """Passage ids by the sum of both searches' standard scores, best first.

    Adding z-scores keeps how clearly each search preferred a passage, which ranks throw away;
    what a search did not find gets the lowest score that it gave.
    """
    total = np.zeros(len(candidates))
    for scores in ([c.cosine for c in candidates], [c.bm25 for c in candidates]):
        found = np.array([score for score in scores if score is not None])
        if found.size:
            filled = np.array([found.min() if score is None else score for score in scores])
            total += (filled - found.mean()) / (found.std() or 1.0)
    order = sorted(range(len(candidates)), key=lambda i: (-total[i], candidates[i].passage_id))
    return [candidates[i].passage_id for i in order]


def _distinct(catalog: Reader, ids: Sequence[str], limit: int) -> list[tuple[Article, Passage]]:
    """The first passages, leaving out what a copy of the same story has said before."""
    ids = ids[: _COPIES * limit]
    passages = catalog.passages(ids)
    articles = catalog.articles(passage.article_id for passage in passages.values())
    chosen: dict[str, list[tuple[str, str]]] = {}
    found: list[tuple[Article, Passage]] = []
    for passage in map(passages.__getitem__, ids):
        article = articles[passage.article_id]
        text = article.text[passage.start : passage.end]
        said = chosen.setdefault(article.story, [])
        if all(copy == article.id or overlap(text, other) < _SAME for copy, other in said):
            said.append((article.id, text))
            found.append((article, passage))
            if len(found) == limit:
                break
    return found


class HybridRetriever(BaseRetriever):
    """Retrieves passages by meaning and by words; fits into any LangChain chain.

    Each Document holds a passage; its metadata hold `article_id`, `title`, `url`, `published`,
    `source`, `place`, `start`, `end` (characters of the article) and `score` (0 to 1).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    candidates: int = 50
    rerank: int = 8

    def rank(self, question: str, scope: Scope = Scope(), k: int | None = None) -> Ranking:
        """The evidence for a question, all from one moment of the library.

        `k` passages are read; when it is left out, `rerank` at most, and fewer where the first
        ones settle it. Raises QuestionError for a question
        that is empty or far too long, and for a scope that cannot be.
        """
        started = time.perf_counter()
        question = checked(question)
        limit = _limit(k, self.rerank)
        vector = self.library.encoder.embed([question])[0]
        embedded = time.perf_counter()
        asked = words(question)
        with self.library.reading() as view:
            scope = _known(scope, view.catalog)
            found = view.search(vector, asked, max(self.candidates, limit), scope)
            best = _distinct(view.catalog, fuse(found), limit)
            copies = view.catalog.copies(article.story for article, _ in best)
            count = view.catalog.fulltext.count()
            frequencies = view.catalog.fulltext.document_frequency(asked)
        searched = time.perf_counter()
        ranked = evidence.rank(
            question,
            best,
            self.library.encoder,
            frequencies=frequencies,
            passages=count,
            thorough=k is not None,
        )
        timings = {
            "embed": embedded - started,
            "search": searched - embedded,
            "read": time.perf_counter() - searched,
        }
        return Ranking(question, scope, tuple(ranked), count, copies, timings)

    def frequencies(self, wanted: Sequence[str]) -> tuple[dict[str, int], int]:
        """In how many passages each word occurs, and how many passages there are."""
        with self.library.catalog.reading() as catalog:
            return catalog.fulltext.document_frequency(wanted), catalog.fulltext.count()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [as_document(each) for each in self.rank(query, k=self.rerank).evidence]


def as_document(found: Evidence) -> Document:
    article, passage = found.article, found.passage
    return Document(
        id=passage.id,
        page_content=found.text,
        metadata={
            "article_id": article.id,
            "title": article.title,
            "url": article.url,
            "published": article.published.isoformat() if article.published else None,
            "source": article.source,
            "place": article.place,
            "start": passage.start,
            "end": passage.end,
            "score": found.score,
        },
    )


def checked(question: str) -> str:
    """The question on one line; what is no character, as a terminal may send it, is replaced."""
    if not isinstance(question, str):
        raise QuestionError(f"a question is a text, not {type(question).__name__}")
    question = in_one_line(question.encode("utf-8", "replace").decode("utf-8"))
    if not question:
        raise QuestionError("the question is empty; ask something")
    if len(question) > LONGEST_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters; ask in {LONGEST_QUESTION:,} at most"
        )
    return question


def _limit(k: int | None, usual: int) -> int:
    if k is None:
        return usual
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MOST_READ:
        raise QuestionError(f"k is how many passages are read, 1 to {MOST_READ} (got {k!r})")
    return k


def _known(scope: Scope, catalog: Reader) -> Scope:
    """The scope with its sources spelt as the library spells them."""
    if scope.after and scope.before and scope.after > scope.before:
        raise QuestionError(
            f"no day is after {scope.after.isoformat()} and before {scope.before.isoformat()}"
        )
    if not scope.sources:
        return scope
    spelt = {in_one_line(source).casefold(): source for source in catalog.sources()}
    unknown = [name for name in scope.sources if in_one_line(name).casefold() not in spelt]
    if unknown:
        there = ", ".join(spelt.values()) or "none"
        raise QuestionError(f"no article is from {unknown[0]!r}; the sources are: {there}")
    found = tuple(spelt[in_one_line(name).casefold()] for name in scope.sources)
    return replace(scope, sources=found)

"""The library at one moment: a read transaction and the vectors that belong to it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from rag.encoders.protocols import Vectors
from rag.store.embedded import listing, queries, vocabulary
from rag.store.embedded.full_text import WIDE, FullText
from rag.store.embedded.generations import OpenVectors
from rag.store.embedded.schema import (
    INFO,
    PASSAGE,
    PASSAGE_TEXT,
    PASSAGES_OF_ARTICLES,
    to_article,
    to_retrieved,
    within,
)
from rag.store.library import Candidate, Order, ScopeSummary, WordCounts
from rag.types import Article, Entry, Origin, RetrievedPassage, Scope, Searched

_SPARE = 2  # times as many neighbours as would do if the scope were independent of the question
_MORE = 4  # times as many in the second attempt


class EmbeddedSnapshot:
    """A Snapshot over SQLite and Chroma."""

    def __init__(
        self, connection: sqlite3.Connection, full_text: FullText, open_vectors: OpenVectors | None
    ) -> None:
        self._db = connection
        self._full_text = full_text
        self._open_vectors = open_vectors

    def search(
        self, vector: Vectors, words: Sequence[str], *, limit: int, scope: Scope = Scope()
    ) -> list[Candidate]:
        share = self._share(scope)
        cosines = dict(self._nearest(vector, limit, scope, share)) if share else {}
        bm25 = dict(self._full_text.search(words, limit, scope, share))
        return [Candidate(id_, cosines.get(id_), bm25.get(id_)) for id_ in {**cosines, **bm25}]

    def word_counts(self, words: Iterable[str]) -> WordCounts:
        return self._full_text.word_counts(words)

    def passages(self, ids: Iterable[str]) -> dict[str, RetrievedPassage]:
        rows = queries.select_in(
            self._db,
            f"SELECT {PASSAGE}, {PASSAGE_TEXT}, {INFO} FROM {PASSAGES_OF_ARTICLES} WHERE p.id IN",
            ids,
        )
        return {row[0]: to_retrieved(row) for row in rows}

    def passages_of(self, article_id: str) -> list[RetrievedPassage]:
        rows = self._db.execute(
            f"SELECT {PASSAGE}, {PASSAGE_TEXT}, {INFO} FROM {PASSAGES_OF_ARTICLES}"
            " WHERE p.article_id = ? ORDER BY p.start",
            (article_id,),
        )
        return list(map(to_retrieved, rows))

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        return queries.articles(self._db, ids)

    def copies(self, stories: Iterable[str], *, besides: Iterable[str]) -> dict[str, list[Article]]:
        excluded = list(besides)
        marks = ",".join("?" * len(excluded))
        query = f"SELECT {INFO}, a.text FROM articles a WHERE a.id NOT IN ({marks}) AND a.story IN"
        copies: dict[str, list[Article]] = {}
        for row in queries.select_in(self._db, query, stories, excluded):
            article = to_article(row)
            copies.setdefault(article.story, []).append(article)
        for articles in copies.values():
            articles.sort(key=lambda article: (str(article.published or "9"), article.id))
        return copies

    def scope_summary(self, scope: Scope = Scope()) -> ScopeSummary:
        condition, parameters = within(scope)
        rows = self._db.execute(
            f"SELECT published, count(*), sum(passages) FROM articles a WHERE {condition}"
            " GROUP BY published ORDER BY published",
            parameters,
        ).fetchall()
        return ScopeSummary(
            Searched(sum(row[2] for row in rows), sum(row[1] for row in rows)),
            tuple((date.fromisoformat(row[0]), row[1]) for row in rows if row[0]),
        )

    def sources(self) -> list[str]:
        return listing.sources(self._db)

    def newest(self) -> date | None:
        (day,) = self._db.execute("SELECT max(published) FROM articles").fetchone()
        return date.fromisoformat(day) if day else None

    def is_empty(self) -> bool:
        return self._db.execute("SELECT 1 FROM articles").fetchone() is None

    def listing(
        self,
        words: Sequence[str] = (),
        *,
        order: Order = "date",
        descending: bool = True,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Entry]:
        return listing.page(
            self._db, words, order=order, descending=descending, limit=limit, offset=offset
        )

    def count(self, words: Sequence[str] = ()) -> int:
        return listing.count(self._db, words)

    def mentions(
        self,
        words: Sequence[str] = (),
        *,
        in_title: bool = False,
        scope: Scope = Scope(),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Entry]:
        return listing.mentions(
            self._db, words, in_title=in_title, scope=scope, limit=limit, offset=offset
        )

    def count_mentions(
        self, words: Sequence[str] = (), *, in_title: bool = False, scope: Scope = Scope()
    ) -> int:
        return listing.count_mentions(self._db, words, in_title=in_title, scope=scope)

    def spellings(self, word: str, *, distance: int) -> dict[str, int]:
        similar = vocabulary.similar_words(self._db, word, distance)
        counts = self._full_text.word_counts(similar).frequencies
        return {similar[lower]: passages for lower, passages in counts.items()}

    def entry(self, article_id: str) -> Entry | None:
        return listing.entry(self._db, article_id)

    def months(self) -> list[tuple[str | None, str | None, int]]:
        return listing.months(self._db)

    def origins(self) -> dict[str, Origin]:
        return queries.origins(self._db)

    def removed(self) -> dict[str, int]:
        return queries.removed(self._db)

    def _share(self, scope: Scope) -> float:
        """Return the share of all passages that lies within a scope (0 to 1)."""
        total = self._full_text.passages()
        if not scope or not total:
            return 1.0 if total else 0.0
        condition, parameters = within(scope)
        query = f"SELECT sum(passages) FROM articles a WHERE {condition}"
        return (self._db.execute(query, parameters).fetchone()[0] or 0) / total

    def _nearest(
        self, vector: Vectors, limit: int, scope: Scope, share: float
    ) -> list[tuple[str, float]]:
        """Return the passages in scope that are nearest to a vector, with their cosine.

        In a wide scope, some of the nearest of all lie within it. If too few do, and in a narrow
        scope, all rows of the scope are compared.
        """
        if self._open_vectors is None:
            return []
        vectors = self._open_vectors()
        if not scope:
            return self._in_scope(vectors.search(vector, limit), scope)
        if share >= WIDE:
            wanted = math.ceil(_SPARE * limit / share)
            for count in (wanted, _MORE * wanted):
                nearest = vectors.search(vector, count)
                passages = self._in_scope(nearest, scope)
                if len(passages) >= limit or len(nearest) < count:
                    return passages[:limit]
        condition, parameters = within(scope)
        rows = self._db.execute(
            f"SELECT DISTINCT p.row FROM {PASSAGES_OF_ARTICLES} WHERE {condition}", parameters
        )
        numbers = np.fromiter((row[0] for row in rows), dtype=np.int64)
        cosines = dict(vectors.nearest_rows(vector, np.sort(numbers), limit))
        query = "SELECT p.row, p.key FROM passages p WHERE p.row IN"
        keys = dict(queries.select_in(self._db, query, cosines))
        return self._in_scope([(keys[row], cosine) for row, cosine in cosines.items()], scope)

    def _in_scope(
        self, nearest: Sequence[tuple[str, float]], scope: Scope
    ) -> list[tuple[str, float]]:
        """Return the passages in scope that share the vectors, in the same order."""
        condition, parameters = within(scope)
        table = PASSAGES_OF_ARTICLES if scope else "passages p"
        query = f"SELECT p.key, p.id FROM {table} WHERE {condition} AND p.key IN"
        passages: dict[str, list[str]] = {}
        keys = (key for key, _ in nearest)
        for key, passage_id in queries.select_in(self._db, query, keys, parameters):
            passages.setdefault(key, []).append(passage_id)
        return [(id_, cosine) for key, cosine in nearest for id_ in passages.get(key, ())]

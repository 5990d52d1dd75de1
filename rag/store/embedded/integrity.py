"""Consistency checks: every passage is found by its own vector and words, and nothing is stray."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np

from rag.encoders.protocols import Vectors
from rag.store.embedded import queries
from rag.store.embedded.full_text import FullText
from rag.store.embedded.schema import PASSAGE, to_passage
from rag.store.embedded.vectors import VectorIndex
from rag.text.words import words
from rag.types import Article, Passage

_BATCH = 500  # vectors
_NEIGHBOURS = 10  # copies have almost the same vector, so one's own need not be the very first
_SAME = 0.9999  # cosine
_HALF_PRECISION = 0.999  # the least cosine between a vector and its row of the matrix


def catalog_problems(db: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong with the catalog and its full-text index."""
    corrupt = [str(row[0]) for row in db.execute("PRAGMA integrity_check(10)")]
    yield from (line for line in corrupt if line != "ok")
    for row in db.execute("PRAGMA foreign_key_check").fetchall():
        yield f"a row of {row[0]} points to nothing in {row[2]}"
    full_text = FullText(db, {})
    stray = full_text.numbers()
    for (article_id,) in db.execute("SELECT id FROM articles").fetchall():
        article = queries.articles(db, [article_id])[article_id]
        query = f"SELECT p.number, {PASSAGE} FROM passages p WHERE p.article_id = ?"
        for number, *columns in db.execute(query, (article_id,)).fetchall():
            passage = to_passage(columns)
            stray.discard(number)
            if not _is_inside(article, passage):
                yield f"a passage of “{article.title}” lies outside its article"
            elif not full_text.contains(number, _telling_words(article, passage)):
                yield f"a passage of “{article.title}” is not found by its words"
    for number in sorted(stray):
        yield f"the full-text index contains passage {number}, which no article has"


def vector_problems(db: sqlite3.Connection, vectors: VectorIndex | None) -> Iterator[str]:
    """Yield what is wrong with the vectors."""
    expected = {row[0] for row in db.execute("SELECT DISTINCT key FROM passages")}
    if vectors is None:
        if expected:
            yield _counted(len(expected), "passage has no vector", "passages have no vectors")
        return
    stored: set[str] = set()
    for keys, batch in vectors.batches(_BATCH):
        stored.update(keys)
        yield from _not_found(vectors, keys, batch)
        yield from _not_in_matrix(db, vectors, keys, batch)
    if missing := len(expected - stored):
        yield _counted(missing, "passage has no vector", "passages have no vector")
    if stray := len(stored - expected):
        yield _counted(stray, "vector belongs to no passage", "vectors belong to no passage")


def _is_inside(article: Article, passage: Passage) -> bool:
    bounds = [passage.start, *(n for s in passage.sentences for n in (s.start, s.end)), passage.end]
    return bounds == sorted(bounds) and bounds[0] >= 0 and bounds[-1] <= len(article.text)


def _telling_words(article: Article, passage: Passage) -> list[str]:
    """Return a few long words: enough to identify a passage, and never very common ones."""
    return sorted(words(article.text[passage.start : passage.end]), key=len)[-5:]


def _not_found(index: VectorIndex, keys: Sequence[str], vectors: Vectors) -> Iterator[str]:
    for key, vector in zip(keys, vectors, strict=True):
        nearest = index.search(vector, _NEIGHBOURS)
        is_found = key in {near for near, _ in nearest} or (nearest and nearest[-1][1] > _SAME)
        if not is_found:
            yield f"the vector {key} is stored, but a search does not find it"


def _not_in_matrix(
    db: sqlite3.Connection, index: VectorIndex, keys: Sequence[str], vectors: Vectors
) -> Iterator[str]:
    rows = queries.rows_of_keys(db, keys)
    matrix = index.matrix.read(vectors.shape[1])
    for key, vector in zip(keys, vectors, strict=True):
        row = rows.get(key)
        if row is None:
            continue
        is_same = row < len(matrix) and float(np.dot(matrix[row], vector)) > _HALF_PRECISION
        if not is_same:
            yield f"the vector {key} differs from its row of the matrix"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"

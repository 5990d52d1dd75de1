"""Queries on the catalog that both readers and the writer need."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.store.embedded.schema import INFO, to_article
from rag.types import Article, Origin

_MAX_PARAMETERS = 500


@dataclass(frozen=True, slots=True)
class State:
    """What the catalog records about the library as a whole.

    `vectors` names the generation of vectors that belongs to it, "" before there is one.
    """

    encoder: str
    generation: int
    vectors: str


def state(db: sqlite3.Connection) -> State:
    return State(*db.execute("SELECT encoder, generation, vectors FROM library").fetchone())


def origins(db: sqlite3.Connection) -> dict[str, Origin]:
    """Return everything that was ingested, by URI."""
    rows = db.execute("SELECT uri, digest, address, etag, last_modified FROM origins")
    return {row[0]: Origin(*row) for row in rows}


def removed(db: sqlite3.Connection) -> dict[str, int]:
    """Return how many articles of each origin stay out because somebody removed them."""
    return dict(db.execute("SELECT origin, count(*) FROM removed GROUP BY origin"))


def articles(db: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Article]:
    """Return the articles that exist, by id."""
    rows = select_in(db, f"SELECT {INFO}, a.text FROM articles a WHERE a.id IN", ids)
    return {row[0]: to_article(row) for row in rows}


def rows_of_keys(db: sqlite3.Connection, keys: Iterable[str]) -> dict[str, int]:
    """Return the matrix row of each key that some passage uses."""
    query = "SELECT key, min(row) FROM passages WHERE key IN"
    return dict(select_in(db, query, keys, tail="GROUP BY key"))


def select_in(
    db: sqlite3.Connection,
    query: str,
    values: Iterable[object],
    parameters: Sequence[object] = (),
    *,
    tail: str = "",
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query that ends in IN, for any number of values.

    `parameters` are bound before the values, and `tail` follows the list.
    """
    distinct = list(dict.fromkeys(values))
    for first in range(0, len(distinct), _MAX_PARAMETERS):
        batch = distinct[first : first + _MAX_PARAMETERS]
        marks = ",".join("?" * len(batch))
        yield from db.execute(f"{query} ({marks}) {tail}", [*parameters, *batch])

"""The list of articles: pages of it, its size, and articles by month."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from rag.store.embedded.schema import ENTRY, fold, to_entry, within
from rag.store.library import Order
from rag.types import Entry, Scope

_COLUMNS: dict[Order, str] = {
    "title": "fold(a.title)",
    "source": "fold(nullif(a.source, ''))",
    "date": "a.published",
    "passages": "a.passages",
    "ingested": "o.ingested",
}


def page(
    db: sqlite3.Connection,
    words: Sequence[str],
    *,
    order: Order,
    descending: bool,
    limit: int | None,
    offset: int,
) -> list[Entry]:
    """Return a page of the list; see Snapshot.listing."""
    condition, parameters = _named(words)
    column, direction = _COLUMNS[order], "DESC" if descending else "ASC"
    rows = db.execute(
        f"{ENTRY} WHERE {condition} ORDER BY {column} IS NULL, {column} {direction},"
        " fold(a.title), a.id LIMIT ? OFFSET ?",
        (*parameters, -1 if limit is None else limit, offset),
    )
    return list(map(to_entry, rows))


def count(db: sqlite3.Connection, words: Sequence[str]) -> int:
    """Return how many articles have each of the words in their title or source."""
    condition, parameters = _named(words)
    query = f"SELECT count(*) FROM articles a WHERE {condition}"
    return int(db.execute(query, parameters).fetchone()[0])


def mentions(
    db: sqlite3.Connection,
    words: Sequence[str],
    *,
    in_title: bool,
    scope: Scope,
    limit: int | None,
    offset: int,
) -> list[Entry]:
    """Return a page of the articles that contain the words; see Snapshot.mentions."""
    condition, parameters = _mentioning(words, in_title, scope)
    rows = db.execute(
        f"{ENTRY} WHERE {condition} ORDER BY a.published IS NULL, a.published DESC,"
        " fold(a.title), a.id LIMIT ? OFFSET ?",
        (*parameters, -1 if limit is None else limit, offset),
    )
    return list(map(to_entry, rows))


def count_mentions(
    db: sqlite3.Connection, words: Sequence[str], *, in_title: bool, scope: Scope
) -> int:
    """Return how many articles contain the words."""
    condition, parameters = _mentioning(words, in_title, scope)
    query = f"SELECT count(*) FROM articles a WHERE {condition}"
    return int(db.execute(query, parameters).fetchone()[0])


def entry(db: sqlite3.Connection, article_id: str) -> Entry | None:
    """Return the line of one article."""
    row = db.execute(f"{ENTRY} WHERE a.id = ?", (article_id,)).fetchone()
    return to_entry(row) if row else None


def months(db: sqlite3.Connection) -> list[tuple[str | None, str | None, int]]:
    """Return the number of articles of each month and source; None where one is unknown."""
    rows = db.execute(
        "SELECT substr(published, 1, 7), nullif(source, ''), count(*) FROM articles"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [(row[0], row[1], int(row[2])) for row in rows]


def sources(db: sqlite3.Connection) -> list[str]:
    """Return the names of all sources in alphabetical order."""
    rows = db.execute("SELECT DISTINCT source FROM articles WHERE source > ''")
    return sorted((row[0] for row in rows), key=str.casefold)


def _named(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return words in a title or source as a condition on articles `a`, with its parameters."""
    contains = "instr(fold(a.title || ' ' || coalesce(a.source, '')), ?)"
    conditions = ["1", *(contains for _ in words)]
    return " AND ".join(conditions), [fold(word) or "" for word in words]


def _mentioning(words: Sequence[str], in_title: bool, scope: Scope) -> tuple[str, list[str]]:
    """Return words and a scope as a condition on articles `a`, with its parameters."""
    condition, parameters = within(scope)
    if not words:
        return condition, parameters
    every = " AND ".join(f'"{word}"' for word in words)
    return (
        f"{condition} AND a.id IN (SELECT p.article_id FROM passages p WHERE p.number IN"
        " (SELECT rowid FROM words WHERE words MATCH ?))",
        [*parameters, f"title : ({every})" if in_title else every],
    )

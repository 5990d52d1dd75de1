"""The tables of the catalog, their rows as values, and conditions on them."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from rag.types import Article, Entry, Passage, Scope, Span

FORMAT = 1

SCHEMA = """
CREATE TABLE library (
    format INTEGER NOT NULL,
    encoder TEXT NOT NULL,
    generation INTEGER NOT NULL,
    vectors TEXT NOT NULL
);
CREATE TABLE origins (
    uri TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    address TEXT,
    etag TEXT,
    last_modified TEXT,
    ingested TEXT NOT NULL
);
CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    origin TEXT NOT NULL REFERENCES origins(uri) ON DELETE CASCADE,
    text TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    published TEXT,
    source TEXT,
    author TEXT,
    place TEXT,
    language TEXT,
    pages TEXT NOT NULL,
    story TEXT NOT NULL
);
CREATE INDEX articles_by_story ON articles(story);
CREATE TABLE signatures (
    article_id TEXT PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
    signature BLOB NOT NULL
);
CREATE TABLE bands (
    band BLOB NOT NULL,
    article_id TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    PRIMARY KEY (band, article_id)
) WITHOUT ROWID;
CREATE INDEX bands_by_article ON bands(article_id);
CREATE INDEX articles_by_origin ON articles(origin);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    sentences TEXT NOT NULL
);
CREATE INDEX passages_by_article ON passages(article_id);
CREATE INDEX passages_by_key ON passages(key);
CREATE VIRTUAL TABLE words USING fts5(
    title, body, content='', tokenize='porter unicode61 remove_diacritics 2'
);
"""
# Made when the library is next written: one from before has none of it, and works without.
LATER = (
    "CREATE INDEX IF NOT EXISTS articles_by_date ON articles(published, source)",
    # What was removed by hand, as long as its origin is there; `content` is a digest of the article.
    "CREATE TABLE IF NOT EXISTS removed ("
    "origin TEXT NOT NULL REFERENCES origins(uri) ON DELETE CASCADE, content TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS removed_by_origin ON removed(origin)",
)
ARTICLE = "id, text, title, url, origin, published, source, author, place, language, pages, story"
PASSAGE = 'id, article_id, key, start, "end", sentences'
ENTRY = (
    "SELECT a.id, a.title, a.published, nullif(a.source, ''), a.url,"
    " (SELECT count(*) FROM passages p WHERE p.article_id = a.id) AS held,"
    " a.origin, o.ingested FROM articles a JOIN origins o ON o.uri = a.origin"
)


def is_made(db: sqlite3.Connection, table: str = "library") -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = ?"
    return db.execute(query, (table,)).fetchone() is not None


def to_entry(row: Sequence[Any]) -> Entry:
    known = list(row)
    known[2], known[7] = to_date(row[2]), datetime.fromisoformat(row[7])
    return Entry(*known)


def to_article(row: Sequence[Any]) -> Article:
    known = list(row)
    known[5], known[10] = to_date(row[5]), tuple(json.loads(row[10]))
    return Article(*known)


def to_passage(row: Sequence[Any]) -> Passage:
    spans = tuple(Span(start, end) for start, end in json.loads(row[5]))
    return Passage(row[0], row[1], row[2], int(row[3]), int(row[4]), spans)


def to_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def within(scope: Scope) -> tuple[str, list[str]]:
    """A scope as a condition on articles `a`, with its values."""
    conditions, values = ["1"], []
    if scope.after:
        conditions.append("a.published >= ?")
        values.append(scope.after.isoformat())
    if scope.before:
        conditions.append("a.published <= ?")
        values.append(scope.before.isoformat())
    if scope.sources:
        conditions.append(f"a.source IN ({', '.join('?' * len(scope.sources))})")
        values += scope.sources
    return " AND ".join(conditions), values


def naming(words: Sequence[str]) -> tuple[str, list[str]]:
    """Words that an article `a` is named by as a condition, with its values."""
    named = "instr(fold(a.title || ' ' || coalesce(a.source, '')), ?)"
    return " AND ".join(["1", *(named for _ in words)]), [fold(word) or "" for word in words]


def fold(text: str | None) -> str | None:
    """Text without regard to case and accents, to compare and to order by."""
    if text is None:
        return None
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()

"""The tables of the catalog, and their rows as values."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from rag.types import Article, ArticleInfo, Entry, Passage, RetrievedPassage, Scope, Span

FORMAT = 3

# The two indexes with several columns answer "which articles, and how many passages, lie in a
# scope" without reading the articles. `row` is the passage's place in the vector matrix.
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
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    origin TEXT NOT NULL REFERENCES origins(uri) ON DELETE CASCADE,
    published TEXT,
    source TEXT,
    author TEXT,
    place TEXT,
    language TEXT,
    pages TEXT NOT NULL,
    story TEXT NOT NULL,
    passages INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX articles_by_origin ON articles(origin);
CREATE INDEX articles_by_story ON articles(story);
CREATE INDEX articles_by_date ON articles(published, source, passages, id);
CREATE INDEX articles_by_source ON articles(source, published, passages, id);
CREATE TABLE removed (
    origin TEXT NOT NULL REFERENCES origins(uri) ON DELETE CASCADE,
    content TEXT NOT NULL
);
CREATE INDEX removed_by_origin ON removed(origin);
CREATE TABLE corrections (
    article_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    published TEXT,
    source TEXT,
    read_title TEXT NOT NULL,
    read_published TEXT,
    read_source TEXT
);
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
CREATE TABLE passages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    sentences TEXT NOT NULL,
    row INTEGER NOT NULL
);
CREATE INDEX passages_by_article ON passages(article_id, row);
CREATE INDEX passages_by_key ON passages(key, row);
CREATE INDEX passages_by_row ON passages(row);
CREATE VIRTUAL TABLE words USING fts5(
    title, body, content='', tokenize='porter unicode61 remove_diacritics 2'
);
"""
INFO = (
    "a.id, a.title, a.url, a.origin, a.published, a.source, a.author, a.place, a.language,"
    " a.pages, a.story"
)
PASSAGE = 'p.id, p.article_id, p.key, p.start, p."end", p.sentences'
PASSAGE_TEXT = 'substr(a.text, p.start + 1, p."end" - p.start)'
PASSAGES_OF_ARTICLES = "passages p JOIN articles a ON p.article_id = a.id"
ENTRY = (
    "SELECT a.id, a.title, a.published, nullif(a.source, ''), a.url, a.passages,"
    " a.origin, o.ingested FROM articles a JOIN origins o ON o.uri = a.origin"
)


def is_created(db: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'library'"
    return db.execute(query).fetchone() is not None


def to_entry(row: Sequence[Any]) -> Entry:
    identity, title, published, source, url, passages, origin, ingested = row
    return Entry(
        identity,
        title,
        to_date(published),
        source,
        url,
        passages,
        origin,
        datetime.fromisoformat(ingested),
    )


def to_info(row: Sequence[Any]) -> ArticleInfo:
    return ArticleInfo(*_info(row))


def to_article(row: Sequence[Any]) -> Article:
    """Make an article of the columns INFO and its text."""
    *info, text = row
    return Article(*_info(info), text=text)


def to_passage(row: Sequence[Any]) -> Passage:
    identity, article_id, key, start, end, sentences = row
    spans = tuple(Span(first, last) for first, last in json.loads(sentences))
    return Passage(identity, article_id, key, int(start), int(end), spans)


def to_retrieved(row: Sequence[Any]) -> RetrievedPassage:
    """Make a retrieved passage of the columns PASSAGE, PASSAGE_TEXT and INFO."""
    return RetrievedPassage(to_info(row[7:]), to_passage(row[:6]), row[6])


def to_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def within(scope: Scope) -> tuple[str, list[str]]:
    """Return a scope as a condition on articles `a`, with its parameters."""
    conditions, parameters = ["1"], []
    if scope.after:
        conditions.append("a.published >= ?")
        parameters.append(scope.after.isoformat())
    if scope.before:
        conditions.append("a.published <= ?")
        parameters.append(scope.before.isoformat())
    if scope.sources:
        conditions.append(f"a.source IN ({', '.join('?' * len(scope.sources))})")
        parameters += scope.sources
    return " AND ".join(conditions), parameters


def fold(text: str | None) -> str | None:
    """Return text without case and accents, for comparing and sorting."""
    if text is None:
        return None
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def _info(row: Sequence[Any]) -> list[Any]:
    values = list(row)
    values[4], values[9] = to_date(values[4]), tuple(json.loads(values[9]))
    return values

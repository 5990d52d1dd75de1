"""What is in the catalog, at one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from rag.store.embedded.full_text import FullText
from rag.store.embedded.tables import (
    ARTICLE,
    ENTRY,
    PASSAGE,
    is_made,
    naming,
    to_article,
    to_date,
    to_entry,
    to_passage,
    within,
)
from rag.store.near_duplicates import ALIKE, Signature, bands, likeness
from rag.types import Article, Entry, Origin, Passage, Scope, Searched, Summary

_MANY = 500  # SQLite takes a limited number of parameters

ORDERS = {
    "title": "fold(a.title)",
    "source": "fold(nullif(a.source, ''))",
    "date": "a.published",
    "passages": "held",
    "ingested": "o.ingested",
}
"""What the list of articles can be ordered by."""


@dataclass(frozen=True, slots=True)
class State:
    """What the catalog says of the library as a whole."""

    encoder: str
    generation: int
    vectors: str


class Reader:
    """The catalog at one moment: whatever is written meanwhile is not seen."""

    def __init__(self, connection: sqlite3.Connection, known: dict[str, int]) -> None:
        self._db = connection
        self.fulltext = FullText(connection, known)

    def state(self) -> State:
        row = self._db.execute("SELECT encoder, generation, vectors FROM library").fetchone()
        return State(*row)

    def origins(self) -> dict[str, Origin]:
        rows = self._db.execute("SELECT uri, digest, address, etag, last_modified FROM origins")
        return {row[0]: Origin(*row) for row in rows}

    def removed(self) -> dict[str, int]:
        """How many articles of each origin stay out because they were removed by hand."""
        if not is_made(self._db, "removed"):
            return {}
        return dict(self._db.execute("SELECT origin, count(*) FROM removed GROUP BY origin"))

    def is_empty(self, uri: str) -> bool:
        """Whether no article of an origin is here."""
        query = "SELECT 1 FROM articles WHERE origin = ?"
        return self._db.execute(query, (uri,)).fetchone() is None

    def summaries(self, limit: int | None = None) -> list[Summary]:
        """The list of articles, newest first, or as many of them."""
        rows = self._db.execute(
            "SELECT a.id, a.title, a.published, a.source, a.url, count(p.number) FROM articles a"
            " LEFT JOIN passages p ON p.article_id = a.id GROUP BY a.id"
            " ORDER BY a.published IS NULL, a.published DESC, a.title LIMIT ?",
            (-1 if limit is None else limit,),
        )
        return [Summary(row[0], row[1], to_date(row[2]), *row[3:]) for row in rows]

    def entries(
        self,
        words: Sequence[str] = (),
        *,
        order: str = "date",
        descending: bool = True,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Entry]:
        """A part of the list of articles; each of the words is in its title or source.

        `order` is one of ORDERS; what an article does not tell comes last either way.
        """
        condition, values = naming(words)
        column = ORDERS[order]
        direction = "DESC" if descending else "ASC"
        rows = self._db.execute(
            f"{ENTRY} WHERE {condition} ORDER BY {column} IS NULL, {column} {direction},"
            " fold(a.title), a.id LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return list(map(to_entry, rows))

    def entry(self, article_id: str) -> Entry | None:
        """One line of the list of articles."""
        row = self._db.execute(f"{ENTRY} WHERE a.id = ?", (article_id,)).fetchone()
        return to_entry(row) if row else None

    def entries_naming(self, words: Sequence[str] = ()) -> int:
        """How many articles have each of the words in their title or source."""
        condition, values = naming(words)
        query = f"SELECT count(*) FROM articles a WHERE {condition}"
        return int(self._db.execute(query, values).fetchone()[0])

    def months(self) -> list[tuple[str | None, str | None, int]]:
        """How many articles of each source each month ("2022-10") has; None where it is unknown."""
        rows = self._db.execute(
            "SELECT substr(published, 1, 7), nullif(source, ''), count(*) FROM articles"
            " GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return [(row[0], row[1], int(row[2])) for row in rows]

    def article(self, article_id: str) -> Article | None:
        return self.articles([article_id]).get(article_id)

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        rows = self._select(f"SELECT {ARTICLE} FROM articles WHERE id IN", ids)
        return {row[0]: to_article(row) for row in rows}

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        rows = self._select(f"SELECT {PASSAGE} FROM passages WHERE id IN", ids)
        return {row[0]: to_passage(row) for row in rows}

    def numbered_passages_of(self, article_id: str) -> list[tuple[int, Passage]]:
        """The passages of an article in reading order, with their numbers in the full text."""
        rows = self._db.execute(
            f"SELECT number, {PASSAGE} FROM passages WHERE article_id = ? ORDER BY start",
            (article_id,),
        )
        return [(row[0], to_passage(row[1:])) for row in rows]

    def story_like(self, signed: Signature) -> str | None:
        """The story of the article most like a text, if one is alike enough."""
        candidates = self._select("SELECT article_id FROM bands WHERE band IN", bands(signed))
        ids = {row[0] for row in candidates}
        query = (
            "SELECT s.signature, a.story FROM signatures s JOIN articles a ON a.id = s.article_id"
            " WHERE s.article_id IN"
        )
        found = [
            (likeness(signed, np.frombuffer(blob, dtype=np.uint32)), story)
            for blob, story in self._select(query, ids)
        ]
        best, story = max(found, default=(0.0, None))
        return story if best >= ALIKE else None

    def copies(self, stories: Iterable[str]) -> dict[str, list[Article]]:
        """The articles of each story, oldest first."""
        found: dict[str, list[Article]] = {}
        query = f"SELECT {ARTICLE} FROM articles WHERE story IN"
        for article in map(to_article, self._select(query, stories)):
            found.setdefault(article.story, []).append(article)
        for same in found.values():
            same.sort(key=lambda each: (str(each.published or "9"), each.id))
        return found

    def ids_of_keys(self, keys: Iterable[str], scope: Scope = Scope()) -> dict[str, list[str]]:
        """The passages within a scope that share each vector."""
        condition, values = within(scope)
        articles = " JOIN articles a ON p.article_id = a.id" if scope else ""
        query = f"SELECT p.key, p.id FROM passages p{articles} WHERE {condition} AND p.key IN"
        found: dict[str, list[str]] = {}
        for key, passage in self._select(query, keys, values):
            found.setdefault(key, []).append(passage)
        return found

    def keys_of_article(self, article_id: str) -> set[str]:
        """The vectors that the passages of an article use."""
        query = "SELECT key FROM passages WHERE article_id = ?"
        return {row[0] for row in self._db.execute(query, (article_id,))}

    def keys_of_origin(self, uri: str) -> set[str]:
        """The vectors that the articles of an origin use."""
        rows = self._db.execute(
            "SELECT p.key FROM passages p JOIN articles a ON p.article_id = a.id WHERE a.origin = ?",
            (uri,),
        )
        return {row[0] for row in rows}

    def keys(self) -> set[str]:
        """Every vector that some passage uses."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT key FROM passages")}

    def keyed(self) -> Iterator[tuple[str, Article, Passage]]:
        """Every vector that some passage uses, with one of these passages."""
        keys = self._db.execute("SELECT key, min(id) FROM passages GROUP BY key")
        for key, identity in keys:
            passage = self.passages([identity])[identity]
            article = self.article(passage.article_id)
            assert article is not None
            yield key, article, passage

    def damage(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        found = [str(row[0]) for row in self._db.execute("PRAGMA integrity_check(10)")]
        broken = self._db.execute("PRAGMA foreign_key_check").fetchall()
        return [line for line in found if line != "ok"] + [
            f"a row of {row[0]} points to nothing in {row[2]}" for row in broken
        ]

    def keys_within(self, scope: Scope) -> list[str]:
        """The vectors that the passages within a scope use."""
        condition, values = within(scope)
        rows = self._db.execute(
            "SELECT DISTINCT p.key FROM articles a JOIN passages p ON p.article_id = a.id"
            f" WHERE {condition}",
            values,
        )
        return [row[0] for row in rows]

    def extent(self, scope: Scope) -> Searched:
        """How many passages, of how many articles, lie within a scope."""
        condition, values = within(scope)
        query = (
            "SELECT count(*), count(DISTINCT p.article_id) FROM passages p"
            f" JOIN articles a ON a.id = p.article_id WHERE {condition}"
        )
        return Searched(*self._db.execute(query, values).fetchone())

    def sources(self) -> list[str]:
        """The names of all sources, in alphabetical order."""
        rows = self._db.execute("SELECT DISTINCT source FROM articles WHERE source > ''")
        return sorted((row[0] for row in rows), key=str.casefold)

    def dates(self, scope: Scope = Scope()) -> list[tuple[date, int]]:
        """The days on which articles within a scope were published, oldest first, with how many."""
        condition, values = within(scope)
        rows = self._db.execute(
            f"SELECT published, count(*) FROM articles a WHERE {condition}"
            " AND published IS NOT NULL GROUP BY published ORDER BY published",
            values,
        )
        return [(date.fromisoformat(row[0]), row[1]) for row in rows]

    def _select(
        self, query: str, wanted: Iterable[object], values: Sequence[object] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a query that ends in IN, for all that is wanted; `values` go before."""
        listed = list(dict.fromkeys(wanted))
        for first in range(0, len(listed), _MANY):
            some = listed[first : first + _MANY]
            marks = ",".join("?" * len(some))
            yield from self._db.execute(f"{query} ({marks})", [*values, *some])

"""SQLite: what is in the library. The vectors are an index of it; this is the truth."""

from __future__ import annotations

import json
import os
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from rag.copies import ALIKE, Signature, bands, likeness
from rag.errors import StoreError
from rag.types import Article, Passage, Scope, Searched, Span

FORMAT = 1

_SCHEMA = """
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
_LATER = (
    "CREATE INDEX IF NOT EXISTS articles_by_date ON articles(published, source)",
    # What was removed by hand, as long as its origin is there; `content` is a digest of the article.
    "CREATE TABLE IF NOT EXISTS removed ("
    "origin TEXT NOT NULL REFERENCES origins(uri) ON DELETE CASCADE, content TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS removed_by_origin ON removed(origin)",
)
# A title counts, but less than what the passage itself says.
_BM25 = "bm25(words, 0.5, 1.0)"
_ARTICLE = "id, text, title, url, origin, published, source, author, place, language, pages, story"
_PASSAGE = 'id, article_id, key, start, "end", sentences'
_ENTRY = (
    "SELECT a.id, a.title, a.published, nullif(a.source, ''), a.url,"
    " (SELECT count(*) FROM passages p WHERE p.article_id = a.id) AS held,"
    " a.origin, o.ingested FROM articles a JOIN origins o ON o.uri = a.origin"
)
_WORDS = (
    'p.number, a.title, substr(a.text, p.start + 1, p."end" - p.start)'
    " FROM passages p JOIN articles a ON p.article_id = a.id"
)
_MANY = 500  # SQLite takes a limited number of parameters
# Among more passages than these, BM25 is computed for fewer: it takes most of a search. Words that
# more than a third have add next to nothing to it, and from one half on a millionth of a point; and
# next to none of the best has only words that together make up more than a tenth.
_LARGE = 10_000
_COMMON, _RARE = 1 / 3, 1 / 10
_ENOUGH = 10  # times as many passages as are wanted
_COUNTED = 10_000  # words whose frequency is remembered
_NO_WORD = ""  # which every passage has

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


@dataclass(frozen=True, slots=True)
class Origin:
    """A file or page that was read, and a digest of what it held and of how it was read.

    Of a page, also the address where it was found, and what the server said to recognise it by.
    """

    uri: str
    digest: str
    address: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A line in the list of articles."""

    id: str
    title: str
    published: date | None
    source: str | None
    url: str
    passages: int


@dataclass(frozen=True, slots=True)
class Entry(Summary):
    """An article with where it came from, and when it was ingested: a line in the corpus."""

    origin: str
    ingested: datetime


class Frequencies:
    """How often words occur, as long as nothing is written: every question has the common ones."""

    def __init__(self) -> None:
        self._generation = -1
        self._known: dict[str, int] = {}

    def of(self, generation: int) -> dict[str, int]:
        """What is known of a generation, to be added to."""
        if generation != self._generation or len(self._known) > _COUNTED:
            self._generation, self._known = generation, {}
        return self._known


class Reader:
    """The catalog at one moment: whatever is written meanwhile is not seen."""

    def __init__(self, connection: sqlite3.Connection, frequencies: Frequencies) -> None:
        self._db = connection
        self._frequencies = frequencies

    def state(self) -> State:
        row = self._db.execute("SELECT encoder, generation, vectors FROM library").fetchone()
        return State(*row)

    def count(self) -> int:
        """How many passages there are."""
        known = self._frequencies.of(self.state().generation)
        if _NO_WORD not in known:
            query = "SELECT count(*) FROM passages"
            known[_NO_WORD] = int(self._db.execute(query).fetchone()[0])
        return known[_NO_WORD]

    def origins(self) -> dict[str, Origin]:
        rows = self._db.execute("SELECT uri, digest, address, etag, last_modified FROM origins")
        return {row[0]: Origin(*row) for row in rows}

    def removed(self) -> dict[str, int]:
        """How many articles of each origin stay out because they were removed by hand."""
        if not _is_made(self._db, "removed"):
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
        return [Summary(row[0], row[1], _date(row[2]), *row[3:]) for row in rows]

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
        condition, values = _naming(words)
        column = ORDERS[order]
        direction = "DESC" if descending else "ASC"
        rows = self._db.execute(
            f"{_ENTRY} WHERE {condition} ORDER BY {column} IS NULL, {column} {direction},"
            " fold(a.title), a.id LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return list(map(_entry, rows))

    def entry(self, article_id: str) -> Entry | None:
        """One line of the list of articles."""
        row = self._db.execute(f"{_ENTRY} WHERE a.id = ?", (article_id,)).fetchone()
        return _entry(row) if row else None

    def entries_naming(self, words: Sequence[str] = ()) -> int:
        """How many articles have each of the words in their title or source."""
        condition, values = _naming(words)
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
        rows = self._select(f"SELECT {_ARTICLE} FROM articles WHERE id IN", ids)
        return {row[0]: _article(row) for row in rows}

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        rows = self._select(f"SELECT {_PASSAGE} FROM passages WHERE id IN", ids)
        return {row[0]: _passage(row) for row in rows}

    def numbered_passages_of(self, article_id: str) -> list[tuple[int, Passage]]:
        """The passages of an article in reading order, with their numbers in the full text."""
        rows = self._db.execute(
            f"SELECT number, {_PASSAGE} FROM passages WHERE article_id = ? ORDER BY start",
            (article_id,),
        )
        return [(row[0], _passage(row[1:])) for row in rows]

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
        query = f"SELECT {_ARTICLE} FROM articles WHERE story IN"
        for article in map(_article, self._select(query, stories)):
            found.setdefault(article.story, []).append(article)
        for same in found.values():
            same.sort(key=lambda each: (str(each.published or "9"), each.id))
        return found

    def ids_of_keys(self, keys: Iterable[str], scope: Scope = Scope()) -> dict[str, list[str]]:
        """The passages within a scope that share each vector."""
        condition, values = _within(scope)
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

    def indexed(self) -> set[int]:
        """The numbers of all passages in the full text."""
        return {row[0] for row in self._db.execute("SELECT rowid FROM words")}

    def has_words(self, number: int, words: Sequence[str]) -> bool:
        """Whether the full text holds all these words for a passage."""
        query = " AND ".join(f'"{word}"' for word in words)
        return not words or bool(
            self._db.execute(
                "SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?", (query, number)
            ).fetchone()
        )

    def damage(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        found = [str(row[0]) for row in self._db.execute("PRAGMA integrity_check(10)")]
        broken = self._db.execute("PRAGMA foreign_key_check").fetchall()
        return [line for line in found if line != "ok"] + [
            f"a row of {row[0]} points to nothing in {row[2]}" for row in broken
        ]

    def keys_of_origin(self, uri: str) -> set[str]:
        """The vectors that the articles of an origin use."""
        rows = self._db.execute(
            "SELECT p.key FROM passages p JOIN articles a ON p.article_id = a.id WHERE a.origin = ?",
            (uri,),
        )
        return {row[0] for row in rows}

    def search(
        self, words: Sequence[str], limit: int, scope: Scope = Scope()
    ) -> list[tuple[str, float]]:
        """Passages that hold any of the words, best first, with their BM25 score (higher is better)."""
        if not words:
            return []
        decisive = words
        if (passages := self.count()) > _LARGE:
            frequencies = self.document_frequency(words)
            words, rarest = _worth_scoring(words, frequencies, passages, _ENOUGH * limit)
            decisive = words if scope else rarest
        condition, values = _within(scope)
        among = (
            " AND rowid IN (SELECT p.number FROM passages p JOIN articles a ON p.article_id = a.id"
            f" WHERE {condition})"
        )
        # The plus has SQLite go through the passages with those words once, not once for each row.
        rows = self._db.execute(
            f"SELECT p.id, -score FROM (SELECT rowid AS number, {_BM25} AS score FROM words"
            " WHERE words MATCH ? AND +rowid IN (SELECT rowid FROM words WHERE words MATCH ?)"
            f"{among if scope else ''} ORDER BY score LIMIT ?)"
            " JOIN passages p USING (number) ORDER BY score, p.id",
            (_any_of(words), _any_of(decisive), *values, limit),
        )
        return [(row[0], row[1]) for row in rows]

    def keys_within(self, scope: Scope) -> list[str]:
        """The vectors that the passages within a scope use."""
        condition, values = _within(scope)
        rows = self._db.execute(
            "SELECT DISTINCT p.key FROM articles a JOIN passages p ON p.article_id = a.id"
            f" WHERE {condition}",
            values,
        )
        return [row[0] for row in rows]

    def extent(self, scope: Scope) -> Searched:
        """How many passages, of how many articles, lie within a scope."""
        condition, values = _within(scope)
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
        condition, values = _within(scope)
        rows = self._db.execute(
            f"SELECT published, count(*) FROM articles a WHERE {condition}"
            " AND published IS NOT NULL GROUP BY published ORDER BY published",
            values,
        )
        return [(date.fromisoformat(row[0]), row[1]) for row in rows]

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """In how many passages each word occurs, in any of its inflections."""
        known = self._frequencies.of(self.state().generation)
        query = "SELECT count(*) FROM words WHERE words MATCH ?"
        found = {}
        for word in words:
            if word not in known:
                known[word] = int(self._db.execute(query, (f'"{word}"',)).fetchone()[0])
            found[word] = known[word]
        return found

    def _select(
        self, query: str, wanted: Iterable[object], values: Sequence[object] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a query that ends in IN, for all that is wanted; `values` go before."""
        listed = list(dict.fromkeys(wanted))
        for first in range(0, len(listed), _MANY):
            some = listed[first : first + _MANY]
            marks = ",".join("?" * len(some))
            yield from self._db.execute(f"{query} ({marks})", [*values, *some])


class Writer(Reader):
    """The catalog inside one write transaction: nothing is seen by others until it is committed."""

    def add_origin(self, origin: Origin, ingested: str) -> None:
        row = (*astuple(origin), ingested)
        self._db.execute("INSERT INTO origins VALUES (?, ?, ?, ?, ?, ?)", row)

    def add_article(
        self, article: Article, passages: Sequence[Passage], signed: Signature | None
    ) -> None:
        """Write an article with its passages; its origin must be there already."""
        row = (
            article.id,
            article.text,
            article.title,
            article.url,
            article.origin,
            article.published.isoformat() if article.published else None,
            article.source,
            article.author,
            article.place,
            article.language,
            json.dumps(article.pages),
            article.story,
        )
        marks = ", ".join("?" * len(row))
        self._db.execute(f"INSERT INTO articles ({_ARTICLE}) VALUES ({marks})", row)
        if signed is not None:
            self._db.execute("INSERT INTO signatures VALUES (?, ?)", (article.id, signed.tobytes()))
            rows = [(band, article.id) for band in bands(signed)]
            self._db.executemany("INSERT INTO bands VALUES (?, ?)", rows)
        for passage in passages:
            spans = json.dumps([[span.start, span.end] for span in passage.sentences])
            number = self._db.execute(
                f"INSERT INTO passages ({_PASSAGE}) VALUES (?, ?, ?, ?, ?, ?)",
                (passage.id, article.id, passage.key, passage.start, passage.end, spans),
            ).lastrowid
            self._db.execute(
                "INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)",
                (number, article.title, article.text[passage.start : passage.end]),
            )

    def remove_origin(self, uri: str) -> None:
        """Take out an origin with its articles, their passages and their full text."""
        self._forget_words("a.origin = ?", uri)
        self._db.execute("DELETE FROM origins WHERE uri = ?", (uri,))

    def remove_article(self, article_id: str) -> None:
        """Take out an article alone; its origin stays known, even when nothing else came from it."""
        self._forget_words("a.id = ?", article_id)
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))

    def removed_from(self, uri: str) -> list[str]:
        """The contents of the articles of an origin that were removed by hand."""
        rows = self._db.execute("SELECT content FROM removed WHERE origin = ?", (uri,))
        return [row[0] for row in rows]

    def note_removed(self, uri: str, content: str) -> None:
        self._db.execute("INSERT INTO removed VALUES (?, ?)", (uri, content))

    def forget_removed(self, uri: str) -> None:
        self._db.execute("DELETE FROM removed WHERE origin = ?", (uri,))

    def _forget_words(self, condition: str, value: str) -> None:
        """The full-text index holds no text of its own, so it is told what to forget of which
        articles `a`.
        """
        self._db.execute(
            f"INSERT INTO words (words, rowid, title, body) SELECT 'delete', {_WORDS}"
            f" WHERE {condition}",
            (value,),
        )

    def rebuild_words(self) -> None:
        """Make the full text again from articles and passages."""
        self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        self._db.execute(f"INSERT INTO words (rowid, title, body) SELECT {_WORDS}")

    def advance(self, vectors: str) -> None:
        """Name the directory of vectors that belongs to what has been written."""
        self._db.execute("UPDATE library SET generation = generation + 1, vectors = ?", (vectors,))


class Catalog:
    """The file in which the catalog lies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frequencies = Frequencies()

    def exists(self) -> bool:
        """Whether a catalog was begun here and not given up half made."""
        if not self._path.is_file():
            return False
        with self._errors(), closing(self._connect()) as db:
            return _is_made(db)

    def create(self, encoder: str) -> None:
        """Make an empty catalog for the vectors of an encoder."""
        with self._errors(), closing(self._connect()) as db:
            db.execute("PRAGMA journal_mode = WAL")
            with _transaction(db, "IMMEDIATE"):
                if not _is_made(db):
                    for statement in (*_SCHEMA.split(";\n"), *_LATER):
                        db.execute(statement)
                    db.execute("INSERT INTO library VALUES (?, ?, 0, '')", (FORMAT, encoder))

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        with self._transaction("DEFERRED") as db:
            yield Reader(db, self._frequencies)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction: committed at the end, undone by any exception."""
        with self._transaction("IMMEDIATE") as db:
            for statement in _LATER:
                db.execute(statement)
            yield Writer(db, Frequencies())

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        with self._errors(), closing(self._connect()) as db:
            _check_format(db)
            with _transaction(db, kind):
                yield db

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            where = "is read-only" if _is_read_only(self._path) else f"cannot be used: {error}"
            raise StoreError(f"the catalog {self._path} {where}") from error

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        db.create_function("fold", 1, _fold, deterministic=True)
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = FULL")
        return db


def _is_made(db: sqlite3.Connection, table: str = "library") -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = ?"
    return db.execute(query, (table,)).fetchone() is not None


def _is_read_only(path: Path) -> bool:
    return path.parent.is_dir() and not os.access(path.parent, os.W_OK)


def _check_format(db: sqlite3.Connection) -> None:
    row = db.execute("SELECT format FROM library").fetchone()
    if row is None or row[0] != FORMAT:
        raise StoreError(
            f"the library has format {row and row[0]}, this version reads {FORMAT}; "
            "name another folder with ARTICLE_QA_HOME and ingest again"
        )


@contextmanager
def _transaction(db: sqlite3.Connection, kind: str) -> Iterator[None]:
    db.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _worth_scoring(
    words: Sequence[str], frequencies: dict[str, int], passages: int, enough: int
) -> tuple[list[str], list[str]]:
    """The words that count for BM25, and those of which a passage has to have one to be scored.

    These are the rarest: as many as together make up a tenth, and more where that is not enough.
    """
    rarest = sorted((word for word in words if frequencies[word]), key=frequencies.__getitem__)
    counting = [word for word in rarest if frequencies[word] <= passages * _COMMON] or rarest
    before = accumulate((frequencies[word] for word in counting), initial=0)
    decisive = [
        word
        for word, held in zip(counting, before, strict=False)
        if held < enough or held + frequencies[word] <= passages * _RARE
    ]
    return counting or list(words), decisive or list(words)


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


def _within(scope: Scope) -> tuple[str, list[str]]:
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


def _naming(words: Sequence[str]) -> tuple[str, list[str]]:
    """Words that an article `a` is named by as a condition, with its values."""
    named = "instr(fold(a.title || ' ' || coalesce(a.source, '')), ?)"
    return " AND ".join(["1", *(named for _ in words)]), [_fold(word) or "" for word in words]


def _fold(text: str | None) -> str | None:
    """Text without regard to case and accents, to compare and to order by."""
    if text is None:
        return None
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()


def _entry(row: Sequence[Any]) -> Entry:
    known = list(row)
    known[2], known[7] = _date(row[2]), datetime.fromisoformat(row[7])
    return Entry(*known)


def _article(row: Sequence[Any]) -> Article:
    known = list(row)
    known[5], known[10] = _date(row[5]), tuple(json.loads(row[10]))
    return Article(*known)


def _passage(row: Sequence[Any]) -> Passage:
    spans = tuple(Span(start, end) for start, end in json.loads(row[5]))
    return Passage(row[0], row[1], row[2], int(row[3]), int(row[4]), spans)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

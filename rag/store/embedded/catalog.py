"""SQLite: what is in the library. The vectors are an index of it; this is the truth."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path

from rag.errors import StoreError
from rag.store.embedded.full_text import Frequencies
from rag.store.embedded.reader import Reader
from rag.store.embedded.tables import ARTICLE, FORMAT, LATER, PASSAGE, SCHEMA, fold, is_made
from rag.store.near_duplicates import Signature, bands
from rag.types import Article, Origin, Passage


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
        self._db.execute(f"INSERT INTO articles ({ARTICLE}) VALUES ({marks})", row)
        if signed is not None:
            self._db.execute("INSERT INTO signatures VALUES (?, ?)", (article.id, signed.tobytes()))
            rows = [(band, article.id) for band in bands(signed)]
            self._db.executemany("INSERT INTO bands VALUES (?, ?)", rows)
        for passage in passages:
            spans = json.dumps([[span.start, span.end] for span in passage.sentences])
            number = self._db.execute(
                f"INSERT INTO passages ({PASSAGE}) VALUES (?, ?, ?, ?, ?, ?)",
                (passage.id, article.id, passage.key, passage.start, passage.end, spans),
            ).lastrowid
            assert number is not None
            body = article.text[passage.start : passage.end]
            self.fulltext.add(number, article.title, body)

    def remove_origin(self, uri: str) -> None:
        """Take out an origin with its articles, their passages and their full text."""
        self.fulltext.forget("a.origin = ?", uri)
        self._db.execute("DELETE FROM origins WHERE uri = ?", (uri,))

    def remove_article(self, article_id: str) -> None:
        """Take out an article alone; its origin stays known, even when nothing else came from it."""
        self.fulltext.forget("a.id = ?", article_id)
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))

    def removed_from(self, uri: str) -> list[str]:
        """The contents of the articles of an origin that were removed by hand."""
        rows = self._db.execute("SELECT content FROM removed WHERE origin = ?", (uri,))
        return [row[0] for row in rows]

    def note_removed(self, uri: str, content: str) -> None:
        self._db.execute("INSERT INTO removed VALUES (?, ?)", (uri, content))

    def forget_removed(self, uri: str) -> None:
        self._db.execute("DELETE FROM removed WHERE origin = ?", (uri,))

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
            return is_made(db)

    def create(self, encoder: str) -> None:
        """Make an empty catalog for the vectors of an encoder."""
        with self._errors(), closing(self._connect()) as db:
            db.execute("PRAGMA journal_mode = WAL")
            with _transaction(db, "IMMEDIATE"):
                if not is_made(db):
                    for statement in (*SCHEMA.split(";\n"), *LATER):
                        db.execute(statement)
                    db.execute("INSERT INTO library VALUES (?, ?, 0, '')", (FORMAT, encoder))

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        with self._transaction("DEFERRED") as db:
            query = "SELECT generation FROM library"
            generation = int(db.execute(query).fetchone()[0])
            yield Reader(db, self._frequencies.of(generation))

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction: committed at the end, undone by any exception."""
        with self._transaction("IMMEDIATE") as db:
            for statement in LATER:
                db.execute(statement)
            yield Writer(db, {})

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
        db.create_function("fold", 1, fold, deterministic=True)
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = FULL")
        return db


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

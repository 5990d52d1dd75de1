"""The SQLite file that holds the library. It is the truth; the vectors are an index of it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rag.errors import StoreError
from rag.store.embedded.schema import FORMAT, SCHEMA, fold, is_created


class Catalog:
    """The file, and transactions on it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def exists(self) -> bool:
        """Return whether a catalog was created here."""
        if not self._path.is_file():
            return False
        with self._errors(), closing(self._connect()) as db:
            return is_created(db)

    def create(self, encoder: str) -> None:
        """Create an empty catalog for vectors of the named encoder."""
        with self._errors(), closing(self._connect()) as db:
            db.execute("PRAGMA journal_mode = WAL")
            with _transaction(db, "IMMEDIATE"):
                if not is_created(db):
                    for statement in SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.execute("INSERT INTO library VALUES (?, ?, 0, '')", (FORMAT, encoder))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a read transaction, which sees one moment of the catalog."""
        with self._transaction("DEFERRED") as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open a write transaction: committed at the end, rolled back by any exception."""
        with self._transaction("IMMEDIATE") as db:
            yield db

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
        # An answer that is streamed may be continued by another thread, but by one at a time.
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
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
            f"the library has format {row and row[0]}, but this version reads format {FORMAT}; "
            "choose another folder with ARTICLE_QA_HOME and ingest again"
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

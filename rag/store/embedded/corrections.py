"""What people say about articles in place of their files. It is kept when these are read again.

A row holds the title, the date and the source that an article has, and those that were read: what
differs was corrected. Rows have no foreign key, so that they outlive their article.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

from rag.store.embedded.schema import to_date
from rag.types import Article

_COLUMNS = "title, published, source, read_title, read_published, read_source"


@dataclass(frozen=True, slots=True)
class About:
    """What can be corrected about an article."""

    title: str
    published: date | None
    source: str | None

    @classmethod
    def of(cls, article: Article) -> Self:
        return cls(article.title, article.published, article.source)

    @classmethod
    def _of_row(cls, title: str, published: str | None, source: str | None) -> Self:
        return cls(title, to_date(published), source)

    def row(self) -> tuple[str, str | None, str | None]:
        return self.title, self.published.isoformat() if self.published else None, self.source

    def put_on(self, article: Article) -> Article:
        """Return the article with what is said here."""
        return replace(article, title=self.title, published=self.published, source=self.source)


@dataclass(frozen=True, slots=True)
class Correction:
    """What was said about an article, and what had been `read` then."""

    said: About
    read: About

    def over(self, read: About) -> Correction:
        """Return the correction of what was read later: what was not corrected follows it."""
        then, said = self.read, self.said
        return Correction(
            About(
                read.title if said.title == then.title else said.title,
                read.published if said.published == then.published else said.published,
                read.source if said.source == then.source else said.source,
            ),
            read,
        )


def find(db: sqlite3.Connection, article_id: str) -> Correction | None:
    """Return the correction of an article."""
    query = f"SELECT {_COLUMNS} FROM corrections WHERE article_id = ?"
    row: tuple[Any, ...] | None = db.execute(query, (article_id,)).fetchone()
    return Correction(About._of_row(*row[:3]), About._of_row(*row[3:])) if row else None


def save(db: sqlite3.Connection, article_id: str, correction: Correction) -> None:
    """Write a correction in place of an earlier one; one that corrects nothing is deleted."""
    db.execute("DELETE FROM corrections WHERE article_id = ?", (article_id,))
    if correction.said != correction.read:
        row = (article_id, *correction.said.row(), *correction.read.row())
        db.execute("INSERT INTO corrections VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def as_read(db: sqlite3.Connection, article: Article) -> Article:
    """Return an article of the catalog as it was read."""
    correction = find(db, article.id)
    applies = correction is not None and correction.said == About.of(article)
    return correction.read.put_on(article) if correction and applies else article


def corrected(db: sqlite3.Connection, article: Article, *, is_alone: bool) -> Article:
    """Return an article that was read as it was corrected, and save what was read.

    Articles without a key of their own are told apart by their position in the file. Where another
    one has taken the place, the title that was read differs; only a file with a single article may
    change that.
    """
    correction = find(db, article.id)
    if correction is None or not (is_alone or correction.read.title == article.title):
        return article
    renewed = correction.over(About.of(article))
    save(db, article.id, renewed)
    return renewed.said.put_on(article)

"""A set of changes in the making, written in one short transaction at its end.

While files are read and embedded, nothing is locked: articles wait in a temporary file, and new
vectors go to the next generation.
"""

from __future__ import annotations

import hashlib
import pickle
import secrets
import sqlite3
from collections import ChainMap, Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryFile

from rag.encoders.protocols import Vectors
from rag.errors import StoreError
from rag.store.embedded import corrections, queries
from rag.store.embedded.corrections import About
from rag.store.embedded.generations import Draft
from rag.store.embedded.writer import CatalogWriter
from rag.store.library import Unembedded
from rag.store.near_duplicates import Signature, signature
from rag.types import Article, Origin, Passage, RetrievedPassage


@dataclass(frozen=True, slots=True)
class _Written:
    article: Article
    passages: tuple[Passage, ...]
    signature: Signature | None


@dataclass(frozen=True, slots=True)
class _Put:
    origin: Origin
    ingested: str
    articles: tuple[_Written, ...]
    left_out: tuple[str, ...]  # content digests of articles that stay out


@dataclass(frozen=True, slots=True)
class _Remove:
    uri: str


@dataclass(frozen=True, slots=True)
class _RemoveArticle:
    article_id: str
    uri: str
    content: str


@dataclass(frozen=True, slots=True)
class _Readmit:
    uri: str


@dataclass(frozen=True, slots=True)
class _Correct:
    article_id: str
    said: About


_Change = _Put | _Remove | _RemoveArticle | _Readmit | _Correct


class EmbeddedUpdate:
    """An Update. `before` reads the library as it is, `draft` begins the next generation."""

    def __init__(
        self, before: sqlite3.Connection, draft: Callable[[], Draft], scratch: Path
    ) -> None:
        self._before = before
        self._begin_draft = draft
        self.draft: Draft | None = None  # of the next generation of vectors, once it is begun
        self._changes = _Spool(scratch)
        self._rows: dict[str, int] = {}  # of the vectors that were added
        self._awaited: set[str] = set()
        self._readmitted: set[str] = set()
        self._gone: set[str] = set()  # articles removed one by one
        self.left_out = 0
        self.articles = 0

    def origins(self) -> dict[str, Origin]:
        return queries.origins(self._before)

    def removed(self) -> dict[str, int]:
        return queries.removed(self._before)

    def put(
        self, origin: Origin, articles: Sequence[tuple[Article, Sequence[Passage]]]
    ) -> list[Unembedded]:
        unwanted = Counter(self._removed_from(origin.uri))
        left_out: list[str] = []
        written: list[_Written] = []
        unembedded: list[Unembedded] = []
        for article, passages in articles:
            content = _content(article)
            if unwanted[content]:
                unwanted[content] -= 1
                left_out.append(content)
            else:
                unembedded += self._unembedded(article, passages)
                written.append(_Written(article, tuple(passages), signature(article.text)))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._changes.append(_Put(origin, now, tuple(written), tuple(left_out)))
        self.left_out += len(left_out)
        self.articles += len(written)
        return unembedded

    def add_vectors(self, keys: Sequence[str], vectors: Vectors) -> None:
        self.draft = self.draft or self._begin_draft()
        first = self.draft.index.add(keys, vectors)
        self._rows.update((key, first + at) for at, key in enumerate(keys))
        self._awaited.difference_update(keys)

    def remove(self, uri: str) -> None:
        self._changes.append(_Remove(uri))

    def remove_article(self, article_id: str) -> bool:
        article = queries.articles(self._before, [article_id]).get(article_id)
        if article is None:
            return False
        self._gone.add(article_id)
        content = _content(corrections.as_read(self._before, article))
        self._changes.append(_RemoveArticle(article_id, article.origin, content))
        rows = self._before.execute("SELECT id FROM articles WHERE origin = ?", (article.origin,))
        return {row[0] for row in rows} <= self._gone

    def correct(
        self, article_id: str, *, title: str, published: date | None, source: str | None
    ) -> bool:
        if article_id not in queries.articles(self._before, [article_id]):
            return False
        self._changes.append(_Correct(article_id, About(title, published, source)))
        return True

    def readmit(self, uri: str) -> None:
        self._readmitted.add(uri)
        self._changes.append(_Readmit(uri))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed."""
        return not self._changes

    def apply(self, writer: CatalogWriter, db: sqlite3.Connection) -> str:
        """Write all changes; return the name of the generation of vectors that is now current."""
        if self._awaited:
            raise ValueError(f"{len(self._awaited)} texts were put, but their vectors not added")
        disowned: dict[str, int] = {}
        for change in self._changes:
            disowned |= self._apply(change, writer, db, disowned)
        candidates = disowned.keys() | self._rows.keys()
        unused = candidates - queries.rows_of_keys(db, candidates).keys()
        current = queries.state(self._before).vectors
        if self.draft or unused or not current:
            draft = self.draft = self.draft or self._begin_draft()
            draft.index.delete(sorted(unused))
            draft.finish()
            current = draft.name
        writer.advance(current)
        return current

    def close(self) -> None:
        self._changes.close()

    def _removed_from(self, uri: str) -> list[str]:
        if uri in self._readmitted:
            return []
        query = "SELECT content FROM removed WHERE origin = ?"
        return [row[0] for row in self._before.execute(query, (uri,))]

    def _unembedded(self, article: Article, passages: Sequence[Passage]) -> Iterator[Unembedded]:
        present = queries.rows_of_keys(self._before, (passage.key for passage in passages))
        for passage in passages:
            key = passage.key
            if key not in present and key not in self._rows and key not in self._awaited:
                self._awaited.add(key)
                text = RetrievedPassage.of(article, passage).text_with_heading
                yield Unembedded(key, text)

    def _apply(
        self,
        change: _Change,
        writer: CatalogWriter,
        db: sqlite3.Connection,
        disowned: dict[str, int],
    ) -> dict[str, int]:
        """Write one change; return the keys that its articles no longer use, with their rows."""
        match change:
            case _Remove(uri):
                return writer.remove_origin(uri)
            case _Readmit(uri):
                writer.forget_removed(uri)
            case _Correct(article_id, said):
                writer.correct(article_id, said)
            case _RemoveArticle(article_id, uri, content):
                writer.note_removed(uri, content)
                return writer.remove_article(article_id)
            case _Put(origin, ingested, articles, left_out):
                removed = writer.remove_origin(origin.uri)
                writer.add_origin(origin, ingested)
                for content in left_out:
                    writer.note_removed(origin.uri, content)
                for written in articles:
                    keys = [passage.key for passage in written.passages]
                    used = queries.rows_of_keys(db, keys)
                    article = corrections.corrected(
                        db, written.article, is_alone=len(articles) == 1 and not left_out
                    )
                    rows = ChainMap(used, self._rows, removed, disowned)
                    _write(replace(written, article=article), writer, rows)
                return removed
        return {}


class _Spool:
    """Changes in a temporary file, in order: a run may hold more articles than fit in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Only this process can reach the file, which has no name.
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, change: _Change) -> None:
        """Raises StoreError if the disk is full."""
        try:
            pickle.dump(change, self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._file.flush()
        except OSError as error:
            raise StoreError(f"{self._folder} cannot be written: {error.strerror}") from error
        self._count += 1

    def __iter__(self) -> Iterator[_Change]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - written by this process

    def close(self) -> None:
        with suppress(OSError):  # what could not be written is not needed any more
            self._file.close()


def _write(written: _Written, writer: CatalogWriter, rows: Mapping[str, int]) -> None:
    story = writer.story_like(written.signature) if written.signature is not None else None
    article = replace(written.article, story=story or secrets.token_hex(8))
    writer.add_article(article, written.passages, written.signature, rows)


def _content(article: Article) -> str:
    """Return a digest of an article's text and metadata, wherever it was found."""
    metadata = (article.published, article.source, article.author, article.place, article.language)
    parts = "\0".join([article.title, article.text, *map(str, metadata)])
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()

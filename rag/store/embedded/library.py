"""Library: catalog and vectors behind one door."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from math import inf
from pathlib import Path
from typing import TypeVar

import portalocker

from rag.encoders.sentence_transformer import Encoder, Vectors
from rag.errors import (
    LibraryBusyError,
    ModelError,
    ModelMismatchError,
    NoLibraryError,
    StoreError,
)
from rag.store.embedded.catalog import Catalog, Writer
from rag.store.embedded.generations import Generations
from rag.store.embedded.reader import Reader
from rag.store.embedded.vectors import VectorIndex
from rag.store.near_duplicates import signature
from rag.types import Article, Origin, Passage, Scope, in_context

_T = TypeVar("_T")
_PATIENCE = 0.2  # seconds
_EMBED_AT_ONCE = 128  # passages; enough to sort by length, little to wait for when interrupted
_UNDER_WAY = 2  # batches: the words of one are looked up while the other is read


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that a search found: its cosine and its BM25 score, None where that search did not."""

    passage_id: str
    cosine: float | None
    bm25: float | None


class View:
    """The library at one moment: catalog and vectors of the same generation."""

    def __init__(self, catalog: Reader, vectors: VectorIndex | None) -> None:
        self.catalog = catalog
        self.vectors = vectors

    def search(
        self, vector: Vectors, words: Sequence[str], limit: int, scope: Scope = Scope()
    ) -> list[Candidate]:
        """Up to `limit` passages by meaning and as many by their words, in no order."""
        among = self.catalog.keys_within(scope) if scope else None
        nearest = self.vectors.search(vector, limit, among) if self.vectors else []
        sharing = self.catalog.ids_of_keys((key for key, _ in nearest), scope)
        cosines = {found: cosine for key, cosine in nearest for found in sharing.get(key, ())}
        bm25 = dict(self.catalog.fulltext.search(words, limit, scope))
        return [Candidate(each, cosines.get(each), bm25.get(each)) for each in {**cosines, **bm25}]


class Edition:
    """A set of changes in the making: seen by nobody until it is whole."""

    def __init__(self, catalog: Writer, vectors: VectorIndex, encoder: Encoder) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._encoder = encoder
        self._waiting: dict[str, str] = {}
        # The first article is embedded at once, then all that is waiting when it is enough: each
        # addition to a large index takes its time, however little it adds.
        self._embedding: deque[tuple[list[str], Future[Vectors]]] = deque()
        self._threads = ThreadPoolExecutor(_UNDER_WAY, "embedding")
        self._orphans: set[str] = set()
        self.changed = False
        self.embedded = 0
        self.left_out = 0

    def origins(self) -> dict[str, Origin]:
        """What has been ingested so far, by its URI."""
        return self._catalog.origins()

    def removed(self) -> dict[str, int]:
        """How many articles of each origin stay out because they were removed alone."""
        return self._catalog.removed()

    def put(self, origin: Origin, articles: Sequence[tuple[Article, Sequence[Passage]]]) -> None:
        """Write what an origin holds, in place of what it held before.

        An article that was removed alone and is what it was stays out, and is counted in
        `left_out`.
        """
        unwanted = Counter(self._catalog.removed_from(origin.uri))
        self.remove(origin.uri)
        self._catalog.add_origin(origin, datetime.now(UTC).isoformat(timespec="seconds"))
        for article, passages in articles:
            content = _content(article)
            if unwanted[content]:
                unwanted[content] -= 1
                self._catalog.note_removed(origin.uri, content)
                self.left_out += 1
                continue
            known = self._catalog.ids_of_keys(passage.key for passage in passages)
            for passage in passages:
                if passage.key not in known and passage.key not in self._orphans:
                    self._waiting[passage.key] = in_context(article, passage)
            signed = signature(article.text)
            same = self._catalog.story_like(signed) if signed is not None else None
            told = replace(article, story=same or secrets.token_hex(8))
            self._catalog.add_article(told, passages, signed)
            while self._has_embedded() or self._is_full():
                self._keep()
            if len(self._waiting) >= _EMBED_AT_ONCE or not (self._embedding or self.embedded):
                self._embed()

    def remove(self, uri: str) -> None:
        """Take out an origin and all that came from it."""
        self.changed = True
        gone = self._catalog.keys_of_origin(uri)
        self._catalog.remove_origin(uri)
        self._disown(gone)

    def remove_article(self, article_id: str) -> None:
        """Take out an article alone; it stays out until it changes or its origin is readmitted."""
        article = self._catalog.article(article_id)
        if article is None:
            return
        self.changed = True
        gone = self._catalog.keys_of_article(article_id)
        self._catalog.remove_article(article_id)
        self._catalog.note_removed(article.origin, _content(article))
        self._disown(gone)

    def readmit(self, uri: str) -> None:
        """Let the articles of an origin that were removed alone come back when it is put next."""
        self._catalog.forget_removed(uri)

    def is_empty(self, uri: str) -> bool:
        """Whether no article of an origin is left."""
        return self._catalog.is_empty(uri)

    def _disown(self, gone: set[str]) -> None:
        """Vectors that some passage used: those that none uses now are not to stay."""
        for key in gone - self._catalog.ids_of_keys(gone).keys():
            if self._waiting.pop(key, None) is None:
                self._orphans.add(key)

    def finish(self) -> None:
        """Embed what is waiting and drop the vectors that no passage uses any more."""
        self._embed()
        while self._embedding:
            self._keep()
            self._embed()
        unused = self._orphans - self._catalog.ids_of_keys(self._orphans).keys()
        self._vectors.delete(sorted(unused))

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _embed(self) -> None:
        """Begin with what is waiting if there is room."""
        if self._waiting and len(self._embedding) < _UNDER_WAY:
            texts = list(self._waiting.values())
            job = self._threads.submit(self._encoder.embed, texts)
            self._embedding.append((list(self._waiting), job))
            self._waiting.clear()

    def _has_embedded(self) -> bool:
        return bool(self._embedding) and self._embedding[0][1].done()

    def _is_full(self) -> bool:
        return len(self._waiting) >= _EMBED_AT_ONCE and len(self._embedding) == _UNDER_WAY

    def _keep(self) -> None:
        """Add what was begun first, once it is embedded."""
        keys, vectors = self._embedding.popleft()
        self._vectors.add(keys, vectors.result())
        self.embedded += len(keys)


def _content(article: Article) -> str:
    """A digest of what an article says and of what is known about it, wherever it stands."""
    known = (article.published, article.source, article.author, article.place, article.language)
    parts = "\0".join([article.title, article.text, *map(str, known)])
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


_Branch = Callable[[str], AbstractContextManager[VectorIndex]]
"""Begins the next generation of vectors as a copy of the one that is named."""


class _Unchanged(Exception):  # noqa: N818
    """Undoes a generation in which nothing was changed."""


class Library:
    """Articles that can be searched, read and changed as a whole.

    `catalog` alone is enough to list and read articles; a search needs a whole view.
    """

    def __init__(self, home: Path, encoder: Encoder) -> None:
        self.home = home
        self.catalog = Catalog(home / "catalog.sqlite")
        self._generations = Generations(home / "vectors")
        self.encoder = encoder

    @classmethod
    def open(cls, home: str | Path, encoder: Encoder) -> Library:
        """Open the library that lives in a folder.

        Raises NoLibraryError when there is none, ModelMismatchError when another encoder built it.
        """
        library = cls(Path(home), encoder)
        if not library.catalog.exists():
            raise NoLibraryError(
                f"there is no library in {Path(home).absolute()} yet; run: article-qa ingest PATH "
                "(or name another folder with --home or ARTICLE_QA_HOME)"
            )
        with library.catalog.reading() as reader:
            library._check_encoder(reader)
        return library

    @classmethod
    def create(cls, home: str | Path, encoder: Encoder) -> Library:
        """Open the library in a folder, or begin an empty one there."""
        library = cls(Path(home), encoder)
        if not library.catalog.exists():
            # Asked before anything is made: a model that cannot be had leaves no library behind.
            if encoder.token_limit < 1:
                raise ModelError(f"the encoder {encoder.name} reads no text at all")
            try:
                Path(home).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"no library can be made in {home}: {error.strerror}") from None
            library.catalog.create(encoder.name)
        return cls.open(home, encoder)

    @contextmanager
    def reading(self) -> Iterator[View]:
        """One consistent view for as long as the block lasts; never blocked by a writer."""
        with ExitStack() as stack:
            missed = None
            while True:
                reader = stack.enter_context(self.catalog.reading())
                name = reader.state().vectors
                if not name:
                    vectors = None
                    break
                try:
                    vectors = stack.enter_context(self._generations.reading(name))
                    break
                except FileNotFoundError:
                    if name == missed:
                        raise StoreError(
                            f"the vectors {name} are gone from {self.home}; run: article-qa rebuild"
                        ) from None
                    missed = name
                    stack.close()
            yield View(reader, vectors)

    @contextmanager
    def writing(self, *, wait: bool = False) -> Iterator[Edition]:
        """Changes that become visible together when the block ends, and not at all if it fails.

        Raises LibraryBusyError when somebody else is writing, unless it is to `wait`.
        """
        with self._next_generation(wait) as (catalog, branch):
            with (
                branch(catalog.state().vectors) as vectors,
                closing(Edition(catalog, vectors, self.encoder)) as edition,
            ):
                yield edition
                edition.finish()
            if not edition.changed:
                raise _Unchanged

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Make vectors and full text again from the catalog; returns how many were embedded."""
        with self._next_generation(wait=False) as (catalog, branch), branch("") as vectors:
            total, done = len(catalog.keys()), 0
            for some in _chunks(catalog.keyed(), _EMBED_AT_ONCE):
                texts = [in_context(article, passage) for _, article, passage in some]
                vectors.add([key for key, _, _ in some], self.encoder.embed(texts))
                done += len(some)
                if progress:
                    progress(done, total)
            catalog.fulltext.rebuild()
        return done

    @contextmanager
    def _next_generation(self, wait: bool) -> Iterator[tuple[Writer, _Branch]]:
        """What is written in the block becomes current when it ends, all of it or nothing."""
        with self._sole_writer(wait):
            kept = ""
            with suppress(_Unchanged), self.catalog.writing() as catalog:
                self._check_encoder(catalog)
                before = catalog.state()
                kept = before.vectors
                self._generations.sweep(keep=kept)
                name = f"{before.generation + 1:06d}-{secrets.token_hex(4)}"
                yield catalog, lambda after: self._generations.writing(name, after=after)
                catalog.advance(name)
                kept = name
            self._generations.sweep(keep=kept)

    def is_being_written(self) -> bool:
        """Whether somebody is writing at this moment."""
        if not (self.home / "writer.lock").exists():
            return False
        try:
            with self._lock(timeout=0):
                return False
        except portalocker.LockException:
            return True
        except OSError:  # nobody can write there
            return False

    def close(self) -> None:
        self._generations.close()

    @contextmanager
    def _sole_writer(self, wait: bool) -> Iterator[None]:
        # A little patience: whoever only asks whether the lock is held, holds it for a moment.
        lock = self._lock(timeout=inf if wait else _PATIENCE)
        try:
            lock.acquire()
        except portalocker.LockException:
            raise LibraryBusyError(
                f"another process is writing to {self.home}; "
                "try again when it has finished, or say --wait"
            ) from None
        except OSError as error:
            raise StoreError(f"{self.home} cannot be written: {error.strerror}") from None
        try:
            yield
        finally:
            lock.release()

    def _lock(self, timeout: float) -> portalocker.Lock:
        return portalocker.Lock(
            self.home / "writer.lock", mode="a", timeout=timeout, check_interval=0.05
        )

    def _check_encoder(self, reader: Reader) -> None:
        built = reader.state().encoder
        if built != self.encoder.name:
            raise ModelMismatchError(
                f"the library in {self.home} was built with the encoder {built}, not {self.encoder.name}; "
                f"set ARTICLE_QA_ENCODER={built.partition('@')[0]}, or name another ARTICLE_QA_HOME "
                "and ingest again"
            )


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some

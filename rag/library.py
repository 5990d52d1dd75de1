"""Library: catalog and vectors behind one door."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import portalocker

from rag.catalog import Catalog, Origin, Reader, Writer
from rag.encoder import Encoder, Vectors
from rag.errors import LibraryBusyError, ModelMismatchError, NoLibraryError, StoreError
from rag.types import Article, Passage, in_context
from rag.vectors import Generation, Generations

_EMBED_AT_ONCE = 512  # passages; enough to sort by length, little to hold


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that a search found: its cosine and its BM25 score, None where that search did not."""

    passage_id: str
    cosine: float | None
    bm25: float | None


class View:
    """The library at one moment: catalog and vectors of the same generation."""

    def __init__(self, catalog: Reader, vectors: Generation | None) -> None:
        self.catalog = catalog
        self.vectors = vectors

    def search(self, vector: Vectors, words: Sequence[str], limit: int) -> list[Candidate]:
        """Up to `limit` passages by meaning and as many by their words, in no order."""
        nearest = self.vectors.search(vector, limit) if self.vectors else []
        sharing = self.catalog.ids_of_keys(key for key, _ in nearest)
        cosines = {found: cosine for key, cosine in nearest for found in sharing.get(key, ())}
        bm25 = dict(self.catalog.search(words, limit))
        return [Candidate(each, cosines.get(each), bm25.get(each)) for each in {**cosines, **bm25}]


class Edition:
    """A set of changes in the making: seen by nobody until it is whole."""

    def __init__(self, catalog: Writer, vectors: Generation, encoder: Encoder) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._encoder = encoder
        self._waiting: dict[str, str] = {}
        self._orphans: set[str] = set()
        self.changed = False
        self.embedded = 0

    def origins(self) -> dict[str, Origin]:
        """What has been ingested so far, by its URI."""
        return self._catalog.origins()

    def put(self, origin: Origin, articles: Sequence[tuple[Article, Sequence[Passage]]]) -> None:
        """Write what an origin holds, in place of what it held before."""
        self.remove(origin.uri)
        self._catalog.add_origin(origin, datetime.now(UTC).isoformat(timespec="seconds"))
        for article, passages in articles:
            known = self._catalog.ids_of_keys(passage.key for passage in passages)
            for passage in passages:
                if passage.key not in known and passage.key not in self._orphans:
                    self._waiting[passage.key] = in_context(article, passage)
            self._catalog.add_article(article, passages)
            if len(self._waiting) >= _EMBED_AT_ONCE:
                self._embed()

    def remove(self, uri: str) -> None:
        """Take out an origin and all that came from it."""
        self.changed = True
        gone = self._catalog.keys_of_origin(uri)
        self._catalog.remove_origin(uri)
        for key in gone - self._catalog.ids_of_keys(gone).keys():
            if self._waiting.pop(key, None) is None:
                self._orphans.add(key)

    def finish(self) -> None:
        """Embed what is waiting and drop the vectors that no passage uses any more."""
        self._embed()
        unused = self._orphans - self._catalog.ids_of_keys(self._orphans).keys()
        self._vectors.delete(sorted(unused))

    def _embed(self) -> None:
        if self._waiting:
            vectors = self._encoder.embed(list(self._waiting.values()))
            self._vectors.add(list(self._waiting), vectors)
            self.embedded += len(self._waiting)
            self._waiting.clear()


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
            raise NoLibraryError(f"there is no library in {home} yet; run: article-qa ingest PATH")
        with library.catalog.reading() as reader:
            library._check_encoder(reader)
        return library

    @classmethod
    def create(cls, home: str | Path, encoder: Encoder) -> Library:
        """Open the library in a folder, or begin an empty one there."""
        library = cls(Path(home), encoder)
        if not library.catalog.exists():
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
                            f"the vectors {name} are gone from {self.home}; "
                            "delete that folder and ingest again"
                        ) from None
                    missed = name
                    stack.close()
            yield View(reader, vectors)

    @contextmanager
    def writing(self) -> Iterator[Edition]:
        """Changes that become visible together when the block ends, and not at all if it fails.

        Raises LibraryBusyError when somebody else is writing.
        """
        with self._sole_writer():
            with self.catalog.writing() as catalog:
                self._check_encoder(catalog)
                before = catalog.state()
                self._generations.sweep(keep=before.vectors)
                name = f"{before.generation + 1:06d}-{secrets.token_hex(4)}"
                with self._generations.writing(name, after=before.vectors) as vectors:
                    edition = Edition(catalog, vectors, self.encoder)
                    yield edition
                    edition.finish()
                if edition.changed:
                    catalog.advance(name)
            self._generations.sweep(keep=name if edition.changed else before.vectors)

    def close(self) -> None:
        self._generations.close()

    @contextmanager
    def _sole_writer(self) -> Iterator[None]:
        lock = portalocker.Lock(self.home / "writer.lock", mode="a", timeout=0)
        try:
            lock.acquire()
        except portalocker.LockException:
            raise LibraryBusyError(
                f"another process is writing to {self.home}; try again when it has finished"
            ) from None
        except OSError as error:
            raise StoreError(f"{self.home} cannot be written: {error.strerror}") from None
        try:
            yield
        finally:
            lock.release()

    def _check_encoder(self, reader: Reader) -> None:
        built = reader.state().encoder
        if built != self.encoder.name:
            raise ModelMismatchError(
                f"the library in {self.home} was built with the encoder {built}, not {self.encoder.name}; "
                "set ARTICLE_QA_ENCODER to it, or name another ARTICLE_QA_HOME and ingest again"
            )

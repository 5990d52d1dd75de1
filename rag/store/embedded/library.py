"""A library in a folder on this machine: SQLite, Chroma and files. Nothing needs to be started."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rag.errors import ModelMismatchError, NoLibraryError, StoreError
from rag.store.embedded import integrity, queries
from rag.store.embedded.catalog import Catalog
from rag.store.embedded.files import FeedbackFile, FolderList, UploadFolder
from rag.store.embedded.full_text import FrequencyCache, FullText
from rag.store.embedded.generations import Draft, Generations, OpenVectors
from rag.store.embedded.lock import WriterLock
from rag.store.embedded.queries import State
from rag.store.embedded.rebuilding import rebuild
from rag.store.embedded.snapshot import EmbeddedSnapshot
from rag.store.embedded.update import EmbeddedUpdate
from rag.store.embedded.writer import CatalogWriter
from rag.store.library import Embedder, Progress


class EmbeddedLibrary:
    """A Library whose files lie in `home`.

    Updates are generations: vectors are copied and changed beside the present ones, then one
    transaction of the catalog makes both current. A crash leaves the old generation intact and at
    most a stray directory, which the next update deletes.
    """

    def __init__(self, home: Path, encoder: str) -> None:
        self._home = home
        self._encoder = encoder
        self._catalog = Catalog(home / "catalog.sqlite")
        self._generations = Generations(home / "vectors")
        self._lock = WriterLock(home)
        self._frequencies = FrequencyCache()
        self._feedback = FeedbackFile(home / "feedback.jsonl")
        self._folders = FolderList(home / "folders.json")
        self._uploads = UploadFolder(home.absolute() / "uploads")

    @classmethod
    def open(cls, home: Path, encoder: str) -> EmbeddedLibrary:
        """Open the library in a folder; `encoder` names the model of its vectors.

        Raises NoLibraryError if there is none, ModelMismatchError if another encoder built it.
        """
        library = cls(home, encoder)
        if not library._catalog.exists():
            raise NoLibraryError(
                f"there is no library in {home.absolute()} yet; run: article-qa ingest PATH "
                "(or choose another folder with --home or ARTICLE_QA_HOME)"
            )
        with library._catalog.reading() as connection:
            library._state(connection)
        return library

    @classmethod
    def create(cls, home: Path, encoder: str) -> EmbeddedLibrary:
        """Open the library in a folder, or create an empty one there."""
        library = cls(home, encoder)
        if not library._catalog.exists():
            try:
                home.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"no library can be made in {home}: {error.strerror}") from None
            library._catalog.create(encoder)
        return cls.open(home, encoder)

    @property
    def uploads(self) -> UploadFolder:
        return self._uploads

    @contextmanager
    def snapshot(self) -> Iterator[EmbeddedSnapshot]:
        with ExitStack() as stack:
            connection, open_vectors = _consistent(self._catalog, self._generations, stack)
            generation = queries.state(connection).generation
            full_text = FullText(connection, self._frequencies.of(generation))
            yield EmbeddedSnapshot(connection, full_text, open_vectors)

    @contextmanager
    def update(self, *, wait: bool = False) -> Iterator[EmbeddedUpdate]:
        with self._lock.held(wait=wait), ExitStack() as stack:
            before = stack.enter_context(self._catalog.reading())
            state = self._state(before)
            self._generations.sweep(keep=state.vectors)
            update = EmbeddedUpdate(before, lambda: self._draft(state), self._home)
            stack.callback(update.close)
            try:
                yield update
                if update.is_empty:
                    return
                with self._catalog.writing() as connection:
                    current = update.apply(CatalogWriter(connection), connection)
            except BaseException:
                self._abandon(update.draft)
                raise
            self._generations.sweep(keep=current)

    def version(self) -> str:
        with self._catalog.reading() as connection:
            return str(queries.state(connection).generation)

    def is_being_written(self) -> bool:
        return self._lock.is_held()

    def problems(self) -> Iterator[str]:
        try:
            with self._catalog.reading() as connection:
                yield from integrity.catalog_problems(connection)
            with ExitStack() as stack:
                opened = _consistent(self._catalog, self._generations, stack)
                yield from integrity.vector_problems(opened[0], opened[1] and opened[1]())
        except StoreError as error:
            yield str(error)

    def rebuild(self, embedder: Embedder, progress: Progress | None = None) -> int:
        with self._lock.held(wait=False):
            with self._catalog.reading() as before:
                state = self._state(before)
                self._generations.sweep(keep=state.vectors)
                draft = self._draft(State(state.encoder, state.generation, ""))
                try:
                    rows = rebuild(before, draft.index, embedder, progress)
                    draft.finish()
                    with self._catalog.writing() as connection:
                        CatalogWriter(connection).rebuild(rows, draft.name)
                except BaseException:
                    self._abandon(draft)
                    raise
            self._generations.sweep(keep=draft.name)
        return len(rows)

    def add_feedback(self, record: Mapping[str, Any]) -> None:
        self._feedback.append(record)

    def feedback(self) -> list[dict[str, Any]]:
        return self._feedback.records()

    def allow_folders(self, folders: Sequence[Path]) -> None:
        self._folders.add(folders)

    def allowed_folders(self) -> list[Path]:
        return self._folders.folders()

    def close(self) -> None:
        self._generations.close()

    def _draft(self, state: State) -> Draft:
        name = f"{state.generation + 1:06d}-{secrets.token_hex(4)}"
        return self._generations.draft(name, after=state.vectors)

    def _abandon(self, draft: Draft | None) -> None:
        """Delete a draft, unless it had become current when it was interrupted."""
        if draft:
            with self._catalog.reading() as connection:
                is_current = queries.state(connection).vectors == draft.name
            if not is_current:
                draft.discard()

    def _state(self, connection: sqlite3.Connection) -> State:
        """Return the state of the library. Raises ModelMismatchError for another encoder's."""
        state = queries.state(connection)
        if state.encoder != self._encoder:
            raise ModelMismatchError(
                f"the library in {self._home} was built with the encoder {state.encoder}, "
                f"not {self._encoder}; set ARTICLE_QA_ENCODER={state.encoder.partition('@')[0]}, "
                "or choose another ARTICLE_QA_HOME and ingest again"
            )
        return state


def _consistent(
    catalog: Catalog, generations: Generations, stack: ExitStack
) -> tuple[sqlite3.Connection, OpenVectors | None]:
    """Open the catalog, and keep the vectors that belong to it, until the stack is closed."""
    missed = None
    while True:
        connection = stack.enter_context(catalog.reading())
        name = queries.state(connection).vectors
        if not name:
            return connection, None
        try:
            return connection, stack.enter_context(generations.reading(name))
        except FileNotFoundError as error:
            if name == missed:
                raise StoreError(
                    f"the vectors {error} are missing; run: article-qa rebuild"
                ) from None
            missed = name  # an update may have replaced them between the two steps
            stack.close()

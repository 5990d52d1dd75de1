"""Chroma: one directory of vectors a generation, never changed once it is in use."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import portalocker

from rag.encoder import Vectors
from rag.errors import StoreError

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration

_COLLECTION = "passages"
# With these, the index found every true neighbour among 100,000 real vectors.
_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "max_neighbors": 32,
    "ef_construction": 200,
    "ef_search": 200,
}
_BATCH = 5_000  # Chroma takes 5,461 at most


class Generation:
    """An open directory of vectors: what is embedded under which key."""

    def __init__(self, client: Client, collection: Collection) -> None:
        self._client = client
        self._collection = collection

    @classmethod
    def open(cls, path: Path) -> Generation:
        """Open the vectors at a path, or begin an empty set there."""
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        import chromadb
        from chromadb.config import Settings

        logging.getLogger("chromadb").setLevel(logging.ERROR)
        with _store_errors(path):
            client = cast(
                "Client",
                chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False)),
            )
            collection = client.get_or_create_collection(
                _COLLECTION, embedding_function=None, configuration={"hnsw": _HNSW}
            )
        return cls(client, collection)

    def add(self, keys: Sequence[str], vectors: Vectors) -> None:
        with _store_errors():
            for first in range(0, len(keys), _BATCH):
                some = slice(first, first + _BATCH)
                self._collection.add(ids=list(keys[some]), embeddings=vectors[some])

    def delete(self, keys: Sequence[str]) -> None:
        with _store_errors():
            for first in range(0, len(keys), _BATCH):
                self._collection.delete(ids=list(keys[first : first + _BATCH]))

    def search(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """The keys nearest to a vector [dimension], best first, with their cosine."""
        with _store_errors():
            limit = min(limit, self._collection.count())
            if limit == 0:
                return []
            found = self._collection.query(
                query_embeddings=vector[None, :], n_results=limit, include=["distances"]
            )
        distances = found["distances"] or [[]]
        return [
            (key, 1 - distance) for key, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def count(self) -> int:
        with _store_errors():
            return self._collection.count()

    def close(self) -> None:
        self._client.close()


@dataclass(slots=True)
class _Shared:
    generation: Generation
    lease: portalocker.Lock
    users: int = 0


class Generations:
    """The directories side by side. Whoever reads one holds a shared lock, so it is not swept away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, _Shared] = {}
        self._current = ""
        self._lock = threading.Lock()

    @contextmanager
    def reading(self, name: str) -> Iterator[Generation]:
        """The vectors of a generation, kept open for the next reader until another one is current.

        Raises FileNotFoundError when they were swept away meanwhile.
        """
        with self._lock:
            shared = self._open.get(name) or self._lease(name)
            self._open[name] = shared
            self._current = name
            shared.users += 1
            self._close_idle()
        try:
            yield shared.generation
        finally:
            with self._lock:
                shared.users -= 1
                self._close_idle()

    @contextmanager
    def writing(self, name: str, *, after: str) -> Iterator[Generation]:
        """A copy of the generation `after` that may be changed; thrown away by an exception."""
        target = self._folder / name
        try:
            if after:
                shutil.copytree(self._folder / after, target)
            else:
                target.mkdir(parents=True)
            generation = Generation.open(target)
            try:
                yield generation
            finally:
                generation.close()
            _to_disk(target)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise

    def sweep(self, *, keep: str) -> None:
        """Remove every generation but one, save those that somebody is reading."""
        with self._lock:
            self._current = keep
            self._close_idle()
        for path in self._folder.glob("*/"):
            if path.name == keep:
                continue
            lease = self._lock_of(path.name, portalocker.LockFlags.EXCLUSIVE)
            try:
                lease.acquire()
            except portalocker.LockException:
                continue
            shutil.rmtree(path, ignore_errors=True)
            Path(lease.filename).unlink(missing_ok=True)
            lease.release()

    def close(self) -> None:
        with self._lock:
            self._current = ""
            self._close_idle()

    def _lease(self, name: str) -> _Shared:
        if not (self._folder / name).is_dir():
            raise FileNotFoundError(name)
        lease = self._lock_of(name, portalocker.LockFlags.SHARED)
        try:
            lease.acquire()
        except portalocker.LockException:  # it is being swept away
            raise FileNotFoundError(name) from None
        if not (self._folder / name).is_dir():
            lease.release()
            raise FileNotFoundError(name)
        return _Shared(Generation.open(self._folder / name), lease)

    def _lock_of(self, name: str, kind: portalocker.LockFlags) -> portalocker.Lock:
        flags = kind | portalocker.LockFlags.NON_BLOCKING
        return portalocker.Lock(self._folder / f"{name}.lock", mode="a", timeout=0, flags=flags)

    def _close_idle(self) -> None:
        for name, shared in list(self._open.items()):
            if shared.users == 0 and name != self._current:
                shared.generation.close()
                shared.lease.release()
                del self._open[name]


@contextmanager
def _store_errors(path: Path | None = None) -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, OSError, ValueError, RuntimeError) as error:
        where = f" at {path}" if path else ""
        raise StoreError(f"the vectors{where} cannot be used: {error}") from error


def _to_disk(folder: Path) -> None:
    """What the operating system still holds in memory would be lost with its power."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

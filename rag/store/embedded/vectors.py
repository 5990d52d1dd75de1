"""Chroma: a directory of vectors, each under its key."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from rag.encoders.sentence_transformer import Vectors
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
# Chroma writes its whole index once so many changes have come together, and whoever opens it goes
# through those of its log that came after: the more vectors there are, the seldomer it should.
_SELDOM = 20  # times in which the vectors may be written before that
_SELDOMER = 10
_THOROUGH = 125  # of so many changes one more vector is looked at: 800 among a million


class VectorIndex:
    """An open directory of vectors."""

    def __init__(self, path: Path, client: Client, collection: Collection) -> None:
        self._path = path
        self._client = client
        self._collection = collection
        self._size: int | None = None  # counting takes longer than searching

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> VectorIndex:
        """Open the vectors in a folder; with `create`, begin an empty set there."""
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        import chromadb
        from chromadb.config import Settings

        logging.getLogger("chromadb").setLevel(logging.ERROR)
        with _store_errors(path):
            client = cast(
                "Client",
                chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False)),
            )
            if create:
                collection = client.create_collection(
                    _COLLECTION, embedding_function=None, configuration={"hnsw": _HNSW}
                )
            else:
                collection = client.get_collection(_COLLECTION, embedding_function=None)
        return cls(path, client, collection)

    def add(self, keys: Sequence[str], vectors: Vectors) -> None:
        with _store_errors():
            size = self.count()
            for first in range(0, len(keys), _BATCH):
                some = list(keys[first : first + _BATCH])
                self._collection.add(ids=some, embeddings=vectors[first : first + _BATCH])
                self._size = size = size + len(some)
                if size > _SELDOM * self._threshold:
                    self._adapt_to_size()

    def delete(self, keys: Sequence[str]) -> None:
        self._size = None
        with _store_errors():
            for first in range(0, len(keys), _BATCH):
                self._collection.delete(ids=list(keys[first : first + _BATCH]))

    def search(
        self, vector: Vectors, limit: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """The keys nearest to a vector [dimension], of all or `among` some, best first, with their cosine."""
        with _store_errors():
            limit = min(limit, self.count() if among is None else len(among))
            if limit == 0:
                return []
            found = self._collection.query(
                query_embeddings=vector[None, :],
                ids=None if among is None else list(among),
                n_results=limit,
                include=["distances"],
            )
        distances = found["distances"] or [[]]
        return [
            (key, 1 - distance) for key, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def count(self) -> int:
        with _store_errors():
            if self._size is None:
                self._size = self._collection.count()
            return self._size

    def batches(self, size: int) -> Iterator[tuple[list[str], Vectors]]:
        """All keys with their vectors [keys, dimension], `size` at a time."""
        with _store_errors():
            keys = self._collection.get(include=[])["ids"]
        for first in range(0, len(keys), size):
            some = keys[first : first + size]  # an offset would be counted from the start each time
            with _store_errors():
                found = self._collection.get(ids=some, include=["embeddings"])
            yield found["ids"], np.asarray(found["embeddings"], dtype=np.float32)

    def flush(self) -> None:
        """Have the index written, so that whoever opens it finds nothing to do.

        Chroma has no word for that, but counts updates of what is not there.
        """
        with _store_errors():
            missing = [f"missing-{number}" for number in range(self._threshold)]
            for first in range(0, len(missing), _BATCH):
                some = missing[first : first + _BATCH]
                self._collection.update(ids=some, metadatas=[{"missing": True}] * len(some))

    def close(self) -> None:
        self._client.close()

    @property
    def _threshold(self) -> int:
        settings = self._collection.configuration["hnsw"] or {}
        return int(settings["sync_threshold"])

    def _adapt_to_size(self) -> None:
        self.flush()
        threshold = _SELDOMER * self._threshold
        looked_at = max(threshold // _THOROUGH, _HNSW["ef_search"])
        self._collection.modify(
            configuration={"hnsw": {"sync_threshold": threshold, "ef_search": looked_at}}
        )
        self.close()  # they count when the index is loaded
        again = VectorIndex.open(self._path)
        self._client, self._collection = again._client, again._collection


@contextmanager
def _store_errors(path: Path | None = None) -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, OSError, ValueError, RuntimeError) as error:
        where = f" in {path}" if path else ""
        raise StoreError(
            f"the vectors{where} cannot be used ({error}); run: article-qa rebuild"
        ) from error

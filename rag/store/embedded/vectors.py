"""A directory of vectors: Chroma for the nearest of all, a matrix for the nearest of a few."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from rag.encoders.protocols import Vectors
from rag.errors import StoreError
from rag.store.embedded.matrix import Rows, VectorMatrix

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration

_COLLECTION = "passages"
_MATRIX = "vectors.f16"
# With these, the index found every true neighbour among 100,000 real vectors.
_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "max_neighbors": 32,
    "ef_construction": 200,
    "ef_search": 200,
}
_BATCH = 5_000  # Chroma takes 5,461 at most
# Chroma writes its whole index after so many changes, and whoever opens it replays the changes that
# came later: the more vectors there are, the less often it should.
FLUSHES_PER_SIZE = 20  # flushes after which the interval grows
_GROWTH = 10
_EF_SHARE = 125  # one more candidate is searched for so many changes: 800 among a million


class VectorIndex:
    """An open directory of vectors. `flushes` is how often it is written before that gets rarer."""

    def __init__(self, path: Path, client: Client, collection: Collection, flushes: float) -> None:
        self._path = path
        self._client = client
        self._collection = collection
        self._flushes = flushes
        self._size: int | None = None  # counting takes longer than searching
        self.matrix = VectorMatrix(path / _MATRIX)

    @classmethod
    def open(
        cls, path: Path, *, create: bool = False, flushes: float = FLUSHES_PER_SIZE
    ) -> VectorIndex:
        """Open the vectors in a folder, or create an empty set there."""
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
                (path / _MATRIX).touch()
                collection = client.create_collection(
                    _COLLECTION, embedding_function=None, configuration={"hnsw": _HNSW}
                )
            else:
                collection = client.get_collection(_COLLECTION, embedding_function=None)
        return cls(path, client, collection, flushes)

    def add(self, keys: Sequence[str], vectors: Vectors) -> int:
        """Add vectors [keys, dimension]; return the matrix row of the first, the others follow it."""
        with _store_errors():
            row = self.matrix.append(vectors)
            size = self.count()
            for first in range(0, len(keys), _BATCH):
                batch = list(keys[first : first + _BATCH])
                self._collection.add(ids=batch, embeddings=vectors[first : first + _BATCH])
                self._size = size = size + len(batch)
                if size > self._flushes * self._threshold:
                    self._adapt_to_size()
        return row

    def delete(self, keys: Sequence[str]) -> None:
        """Delete vectors. Their rows of the matrix stay unused until the next rebuild."""
        self._size = None
        with _store_errors():
            for first in range(0, len(keys), _BATCH):
                self._collection.delete(ids=list(keys[first : first + _BATCH]))

    def search(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return the keys nearest to a vector [dimension], best first, with their cosine."""
        with _store_errors():
            limit = min(limit, self.count())
            if limit == 0:
                return []
            result = self._collection.query(
                query_embeddings=vector[None, :], n_results=limit, include=["distances"]
            )
        distances = result["distances"] or [[]]
        return [
            (key, 1 - distance)
            for key, distance in zip(result["ids"][0], distances[0], strict=True)
        ]

    def nearest_rows(self, vector: Vectors, rows: Rows, limit: int) -> list[tuple[int, float]]:
        """Return the nearest of the given matrix rows, best first, with their cosine."""
        with _store_errors(self._path):
            return self.matrix.nearest(vector, rows, limit)

    def count(self) -> int:
        with _store_errors():
            if self._size is None:
                self._size = self._collection.count()
            return self._size

    def batches(self, size: int) -> Iterator[tuple[list[str], Vectors]]:
        """Yield all keys with their vectors [keys, dimension], `size` at a time."""
        with _store_errors():
            keys = self._collection.get(include=[])["ids"]
        for first in range(0, len(keys), size):
            batch = keys[
                first : first + size
            ]  # an offset would be counted from the start each time
            with _store_errors():
                result = self._collection.get(ids=batch, include=["embeddings"])
            yield result["ids"], np.asarray(result["embeddings"], dtype=np.float32)

    def flush(self) -> None:
        """Have Chroma write its index, so that opening it replays nothing.

        Chroma has no call for this, but it counts updates of ids that do not exist.
        """
        with _store_errors():
            missing = [f"missing-{number}" for number in range(self._threshold)]
            for first in range(0, len(missing), _BATCH):
                batch = missing[first : first + _BATCH]
                self._collection.update(ids=batch, metadatas=[{"missing": True}] * len(batch))

    def close(self) -> None:
        self._client.close()

    @property
    def _threshold(self) -> int:
        settings = self._collection.configuration["hnsw"] or {}
        return int(settings["sync_threshold"])

    def _adapt_to_size(self) -> None:
        self.flush()
        threshold = _GROWTH * self._threshold
        candidates = max(threshold // _EF_SHARE, _HNSW["ef_search"])
        self._collection.modify(
            configuration={"hnsw": {"sync_threshold": threshold, "ef_search": candidates}}
        )
        self.close()  # the settings take effect when the index is loaded
        reopened = VectorIndex.open(self._path)
        self._client, self._collection = reopened._client, reopened._collection


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

"""Timers and vectors that the parts of the benchmark share."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.embedding import ThreadEmbedder
from rag.encoders.export import ExportedEncoder
from rag.encoders.onnx_encoder import FOLDER
from rag.encoders.protocols import Encoder, Vectors, unit
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.langchain import ArticleQA
from rag.opening import build_assistant, open_library
from rag.settings import Settings
from rag.store.library import Unembedded

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
REAL = 10_000  # passages up to which every vector is the model's own
_NOISE = 0.3  # length of what is added to two real vectors to make another one like them
_CHUNK = 100_000  # vectors that are compared at once


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long something takes, and what it returns."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def memory() -> int:
    """Return the most bytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def encoder_of(home: Path) -> ExportedEncoder:
    return ExportedEncoder(SentenceTransformerEncoder(), home / FOLDER)


def opened(home: Path) -> ArticleQA:
    """Open the library of a folder without its model, with its vectors ready to be searched."""
    settings = Settings.load(home=home)
    encoder = encoder_of(home)
    library = open_library(settings, encoder)
    with library.snapshot() as snapshot:
        snapshot.search(np.ones(384, dtype=np.float32) / 384**0.5, [], limit=1)
    return ArticleQA(build_assistant(settings, library, encoder))


def nearest(queries: Vectors, vectors: npt.NDArray[Any], count: int) -> list[list[int]]:
    """Return the nearest rows to each query by exact search: queries [n, d], vectors [m, d]."""
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    for first in range(0, len(vectors), _CHUNK):
        cosines = queries @ np.asarray(vectors[first : first + _CHUNK], dtype=np.float32).T
        for number, row in enumerate(cosines):
            top = np.argpartition(-row, min(count, len(row) - 1))[:count]
            merged = best[number] + [(float(row[at]), first + int(at)) for at in top]
            best[number] = sorted(merged, reverse=True)[:count]
    return [[row for _, row in pairs] for pairs in best]


class Perturbed:
    """An Encoder whose vectors are the model's own at first, and then made of two of these each.

    What embedding costs is known and grows with the passages, so large libraries are built without
    it.
    """

    def __init__(self, real: Encoder) -> None:
        self.name, self.token_limit = real.name, real.token_limit
        self.token_spans, self.read = real.token_spans, real.read
        self.embed_query = real.embed_query
        self._real = real
        self._own = np.empty((0, 0), dtype=np.float32)
        self._chance = np.random.default_rng(1)

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(self._own) < REAL // 2:
            vectors = self._real.embed(texts)
            self._own = np.concatenate([self._own, vectors]) if self._own.size else vectors
            return vectors
        first, second = (
            self._own[self._chance.integers(0, len(self._own), len(texts))] for _ in range(2)
        )
        noise = self._chance.normal(size=first.shape) * (_NOISE / first.shape[1] ** 0.5)
        return unit((first + second + noise).astype(np.float32))


class Recorder:
    """An Embedder that also writes down every vector, so that exact search can be compared."""

    def __init__(self, embedder: ThreadEmbedder, file: Path) -> None:
        self._embedder = embedder
        self._file = file
        self.keys: list[str] = []

    def map(
        self, batches: Iterable[Sequence[Unembedded]]
    ) -> Generator[tuple[Sequence[Unembedded], Vectors]]:
        with self._file.open("ab") as file:
            for batch, vectors in self._embedder.map(batches):
                self.keys += [unembedded.key for unembedded in batch]
                file.write(vectors.astype(np.float16).tobytes())
                yield batch, vectors

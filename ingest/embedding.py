"""Texts -> vectors, while more files are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from rag.encoders.protocols import Encoder, Vectors
from rag.store.library import Embedder, Unembedded, Update

_BATCH = 128  # texts: enough to group them by length, few enough to stop soon after Ctrl-C
_MAX_BATCH = 512  # texts
_THREADS = 2  # one batch is tokenized while the model reads another

Batch = Sequence[Unembedded]


class ThreadEmbedder:
    """An Embedder on threads of this process."""

    def __init__(self, encoder: Encoder, *, threads: int = _THREADS) -> None:
        self._encoder = encoder
        self._threads = threads

    def map(self, batches: Iterable[Batch]) -> Generator[tuple[Batch, Vectors]]:
        pool = ThreadPoolExecutor(self._threads, "embedding")
        running: deque[tuple[Batch, Future[Vectors]]] = deque()
        try:
            for batch in batches:
                while running and (running[0][1].done() or len(running) == self._threads):
                    yield _result(running)
                texts = [unembedded.text for unembedded in batch]
                running.append((batch, pool.submit(self._encoder.embed, texts)))
            while running:
                yield _result(running)
        finally:
            pool.shutdown(cancel_futures=True)


def embed(update: Update, texts: Iterable[Sequence[Unembedded]], embedder: Embedder) -> int:
    """Add the vectors of all texts to an update; return how many there were.

    Each item of `texts` is what Update.put returned for one origin. It is taken only when there is
    room for more work, so reading never runs far ahead of embedding.
    """
    count = 0
    with closing(embedder.map(_batches(texts))) as results:
        for batch, vectors in results:
            update.add_vectors([unembedded.key for unembedded in batch], vectors)
            count += len(batch)
    return count


def _batches(texts: Iterable[Sequence[Unembedded]]) -> Iterator[Batch]:
    """Yield batches of an efficient size; the first is small, so that no thread waits for it."""
    waiting: list[Unembedded] = []
    enough = 1
    for unembedded in texts:
        waiting += unembedded
        if len(waiting) >= enough:
            yield from _slices(waiting)
            waiting, enough = [], _BATCH
    yield from _slices(waiting)


def _slices(texts: Sequence[Unembedded]) -> Iterator[Batch]:
    return (texts[first : first + _MAX_BATCH] for first in range(0, len(texts), _MAX_BATCH))


def _result(running: deque[tuple[Batch, Future[Vectors]]]) -> tuple[Batch, Vectors]:
    batch, vectors = running.popleft()
    return batch, vectors.result()

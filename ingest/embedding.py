"""Texts -> vectors, while more files are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from rag.encoders.protocols import Encoder, Vectors
from rag.store.library import Embedder, Unembedded, Update

_AT_ONCE = 128  # texts: enough to group them by length, few enough to stop soon after Ctrl-C
_LARGEST = 512  # texts of a batch
_THREADS = 2  # batches: the words of one are looked up while the other is read

Batch = Sequence[Unembedded]


class ThreadEmbedder:
    """An Embedder on threads of this process."""

    def __init__(self, encoder: Encoder, *, threads: int = _THREADS) -> None:
        self._encoder = encoder
        self._threads = threads

    def map(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, Vectors]]:
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
    """Embed the texts of many articles and add their vectors; return how many there were.

    Each item of `texts` is what Update.put returned for one origin.
    """
    count = 0
    for batch, vectors in embedder.map(_batches(texts)):
        update.add_vectors([unembedded.key for unembedded in batch], vectors)
        count += len(batch)
    return count


def _batches(texts: Iterable[Sequence[Unembedded]]) -> Iterator[Batch]:
    """Yield the first item at once, so that no thread waits, then as many texts as are efficient."""
    waiting: list[Unembedded] = []
    enough = 1
    for unembedded in texts:
        waiting += unembedded
        if len(waiting) >= enough:
            yield from _slices(waiting)
            waiting, enough = [], _AT_ONCE
    yield from _slices(waiting)


def _slices(texts: Sequence[Unembedded]) -> Iterator[Batch]:
    return (texts[first : first + _LARGEST] for first in range(0, len(texts), _LARGEST))


def _result(running: deque[tuple[Batch, Future[Vectors]]]) -> tuple[Batch, Vectors]:
    batch, vectors = running.popleft()
    return batch, vectors.result()

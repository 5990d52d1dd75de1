"""An encoder over an exported model: the same weights, with a faster start and faster inference."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from rag.encoders.cache import TokenVectorCache
from rag.encoders.engines import TokenIds, fastest_engine
from rag.encoders.protocols import Precision, TokenVectors, Vectors, unit

if TYPE_CHECKING:
    from tokenizers import Encoding

T = TypeVar("T")
U = TypeVar("U")
FOLDER = "runtime"  # in the library's folder
_TOGETHER = 4  # texts of one length; more are no faster
_SHORT = 16  # hexadecimal digits of a digest in a file name


def export_name(file: Path, key: str) -> str:
    """Return the file name of an exported model: which model it is, and a digest of its bytes."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return f"{key[:_SHORT]}-{digest[:_SHORT]}.onnx"


def find_export(folder: Path, key: str) -> Path | None:
    """Return the intact export of the model with that key, if there is one."""
    for path in sorted(folder.glob(f"{key[:_SHORT]}-*.onnx")):
        try:
            if path.name == export_name(path, key):
                return path
        except OSError:
            continue
    return None


class OnnxEncoder:
    """An Encoder over an exported model. Safe to share among threads.

    Batches run on a pool of threads. A call has only as many batches in the pool as can run at
    once, so a question does not wait for a whole ingest, and an abandoned call holds nothing.
    """

    def __init__(self, path: Path, name: str, precision: Precision = "auto") -> None:
        from tokenizers import Tokenizer

        self.name = name
        self.engine = fastest_engine(path, precision)
        config = self.engine.config
        self._pooling = config.pooling
        self._tokenizer = Tokenizer.from_str(config.tokenizer)
        self.token_limit = config.limit
        self._cache = TokenVectorCache(self._read)
        # One more than run at once: while the oldest result is fetched, no core is idle.
        self._at_once = self.engine.concurrency + 1
        self._pool = ThreadPoolExecutor(self._at_once, "encoder")

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        encodings = (self._tokenizer.encode(text, add_special_tokens=False) for text in texts)
        return [list(encoding.offsets) for encoding in encodings]

    def embed(self, texts: Sequence[str]) -> Vectors:
        encodings = [self._encode(text) for text in texts]
        if len(texts) == 1:  # a question, whose token vectors are needed in a moment
            states = self.engine.run(_ids(encodings))
            self._cache.add(texts[0], _token_vectors(encodings[0], states[0]))
            return unit(self._pool_states(states))
        batches = _batches_of_one_length([len(encoding.ids) for encoding in encodings])
        pooled = self._map(self._embed, ([encodings[n] for n in batch] for batch in batches))
        vectors: dict[int, Vectors] = {}
        for batch, rows in zip(batches, pooled, strict=True):
            vectors.update(zip(batch, rows, strict=True))
        return unit(np.array([vectors[n] for n in range(len(texts))], dtype=np.float32))

    def embed_query(self, question: str) -> Vectors:
        vector: Vectors = self.embed([question])[0]  # a model with prompts is not exported
        return vector

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self._cache.read(texts)

    def _read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return list(self._map(self._read_alone, texts))

    def _read_alone(self, text: str) -> TokenVectors:
        encoding = self._encode(text)
        return _token_vectors(encoding, self.engine.run(_ids([encoding]))[0])

    def _embed(self, encodings: Sequence[Encoding]) -> Vectors:
        return self._pool_states(self.engine.run(_ids(encodings)))

    def _pool_states(self, states: Vectors) -> Vectors:
        pooled: Vectors = states.mean(axis=1) if self._pooling == "mean" else states[:, 0]
        return pooled

    def _map(self, work: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
        """Yield the results in order; only as many items as run at once are in the pool."""
        running: deque[Future[U]] = deque()
        for item in items:
            if len(running) == self._at_once:
                yield running.popleft().result()
            running.append(self._pool.submit(work, item))
        while running:
            yield running.popleft().result()

    def _encode(self, text: str) -> Encoding:
        """Return the tokens that are read, with special tokens."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        encoding.truncate(self.token_limit)
        return self._tokenizer.post_process(encoding)


def _batches_of_one_length(lengths: Sequence[int]) -> list[list[int]]:
    """Return the numbers of texts to read together, the longest first, so that no core waits."""
    order = sorted(range(len(lengths)), key=lambda number: -lengths[number])
    groups = [list(numbers) for _, numbers in groupby(order, key=lambda number: lengths[number])]
    return [group[n : n + _TOGETHER] for group in groups for n in range(0, len(group), _TOGETHER)]


def _ids(encodings: Sequence[Encoding]) -> TokenIds:
    return np.array([encoding.ids for encoding in encodings], dtype=np.int64)


def _token_vectors(encoding: Encoding, states: Vectors) -> TokenVectors:
    kept = np.array(encoding.special_tokens_mask) == 0
    spans = np.array(encoding.offsets, dtype=np.int64)[kept]
    return TokenVectors(unit(states[kept]), spans[:, 0], spans[:, 1])

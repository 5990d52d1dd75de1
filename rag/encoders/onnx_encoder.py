"""An encoder over an exported model: the same weights, read faster and after a shorter start.

OpenVINO reads them where it is installed, in half precision where the processor is made for that;
ONNX OnnxEncoder otherwise.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from rag.encoders.sentence_transformer import (
    Precision,
    TokenVectorCache,
    TokenVectors,
    Vectors,
    unit,
)

if TYPE_CHECKING:
    from tokenizers import Encoding

FOLDER = "runtime"  # in the library's folder
Pooling = Literal["mean", "cls"]
Tokens = npt.NDArray[np.int64]
_RECIPE = "article-qa 2"
_SIDE_BY_SIDE = 4  # texts, as a question reads them; what cores there are beyond share each text
_TOGETHER = 4  # texts of one length; more are no faster
_SHORT = 16  # hexadecimal digits of a digest in a file name


@dataclass(frozen=True, slots=True)
class Recipe:
    """What turns a text into the transformer's input, and its output into a vector.

    `tokenizer` is the tokenizer as JSON, `limit` how many tokens are read, special ones not counted.
    It travels in the metadata of the ONNX file.
    """

    tokenizer: str
    limit: int
    pooling: Pooling

    def metadata(self) -> dict[str, str]:
        return {_RECIPE: json.dumps(asdict(self))}

    @classmethod
    def of(cls, metadata: str) -> Recipe:
        return cls(**json.loads(metadata))


def named(file: Path, key: str) -> str:
    """The file name of an exported model: which model it is, and what its bytes have to be."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return f"{key[:_SHORT]}-{digest[:_SHORT]}.onnx"


def stored(folder: Path, key: str) -> Path | None:
    """The file of the model with that key; None where there is none that is whole."""
    for path in sorted(folder.glob(f"{key[:_SHORT]}-*.onnx")):
        try:
            if path.name == named(path, key):
                return path
        except OSError:
            continue
    return None


class Engine(Protocol):
    """Reads texts with the transformer of an exported model.

    Texts that are read together have the same length: there is no padding, and what is read in a
    text depends on none of the others.
    """

    recipe: Recipe
    is_half: bool
    """Whether it multiplies in bfloat16."""

    def run(self, batches: Iterable[Tokens]) -> Iterator[Vectors]:
        """Tokens, int64 [texts, tokens], to their states, float32 [texts, tokens, dimension]."""


class OpenVINO:
    """An Engine; raises ImportError where OpenVINO is not installed."""

    def __init__(self, path: Path, precision: Precision) -> None:
        import openvino

        self._tensor = openvino.Tensor
        core = openvino.Core()
        model = core.read_model(path)
        self.recipe = Recipe.of(model.rt_info["framework"][_RECIPE].value)
        streams = min(os.cpu_count() or 1, _SIDE_BY_SIDE)
        options = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": streams}
        if precision == "float32":
            options["INFERENCE_PRECISION_HINT"] = "f32"
        compiled = core.compile_model(model, "CPU", options)
        self.is_half = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name() == "bf16"
        # One more than run at once: while the oldest is waited for, no core is idle.
        self._requests = [compiled.create_infer_request() for _ in range(streams + 1)]
        # Two threads that set inputs at once wait for each other forever (2026.4).
        self._lock = threading.Lock()

    def run(self, batches: Iterable[Tokens]) -> Iterator[Vectors]:
        with self._lock:
            idle, running = deque(self._requests), deque[Any]()
            try:
                for tokens in batches:
                    if not idle:
                        yield self._states(running[0])
                        idle.append(running.popleft())
                    running.append(idle.popleft())
                    running[-1].start_async([self._tensor(tokens)])
                yield from map(self._states, running)
            finally:
                for request in running:
                    request.wait()

    def _states(self, request: Any) -> Vectors:
        request.wait()
        states: Vectors = request.get_output_tensor().data.copy()
        return states


class ONNXRuntime:
    """An Engine, in single precision."""

    is_half = False

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        options.intra_op_num_threads = 1  # each batch on one core
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.recipe = Recipe.of(self._session.get_modelmeta().custom_metadata_map[_RECIPE])
        self._threads = ThreadPoolExecutor(os.cpu_count())

    def run(self, batches: Iterable[Tokens]) -> Iterator[Vectors]:
        return self._threads.map(self._states, batches)

    def _states(self, tokens: Tokens) -> Vectors:
        (states,) = self._session.run(None, {"ids": tokens})
        return np.asarray(states, dtype=np.float32)


def engine(path: Path, precision: Precision) -> Engine:
    """The fastest one that is installed."""
    try:
        return OpenVINO(path, precision)
    except ImportError:
        return ONNXRuntime(path)


class OnnxEncoder:
    """An Encoder over an exported model."""

    def __init__(self, path: Path, name: str, precision: Precision = "auto") -> None:
        from tokenizers import Tokenizer

        self.name = name
        self.engine = engine(path, precision)
        recipe = self.engine.recipe
        self._pooling = recipe.pooling
        self._tokenizer = Tokenizer.from_str(recipe.tokenizer)
        self.token_limit = recipe.limit
        self._recent = TokenVectorCache(self._read)

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        encoded = (self._tokenizer.encode(text, add_special_tokens=False) for text in texts)
        return [list(each.offsets) for each in encoded]

    def embed(self, texts: Sequence[str]) -> Vectors:
        encoded = [self._encoded(text) for text in texts]
        if len(texts) == 1:  # a question, which is read word by word in a moment
            (read,) = self._alone(encoded)
            self._recent.keep(texts[0], _tokens(encoded[0], read))
            return unit(self._pooled(read[None, :]))
        vectors: dict[int, Vectors] = {}
        batches = _of_one_length([len(each.ids) for each in encoded])
        states = self.engine.run(_ids([encoded[n] for n in batch]) for batch in batches)
        for batch, read in zip(batches, states, strict=True):
            vectors.update(zip(batch, self._pooled(read), strict=True))
        return unit(np.array([vectors[n] for n in range(len(texts))], dtype=np.float32))

    def _pooled(self, states: Vectors) -> Vectors:
        pooled: Vectors = states.mean(axis=1) if self._pooling == "mean" else states[:, 0]
        return pooled

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self._recent.read(texts)

    def _read(self, texts: Sequence[str]) -> list[TokenVectors]:
        encoded = [self._encoded(text) for text in texts]
        return list(map(_tokens, encoded, self._alone(encoded)))

    def _alone(self, encoded: Sequence[Encoding]) -> Iterator[Vectors]:
        return (states[0] for states in self.engine.run(_ids([each]) for each in encoded))

    def _encoded(self, text: str) -> Encoding:
        """The tokens that are read, special ones included."""
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        encoded.truncate(self.token_limit)
        return self._tokenizer.post_process(encoded)


def _of_one_length(lengths: Sequence[int]) -> list[list[int]]:
    """The numbers of texts to read together, the longest first: no core waits for another."""
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    alike = [list(numbers) for _, numbers in groupby(order, key=lambda n: lengths[n])]
    return [some[n : n + _TOGETHER] for some in alike for n in range(0, len(some), _TOGETHER)]


def _ids(encoded: Sequence[Encoding]) -> Tokens:
    return np.array([each.ids for each in encoded], dtype=np.int64)


def _tokens(encoded: Encoding, states: Vectors) -> TokenVectors:
    kept = np.array(encoded.special_tokens_mask) == 0
    spans = np.array(encoded.offsets, dtype=np.int64)[kept]
    return TokenVectors(unit(states[kept]), spans[:, 0], spans[:, 1])

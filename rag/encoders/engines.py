"""Engines that run an exported model: OpenVINO where it is installed, ONNX Runtime otherwise."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from rag.encoders.protocols import Precision, Vectors

Pooling = Literal["mean", "cls"]
TokenIds = npt.NDArray[np.int64]
_METADATA = "article-qa 2"
MAX_STREAMS = 4  # texts side by side, as a question reads them; further cores share each text


@dataclass(frozen=True, slots=True)
class ExportConfig:
    """What turns a text into the transformer's input, and its output into a vector.

    `tokenizer` is the tokenizer as JSON, `limit` the number of tokens that are read, without special
    tokens. It is stored in the metadata of the ONNX file.
    """

    tokenizer: str
    limit: int
    pooling: Pooling

    def metadata(self) -> dict[str, str]:
        return {_METADATA: json.dumps(asdict(self))}

    @classmethod
    def of(cls, metadata: str) -> ExportConfig:
        return cls(**json.loads(metadata))


class Engine(Protocol):
    """Runs the transformer of an exported model. Safe to call from several threads at once.

    Texts of one call have the same length: there is no padding, so that the result for a text
    depends on no other text.
    """

    config: ExportConfig
    is_half: bool
    """Whether it multiplies in bfloat16."""
    concurrency: int
    """How many calls of `run` keep all cores busy."""

    def run(self, tokens: TokenIds) -> Vectors:
        """Map tokens, int64 [texts, tokens], to states, float32 [texts, tokens, dimension]."""


class OpenVINO:
    """An Engine. Raises ImportError if OpenVINO is not installed."""

    def __init__(self, path: Path, precision: Precision) -> None:
        import openvino

        self._tensor = openvino.Tensor
        model = openvino.Core().read_model(path)
        self.config = ExportConfig.of(model.rt_info["framework"][_METADATA].value)
        self.concurrency = min(os.cpu_count() or 1, MAX_STREAMS)
        options = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": self.concurrency}
        if precision == "float32":
            options["INFERENCE_PRECISION_HINT"] = "f32"
        self._compiled = openvino.Core().compile_model(model, "CPU", options)
        kind = self._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        self.is_half = kind == "bf16"
        self._requests = threading.local()  # a request serves one thread at a time
        # Threads that set inputs at once were seen to deadlock (2026.4). It is held for 0.2 ms a
        # call, never during inference.
        self._starting = threading.Lock()

    def run(self, tokens: TokenIds) -> Vectors:
        request = self._request()
        with self._starting:
            request.start_async([self._tensor(tokens)])
        request.wait()
        states: Vectors = request.get_output_tensor().data.copy()
        return states

    def _request(self) -> Any:
        if not hasattr(self._requests, "own"):
            with self._starting:
                self._requests.own = self._compiled.create_infer_request()
        return self._requests.own


class ONNXRuntime:
    """An Engine in single precision."""

    is_half = False

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        options.intra_op_num_threads = 1  # one core for each batch
        self.concurrency = os.cpu_count() or 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.config = ExportConfig.of(metadata[_METADATA])

    def run(self, tokens: TokenIds) -> Vectors:
        (states,) = self._session.run(None, {"ids": tokens})
        return np.asarray(states, dtype=np.float32)


def fastest_engine(path: Path, precision: Precision) -> Engine:
    """Return the fastest engine that is installed."""
    try:
        return OpenVINO(path, precision)
    except ImportError:
        return ONNXRuntime(path)

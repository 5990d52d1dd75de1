"""Exports the embedding model, beside the library, to a form that starts and runs fast."""

from __future__ import annotations

import logging
import secrets
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from rag.encoders.engines import ExportConfig
from rag.encoders.onnx_encoder import OnnxEncoder, export_name, find_export
from rag.encoders.protocols import Encoder, TokenVectors, Vectors
from rag.encoders.sentence_transformer import SentenceTransformerEncoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FAITHFUL = 0.999  # the least cosine between a vector of the export and of the original
_COMPARED = 20  # passages
_OPSET = 17


class _NotFaithful(Exception):  # noqa: N818
    """The model cannot be exported, or its export does not give the same vectors."""


class ExportedEncoder:
    """An Encoder that uses the export of a model in a folder if there is one, else the original.

    The first time that passages are embedded, the model is exported and checked on them. Meanwhile,
    questions use the original. If the model cannot be exported, the original does all the work.
    """

    def __init__(
        self, original: SentenceTransformerEncoder, folder: Path, *, faithful: float = FAITHFUL
    ) -> None:
        self.name = original.name
        self._original = original
        self.folder = folder
        self._faithful = faithful
        self._exported: OnnxEncoder | None = None
        self._is_opened = self._is_made = False
        self._lock = threading.Lock()

    @property
    def token_limit(self) -> int:
        return self._chosen().token_limit

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return self._chosen().token_spans(texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._chosen(texts).embed(texts)

    def embed_query(self, question: str) -> Vectors:
        return self._chosen().embed_query(question)

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self._chosen().read(texts)

    def _chosen(self, texts: Sequence[str] = ()) -> Encoder:
        has_passages = len(texts) > 1  # a single text is a question
        if not self._exported and (has_passages or not self._is_opened):
            self._prepare(texts if has_passages else ())
        return self._exported or self._original

    def _prepare(self, passages: Sequence[str]) -> None:
        """Open the export; if there is none, make it once there are passages to check it on."""
        with self._lock:
            if not self._is_opened:
                self._exported = self._opened()
                self._is_opened = True  # last, so that other threads wait for the export
            if passages and not self._exported and not self._is_made:
                self._is_made = True
                export(self._original, self.folder, passages[:_COMPARED], self._faithful)
                self._exported = self._opened()

    def _opened(self) -> OnnxEncoder | None:
        key = self._original.export_key
        path = find_export(self.folder, key) if key else None
        try:
            return OnnxEncoder(path, self.name, self._original.precision) if path else None
        except Exception as error:  # whatever another version of the runtime raises
            logging.getLogger(__name__).info("%s is not used: %s", path, error)
            return None


def export(
    original: SentenceTransformerEncoder,
    folder: Path,
    texts: Sequence[str],
    faithful: float = FAITHFUL,
) -> None:
    """Export a model to a folder, and keep the export if it reads the texts as the original does.

    If that fails, nothing is left but a line in the log.
    """
    key = original.export_key
    if key is None:
        return
    part = folder / f"{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(exist_ok=True)
        full = original.in_full()
        _write(full, part)
        _compare(OnnxEncoder(part, original.name, original.precision), full, texts, faithful)
        kept = part.rename(folder / export_name(part, key))
    except Exception as error:  # an exporter that is missing or gives up, a disk that is full
        logging.getLogger(__name__).info("the model is not exported: %s", error)
        part.unlink(missing_ok=True)
        return
    for stale in set(folder.iterdir()) - {kept}:
        stale.unlink(missing_ok=True)


def _write(encoder: SentenceTransformerEncoder, path: Path) -> None:
    """Write the transformer as ONNX: int64 [texts, tokens] to float32 [texts, tokens, dimension].

    The tracing exporter needs only the package onnx; the newer one, `dynamo`, needs two more and
    takes ten times as long.
    """
    import onnx
    import torch

    model, config = encoder.model, _config(encoder.model, encoder.token_limit)

    class States(torch.nn.Module):
        def __init__(self, transformer: torch.nn.Module) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.transformer(input_ids=ids, return_dict=False)[0]
            return states

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and warns about every branch
        torch.onnx.export(
            States(model[0].get_submodule("model")).eval(),
            (torch.tensor([model.tokenizer("a few words to follow")["input_ids"]]),),
            path,
            input_names=["ids"],
            output_names=["states"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in ("ids", "states")},
            opset_version=_OPSET,
            dynamo=False,
        )
    exported = onnx.load(path)
    onnx.helper.set_model_props(exported, config.metadata())
    onnx.save(exported, path)


def _config(model: SentenceTransformer, limit: int) -> ExportConfig:
    """Return what an export needs. Raises _NotFaithful for other modules than transformer and pooling."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer

    kinds = [type(module) for module in model]
    if kinds not in ([Transformer, Pooling], [Transformer, Pooling, Normalize]):
        raise _NotFaithful(f"it has the modules {kinds}")
    if any(model.prompts.values()) or model[0].do_lower_case or not model.tokenizer.is_fast:
        raise _NotFaithful("it transforms its texts")
    pooling = cast(Pooling, model[1]).get_config_dict()["pooling_mode"]
    if pooling not in ("mean", "cls"):
        raise _NotFaithful(f"it pools by {pooling}")
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return ExportConfig(tokenizer.to_str(), limit, pooling)


def _compare(exported: Encoder, original: Encoder, texts: Sequence[str], faithful: float) -> None:
    """Raise _NotFaithful unless both give the same tokens, and vectors that are `faithful`."""
    pairs = [(exported.embed(texts), original.embed(texts))]
    for ours, theirs in zip(exported.read(texts), original.read(texts), strict=True):
        if not np.array_equal(ours.starts, theirs.starts) or not np.array_equal(
            ours.ends, theirs.ends
        ):
            raise _NotFaithful("its tokens differ")
        pairs.append((ours.vectors, theirs.vectors))
    least = min(float(np.sum(ours * theirs, axis=1).min(initial=1.0)) for ours, theirs in pairs)
    if least < faithful:
        raise _NotFaithful(f"a cosine is {least:.4f}")

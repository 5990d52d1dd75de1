"""Leaves the embedding model beside the index in the form that starts and runs fast."""

from __future__ import annotations

import logging
import secrets
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from rag.encoders.onnx_encoder import OnnxEncoder, Recipe, named, stored
from rag.encoders.sentence_transformer import (
    Encoder,
    SentenceTransformerEncoder,
    TokenVectors,
    Vectors,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FAITHFUL = 0.999  # the least cosine between a vector of the export and of the original
_COMPARED = 20  # passages
_OPSET = 17


class _NotFaithful(Exception):  # noqa: N818
    """The model is not one that can be exported, or what came out is not the same."""


class ExportedEncoder:
    """An Encoder that works with the model as it was exported to a folder, or else with the original.

    When passages are embedded and there is no export yet, it is made and checked on them. A model
    that cannot be exported does the work itself.
    """

    def __init__(self, original: SentenceTransformerEncoder, folder: Path) -> None:
        self.name = original.name
        self._original = original
        self.folder = folder
        self._runtime: OnnxEncoder | None = None
        self._is_looked_for = self._is_made = False
        self._lock = threading.Lock()

    @property
    def token_limit(self) -> int:
        return self._chosen().token_limit

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return self._chosen().token_spans(texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._chosen(texts).embed(texts)

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self._chosen().read(texts)

    def _chosen(self, texts: Sequence[str] = ()) -> Encoder:
        with self._lock:
            if not self._is_looked_for:
                self._is_looked_for = True
                self._runtime = self._opened()
            if len(texts) > 1 and not self._runtime and not self._is_made:  # one is a question
                self._is_made = True
                export(self._original, self.folder, texts[:_COMPARED])
                self._runtime = self._opened()
            return self._runtime or self._original

    def _opened(self) -> OnnxEncoder | None:
        key = self._original.export_key
        path = stored(self.folder, key) if key else None
        try:
            return OnnxEncoder(path, self.name, self._original.precision) if path else None
        except Exception as error:  # whatever another version of the runtime raises
            logging.getLogger(__name__).info("%s is not used: %s", path, error)
            return None


def export(original: SentenceTransformerEncoder, folder: Path, texts: Sequence[str]) -> None:
    """Export a model to a folder, and keep it if it reads the texts as the original does.

    Where that cannot be done nothing is left behind but a line in the log.
    """
    key = original.export_key
    if key is None:
        return
    part = folder / f"{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(exist_ok=True)
        full = original.in_full()
        _write(full, part)
        _compare(OnnxEncoder(part, original.name, original.precision), full, texts)
        kept = part.rename(folder / named(part, key))
    except Exception as error:  # an exporter that is missing or gives up, a disk that is full
        logging.getLogger(__name__).info("the model is not exported: %s", error)
        part.unlink(missing_ok=True)
        return
    for other in set(folder.iterdir()) - {kept}:
        other.unlink(missing_ok=True)


def _write(encoder: SentenceTransformerEncoder, path: Path) -> None:
    """The transformer as ONNX: tokens, int64 [texts, tokens], to float32 [texts, tokens, dimension].

    The exporter that traces needs no package but onnx; the newer one, `dynamo`, needs two more
    and takes ten times as long.
    """
    import onnx
    import torch

    model, recipe = encoder.model, _recipe(encoder.model, encoder.token_limit)

    class States(torch.nn.Module):
        def __init__(self, transformer: torch.nn.Module) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.transformer(input_ids=ids, return_dict=False)[0]
            return states

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and warns of every branch it follows
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
    onnx.helper.set_model_props(exported, recipe.metadata())
    onnx.save(exported, path)


def _recipe(model: SentenceTransformer, limit: int) -> Recipe:
    """Raises _NotFaithful for a model that does more than a transformer, a pooling and a scaling."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer

    kinds = [type(module) for module in model]
    if kinds not in ([Transformer, Pooling], [Transformer, Pooling, Normalize]):
        raise _NotFaithful(f"its modules are {kinds}")
    if any(model.prompts.values()) or model[0].do_lower_case or not model.tokenizer.is_fast:
        raise _NotFaithful("it changes its texts in ways of its own")
    pooling = cast(Pooling, model[1]).get_config_dict()["pooling_mode"]
    if pooling not in ("mean", "cls"):
        raise _NotFaithful(f"it pools by {pooling}")
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Recipe(tokenizer.to_str(), limit, pooling)


def _compare(exported: Encoder, original: Encoder, texts: Sequence[str]) -> None:
    """Raises _NotFaithful unless both see the same tokens, and vectors that are FAITHFUL."""
    pairs = [(exported.embed(texts), original.embed(texts))]
    for ours, theirs in zip(exported.read(texts), original.read(texts), strict=True):
        if not np.array_equal(ours.starts, theirs.starts) or not np.array_equal(
            ours.ends, theirs.ends
        ):
            raise _NotFaithful("its tokens differ")
        pairs.append((ours.vectors, theirs.vectors))
    least = min(float(np.sum(ours * theirs, axis=1).min(initial=1.0)) for ours, theirs in pairs)
    if least < FAITHFUL:
        raise _NotFaithful(f"a cosine is {least:.4f}")

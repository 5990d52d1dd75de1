"""Leaves the embedding model beside the index in the form in which asking starts fast."""

from __future__ import annotations

import logging
import secrets
import warnings
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from rag.encoder import Encoder, SentenceTransformerEncoder
from rag.library import Library
from rag.runtime import FOLDER, AskingEncoder, Recipe, Runtime, named, stored
from rag.types import in_context

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FAITHFUL = 0.999  # the least cosine between a vector of the export and of the original
_COMPARED = 20  # passages
_OPSET = 17


class _NotFaithful(Exception):  # noqa: N818
    """The model is not one that can be exported, or what came out is not the same."""


def export(library: Library) -> None:
    """Export the library's model once, and keep it if it reads the articles as the original does.

    Only when the model was needed and so is loaded; where it cannot be exported, asking works all
    the same, with sentence-transformers.
    """
    encoder = library.encoder
    if isinstance(encoder, AskingEncoder):
        encoder = encoder.original
    if not isinstance(encoder, SentenceTransformerEncoder) or not encoder.is_loaded:
        return
    key, folder = encoder.export_key, library.home / FOLDER
    if key is None or stored(folder, key):
        return
    with library.catalog.reading() as catalog:
        some = islice(catalog.keyed(), _COMPARED)
        texts = [in_context(article, passage) for _, article, passage in some]
    if not texts:
        return
    part = folder / f"{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(exist_ok=True)
        original = encoder.in_full()
        _write(original, part)
        _compare(Runtime(part, encoder.name), original, texts)
        kept = part.rename(folder / named(part, key))
    except Exception as error:  # an exporter that is missing or gives up, a disk that is full
        logging.getLogger(__name__).info("the model is not exported: %s", error)
        part.unlink(missing_ok=True)
        return
    for other in set(folder.iterdir()) - {kept}:
        other.unlink(missing_ok=True)


def _write(encoder: SentenceTransformerEncoder, path: Path) -> None:
    """The transformer as ONNX: the tokens of one text, int64 [1, tokens], to float32 [1, tokens, dimension].

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
            dynamic_axes={"ids": {1: "tokens"}, "states": {1: "tokens"}},
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

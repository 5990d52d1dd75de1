from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import ui.cli
from evals.seeds import QUESTIONS
from rag.encoders.engines import Engine, TokenIds
from rag.encoders.export import FAITHFUL, ExportedEncoder, export
from rag.encoders.onnx_encoder import FOLDER, OnnxEncoder, export_name
from rag.encoders.protocols import Vectors
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.langchain import ArticleQA
from rag.types import Answer
from tests.conftest import ROOT, USERS_ARTICLE, passages
from tests.libraries import open_library, over

QUESTION = "When did North Korea fire a missile over Japan?"
HEAVY = ("torch", "sentence_transformers", "transformers", "sklearn", "gradio")


@pytest.fixture
def exported(seeds_home: Path) -> Path:
    """A library of the sample articles, with the exported model beside its index."""
    return seeds_home


@pytest.fixture(params=["OpenVINO", "ONNX Runtime"])
def runtime(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, exported: Path
) -> OnnxEncoder:
    """The export, run by OpenVINO and by ONNX Runtime."""
    if request.param != "OpenVINO":
        monkeypatch.setitem(sys.modules, "openvino", None)
    return OnnxEncoder(*files(exported), "exported")


@pytest.fixture
def home(exported: Path, tmp_path: Path) -> Path:
    """A copy of that library, which a test may change."""
    return shutil.copytree(exported, tmp_path / "copy")


def files(home: Path) -> list[Path]:
    return sorted((home / FOLDER).iterdir()) if (home / FOLDER).exists() else []


def beside(home: Path, encoder: SentenceTransformerEncoder) -> ExportedEncoder:
    return ExportedEncoder(encoder, home / FOLDER)


def cited(answer: Answer) -> list[tuple[str, int, int]]:
    return [(citation.article_id, citation.start, citation.end) for citation in answer.citations]


def loaded_after(code: str, *heavy: str) -> str:
    code = f"import sys\n{code}\nprint([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)  # fmt: skip
    return done.stdout


def test_asking_after_an_ingest_loads_no_torch(exported: Path, qa: ArticleQA) -> None:
    code = f"from ui.cli import main; main(['ask', '--home', {str(exported)!r}, {QUESTION!r}])"
    output = loaded_after(code, *HEAVY)
    assert output.endswith("\n[]\n")
    assert output.startswith(qa.ask(QUESTION).text)


def test_help_loads_nothing_heavy() -> None:
    code = "from ui.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    output = loaded_after(code, *HEAVY, "numpy", "chromadb", "langchain_core", "pydantic")
    assert output.endswith("\n[]\n")


def test_an_export_gives_the_tokens_and_vectors_of_the_original(
    runtime: OnnxEncoder, exported: Path
) -> None:
    texts = passages(exported)
    texts += ["", " two  spaces\n", "Ünïcödé ☃ 東京", "a very long text " * 200]
    original = SentenceTransformerEncoder(precision="float32")
    assert runtime.token_limit == original.token_limit
    assert runtime.token_spans(texts) == original.token_spans(texts)
    assert np.sum(runtime.embed(texts) * original.embed(texts), axis=1).min() > 0.999
    for ours, theirs in zip(runtime.read(texts), original.read(texts), strict=True):
        assert ours.starts.tolist() == theirs.starts.tolist()
        assert ours.ends.tolist() == theirs.ends.tolist()
        assert np.sum(ours.vectors * theirs.vectors, axis=1).min(initial=1) > 0.999


def test_citations_are_the_same_with_and_without_an_export(exported: Path) -> None:
    """In the same precision: in another, sentences with nearly equal scores change places."""
    questions = [item["question"] for item in json.loads(QUESTIONS.read_text(encoding="utf-8"))]
    full = SentenceTransformerEncoder(precision="float32")
    with (
        over(open_library(exported), encoder=beside(exported, full)) as quick,
        over(open_library(exported), encoder=full) as slow,
    ):
        different = [
            question
            for question in questions[::4]
            if cited(quick.ask(question)) != cited(slow.ask(question))
        ]
    assert different == []


def missing(file: Path) -> None:
    file.unlink()


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def one_bit_off(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def of_another_model(file: Path) -> None:
    file.rename(file.with_name(f"{'0' * 16}-{file.name.partition('-')[2]}"))


def no_model_at_all(file: Path) -> None:
    key = file.name.partition("-")[0]
    file.write_bytes(b"whole, but nothing that can be read")
    file.rename(file.with_name(export_name(file, key)))


@pytest.mark.parametrize(
    "spoil", [missing, cut_short, one_bit_off, of_another_model, no_model_at_all]
)
def test_an_export_that_cannot_be_used_is_ignored(
    spoil: Callable[[Path], None], home: Path, exported: Path, encoder: SentenceTransformerEncoder
) -> None:
    spoil(*files(home))
    with (
        over(open_library(home), encoder=beside(home, encoder)) as fallen_back,
        over(open_library(exported), encoder=encoder) as original,
    ):
        answer, expected = fallen_back.ask(QUESTION), original.ask(QUESTION)
    assert answer.citations == expected.citations
    assert answer.evidence[0].score == expected.evidence[0].score


def test_the_vectors_of_a_text_do_not_depend_on_other_texts(
    runtime: OnnxEncoder, exported: Path
) -> None:
    texts = passages(exported)[:12]
    together = runtime.read(texts)
    for text, read in zip(texts, together, strict=True):
        (alone,) = OnnxEncoder(*files(exported), "again").read([text])
        assert np.array_equal(alone.vectors, read.vectors)


def test_texts_of_the_same_length_get_the_same_vectors_together_and_alone(
    runtime: OnnxEncoder,
) -> None:
    texts = [f"Pier {n} of the harbour was opened." for n in range(10)] + ["It was opened."]
    assert len({len(spans) for spans in runtime.token_spans(texts)}) == 2
    alone = [runtime.embed([text]) for text in texts]
    assert np.array_equal(runtime.embed(texts), np.concatenate(alone))


def test_threads_share_an_export(runtime: OnnxEncoder, exported: Path) -> None:
    texts = passages(exported)[:24]
    expected = runtime.embed(texts)
    with ThreadPoolExecutor(8) as threads:
        vectors = list(threads.map(lambda n: runtime.embed(texts[n : n + 3]), range(0, 24, 3)))
    assert np.array_equal(np.concatenate(vectors), expected)


def test_sixteen_threads_get_the_values_of_one(runtime: OnnxEncoder, exported: Path) -> None:
    texts = passages(exported)[:16]
    expected = [read.vectors for read in runtime.read(texts)]
    fresh = OnnxEncoder(*files(exported), "fresh")
    with ThreadPoolExecutor(16) as threads:
        vectors = list(threads.map(lambda text: fresh.read([text])[0].vectors, texts * 4))
    for ours, theirs in zip(vectors, expected * 4, strict=True):
        assert np.array_equal(ours, theirs)


class MeetingEngine:
    """An engine in which nobody runs a text until so many threads are about to."""

    def __init__(self, engine: Engine, parties: int) -> None:
        self.config, self.is_half = engine.config, engine.is_half
        self.concurrency = engine.concurrency
        self._run = engine.run
        self._barrier = threading.Barrier(parties, timeout=30)

    def run(self, tokens: TokenIds) -> Vectors:
        self._barrier.wait()  # raises BrokenBarrierError if a thread is kept out
        return self._run(tokens)


def test_two_threads_read_at_the_same_time(runtime: OnnxEncoder) -> None:
    texts = ["The harbour was opened in May.", "The missile flew over Japan."]
    runtime.engine = MeetingEngine(runtime.engine, parties=2)
    with ThreadPoolExecutor(2) as threads:
        read = list(threads.map(lambda text: runtime.read([text])[0].vectors, texts))
    for vectors, again in zip(read, runtime.read(texts), strict=True):
        assert np.array_equal(vectors, again.vectors)


def test_onnx_runtime_uses_every_core(monkeypatch: pytest.MonkeyPatch, exported: Path) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    encoder = OnnxEncoder(*files(exported), "exported")
    encoder.engine = MeetingEngine(encoder.engine, parties=8)
    assert len(encoder.read([f"Pier {number} was opened." for number in range(8)])) == 8


def test_a_question_does_not_wait_for_a_long_ingest(runtime: OnnxEncoder, exported: Path) -> None:
    expected = runtime.embed([QUESTION])
    with ThreadPoolExecutor(1) as threads:
        ingest = threads.submit(runtime.embed, passages(exported) * 3)
        time.sleep(0.2)  # so that the ingest runs
        vectors = [runtime.embed([QUESTION]), runtime.embed([QUESTION])]
        runtime.read(["A text that nobody has read yet."])
        assert not ingest.done()
    assert all(np.array_equal(vector, expected) for vector in vectors)


def test_a_failing_call_leaves_nothing_locked(runtime: OnnxEncoder, exported: Path) -> None:
    texts = passages(exported)[:12]
    expected = runtime.embed(texts)
    working = runtime.engine

    class BreaksOnce(MeetingEngine):
        def run(self, tokens: TokenIds) -> Vectors:
            runtime.engine = working
            raise RuntimeError("out of memory")

    runtime.engine = BreaksOnce(working, parties=1)
    with pytest.raises(RuntimeError, match="out of memory"):
        runtime.embed(texts)
    assert np.array_equal(runtime.embed(texts), expected)


def test_questions_use_the_original_while_the_model_is_exported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, exported: Path,
    encoder: SentenceTransformerEncoder,
) -> None:  # fmt: skip
    exporting, may_finish = threading.Event(), threading.Event()

    def slow_export(_: object, folder: Path, *__: object) -> None:
        exporting.set()
        assert may_finish.wait(60)
        shutil.copytree(exported / FOLDER, folder)

    monkeypatch.setattr("rag.encoders.export.export", slow_export)
    shared, texts = beside(tmp_path, encoder), passages(exported)[:4]
    with ThreadPoolExecutor(2) as threads:
        ingest = threads.submit(shared.embed, texts)
        assert exporting.wait(60)
        question = threads.submit(shared.embed, [QUESTION])
        try:
            assert np.array_equal(question.result(60), encoder.embed([QUESTION]))
            assert not ingest.done()
        finally:
            may_finish.set()
        expected = OnnxEncoder(*files(exported), "exported").embed(texts)
        assert np.array_equal(ingest.result(), expected)


def test_an_export_is_made_once_and_again_when_it_is_damaged(
    home: Path, encoder: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.encoders.export.export", export)
    (whole,) = files(home)
    made = whole.stat().st_mtime_ns
    (home / FOLDER / "left-by-a-crash.part").touch()
    beside(home, encoder).embed(passages(home))
    assert whole.stat().st_mtime_ns == made
    cut_short(whole)
    beside(home, encoder).embed([QUESTION])
    assert files(home)[0].stat().st_size == whole.stat().st_size  # questions do not export
    beside(home, encoder).embed(passages(home))
    (repaired,) = files(home)
    assert export_name(repaired, encoder.export_key or "") == repaired.name


def test_a_second_ingest_does_not_load_the_original(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: SentenceTransformerEncoder
) -> None:
    monkeypatch.setattr("rag.encoders.export.export", export)
    monkeypatch.setattr("rag.opening.SentenceTransformerEncoder", lambda *_: encoder)
    home = tmp_path / "home"
    assert ui.cli.main(["ingest", str(USERS_ARTICLE), "--home", str(home)]) == 0
    assert len(files(home)) == 1
    article = tmp_path / "article.txt"
    article.write_text("A harbour was opened in Tarn.", encoding="utf-8")
    code = f"from ui.cli import main; main(['ingest', {str(article)!r}, '--home', {str(home)!r}])"
    assert loaded_after(code, *HEAVY).endswith("\n[]\n")


@pytest.mark.parametrize("reason", ["not faithful", "no exporter"])
def test_without_an_export_the_original_does_the_work(
    reason: str, monkeypatch: pytest.MonkeyPatch, exported: Path, tmp_path: Path,
    encoder: SentenceTransformerEncoder,
) -> None:  # fmt: skip
    monkeypatch.setattr("rag.encoders.export.export", export)
    faithful = 1.1 if reason == "not faithful" else FAITHFUL
    if reason == "no exporter":
        monkeypatch.setitem(sys.modules, "onnx", None)
    texts = passages(exported)[:3]
    exporting = ExportedEncoder(encoder, tmp_path / FOLDER, faithful=faithful)
    assert np.array_equal(exporting.embed(texts), encoder.embed(texts))
    assert files(tmp_path) == []


def test_a_model_with_a_prompt_is_not_exported(tmp_path: Path) -> None:
    encoder = SentenceTransformerEncoder(precision="float32")
    encoder.model.prompts = {"query": "query: "}
    export(encoder, tmp_path / FOLDER, [QUESTION])
    assert files(tmp_path) == []


def test_openvino_loads_no_telemetry() -> None:
    code = "import openvino"
    assert loaded_after(code, "openvino", "openvino_telemetry").endswith("['openvino']\n")


def test_an_export_is_identified_by_the_files_of_its_model(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(b"1")
    encoder = SentenceTransformerEncoder(str(tmp_path / "model"))
    before = encoder.export_key
    assert before == encoder.export_key
    (tmp_path / "model" / "weights").write_bytes(b"2")
    assert before != encoder.export_key
    assert SentenceTransformerEncoder("some/name").export_key is None
    assert SentenceTransformerEncoder(precision="bfloat16").export_key is None

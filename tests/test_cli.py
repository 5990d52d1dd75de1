from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.cli import main as ingest
from rag.encoder import SentenceTransformerEncoder
from rag.library import Library
from tests.conftest import ROOT, SEEDS
from ui.cli import main

Write = Callable[[str, str | bytes], Path]


@pytest.fixture(autouse=True)
def _one_model(monkeypatch: pytest.MonkeyPatch, encoder: SentenceTransformerEncoder) -> None:
    """Each command loads the model for itself; here they share the loaded one."""

    def loaded(model: str, precision: str) -> SentenceTransformerEncoder:
        return encoder if model == "all-MiniLM-L6-v2" else SentenceTransformerEncoder(model)

    for module in ("rag.encoder", "rag.assistant"):
        monkeypatch.setattr(f"{module}.SentenceTransformerEncoder", loaded)


def fails_in_one_line(status: int, capsys: pytest.CaptureFixture[str], *words: str) -> None:
    output = capsys.readouterr()
    assert status == 2
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert output.err.startswith("error: ")
    for word in words:
        assert word in output.err


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that even root cannot write to; skips where none can be made."""
    options = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(options, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made and os.geteuid() == 0:
        pytest.skip("no read-only folder can be made here")
    folder.chmod(0o500) if not made else None
    try:
        yield
    finally:
        if made:
            subprocess.run(["umount", str(folder)], check=True)
        else:
            folder.chmod(0o700)


def test_ask_prints_the_answer_with_its_footnotes(
    seeds_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "Who condemned the missile launch?", "--home", str(seeds_home)]) == 0
    answer, notes = capsys.readouterr().out.split("\n\n")
    assert answer.startswith("Both ministers condemned North Korea’s missile launch")
    assert "[1] The United States, Secretary of State" in notes
    assert "TDI, 4 October 2022 (characters 160–268)" in notes


def test_ask_prints_a_refusal_with_the_nearest_articles(
    seeds_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "What is the capital of Peru?", "--home", str(seeds_home)]) == 0
    assert "do not answer" in capsys.readouterr().out


def test_ask_prints_the_object_as_json(
    seeds_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_QA_HOME", str(seeds_home))
    assert main(["ask", "Who condemned the missile launch?", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["citations"][0]["start"] == 160


def test_articles_lists_what_is_there(seeds_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["articles", "--home", str(seeds_home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "17 articles"
    assert any(line.startswith("2022-10-04  The United States") for line in lines)
    assert main(["articles", "--json", "--home", str(seeds_home)]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 17


def test_ingest_reports_what_it_did(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write("one.txt", "The lighthouse at Cape Wrath was built in 1828.").parent
    write("binary.txt", b"\x7fELF" + bytes(range(256)) * 20)
    home = str(tmp_path / "home")
    assert ingest([str(folder), "--home", home]) == 1
    output = capsys.readouterr()
    assert output.out.startswith("1 added, 0 changed, 0 removed, 0 unchanged, 1 failed")
    assert "binary.txt: it is" in output.err
    assert "Traceback" not in output.err
    (folder / "binary.txt").unlink()
    assert main(["ingest", str(folder), "--home", home]) == 0
    assert "1 unchanged, 0 failed" in capsys.readouterr().out


def test_asking_without_an_index_says_what_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    fails_in_one_line(main(["ask", "Who?"]), capsys, "article-qa ingest")
    fails_in_one_line(main(["articles"]), capsys, "article-qa ingest")
    fails_in_one_line(main(["chat"]), capsys, "article-qa ingest")


def test_an_index_of_another_model_is_said(
    seeds_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_QA_ENCODER", "another/model")
    home = ["--home", str(seeds_home)]
    fails_in_one_line(main(["ask", "Who?", *home]), capsys, "built with", "ARTICLE_QA_ENCODER")
    fails_in_one_line(ingest([str(SEEDS), *home]), capsys, "built with", "ARTICLE_QA_ENCODER")


def test_a_missing_or_empty_folder_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    fails_in_one_line(ingest([str(tmp_path / "missing")]), capsys, "does not exist")
    fails_in_one_line(ingest([str(tmp_path / "empty")]), capsys, "holds no articles", ".md")
    assert not (tmp_path / ".article-qa").exists(), "a run that could not start leaves nothing"


def test_a_file_of_an_unknown_format_is_said(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    fails_in_one_line(ingest([str(write("a.xyz", "text"))]), capsys, ".txt")


@pytest.mark.parametrize("question", ["", "   ", "x" * 100_000])
def test_a_question_that_is_none_is_said(
    seeds_home: Path, capsys: pytest.CaptureFixture[str], question: str
) -> None:
    fails_in_one_line(main(["ask", question, "--home", str(seeds_home)]), capsys, "question")


def test_a_read_only_folder_is_said(
    tmp_path: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    path = write("a.txt", "Some text is here.")
    with read_only(folder):
        status = ingest([str(path), "--home", str(folder / "library")])
        fails_in_one_line(status, capsys, "read-only")
        fails_in_one_line(ingest([str(path), "--home", str(folder)]), capsys, "read-only")


def test_a_file_where_the_library_should_be_is_said(
    tmp_path: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("a.txt", "Some text is here.")
    fails_in_one_line(ingest([str(path), "--home", str(path / "x")]), capsys, "a.txt")
    fails_in_one_line(ingest([str(path), "--home", str(path)]), capsys, "a.txt")


def test_a_second_writer_is_said(
    tmp_path: Path,
    write: Write,
    capsys: pytest.CaptureFixture[str],
    encoder: SentenceTransformerEncoder,
) -> None:
    path = write("a.txt", "Some text is here.")
    with Library.create(tmp_path / "home", encoder).writing():
        status = ingest([str(path), "--home", str(tmp_path / "home")])
        fails_in_one_line(status, capsys, "another process is writing")


def test_an_unknown_setting_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_QA_HOEM", "x")
    fails_in_one_line(main(["ask", "Who?"]), capsys, "ARTICLE_QA_HOEM")


def test_the_modules_run_as_scripts(seeds_home: Path) -> None:
    environment = {**os.environ, "ARTICLE_QA_HOME": str(seeds_home)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # fmt: skip

    again = run("ingest", "seeds")
    assert (again.returncode, again.stderr) == (0, "")
    assert "0 added, 0 changed, 0 removed, 17 unchanged" in again.stdout
    asked = run("ui.cli", "--help")
    assert asked.returncode == 0
    assert run("ingest").returncode == 2
    assert run("ui", "--help").returncode == 0

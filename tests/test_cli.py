from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ingest.cli import main as ingest
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from tests.conftest import ROOT, SEEDS
from tests.libraries import create
from tests.writing import CORRECTED, DRAFT, HOSTILE, QUESTION, SUPPORTED, UNSUPPORTED, Writer
from ui.cli import main

Write = Callable[[str, str | bytes], Path]


@pytest.fixture(autouse=True)
def _one_model(monkeypatch: pytest.MonkeyPatch, encoder: SentenceTransformerEncoder) -> None:
    """Each command loads the model for itself; here they share the loaded one."""

    def loaded(model: str, precision: str) -> SentenceTransformerEncoder:
        return encoder if model == "all-MiniLM-L6-v2" else SentenceTransformerEncoder(model)

    monkeypatch.setattr("rag.encoders.export.SentenceTransformerEncoder", loaded)


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
    answer, evidence, notes = capsys.readouterr().out.split("\n\n")
    assert evidence in ("Evidence: strong.", "Evidence: fair.")
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


def test_ask_is_put_to_the_articles_that_are_wanted(
    seeds_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(*options: str) -> int:
        return main(["ask", QUESTION, "--home", str(seeds_home), *options])

    assert ask("--source", "tdi", "--after", "2022", "--before", "2022-10", "-k", "3") == 0
    answer = capsys.readouterr().out
    assert answer.startswith("Only: TDI, from 1 January 2022 up to 31 October 2022\n\nBoth minist")
    assert ask("--source", "TDI", "--source", "Background Notes", "--json") == 0
    scope = json.loads(capsys.readouterr().out)["scope"]
    assert scope == {"after": None, "before": None, "sources": ["TDI", "Background Notes"]}
    fails_in_one_line(ask("--source", "Nobody"), capsys, "Nobody", "TDI")
    fails_in_one_line(ask("--before", "soon"), capsys, "'soon' is not a date")
    fails_in_one_line(ask("-k", "0"), capsys, "must be 1 to 100")


@pytest.fixture
def write_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Writer]:
    """Make a language model that `--model` then names."""

    def write_answers(draft: str, **how: float) -> Writer:
        model = Writer(responses=[draft], **how)
        monkeypatch.setattr("rag.opening.chat_model", lambda name, url, **_: model)
        return model

    return write_answers


def ask_a_model(seeds_home: Path, *options: str) -> int:
    return main(["ask", QUESTION, "--home", str(seeds_home), "--model", "some:writer", *options])


def test_on_a_pipe_only_the_checked_answer_is_printed(
    seeds_home: Path, capsys: pytest.CaptureFixture[str], write_answers: Callable[..., Writer]
) -> None:
    write_answers(DRAFT)
    assert ask_a_model(seeds_home) == 0
    answer, worded, notes = capsys.readouterr().out.split("\n\n")
    assert answer == (
        f"{SUPPORTED} [1] {UNSUPPORTED} [not found in the sources: “2099”, “Ruritania”] "
        f"{CORRECTED} [2] [3]"
    )
    assert worded.endswith(
        "Written by some:writer; every sentence was checked against the passages."
    )
    assert notes.count("\n[") == 2
    assert ask_a_model(seeds_home, "--markdown") == 0
    markdown = capsys.readouterr().out
    assert f"{UNSUPPORTED} *\\[not found in the sources: “2099”, “Ruritania”\\]*" in markdown
    assert ask_a_model(seeds_home, "--json") == 0
    answered = json.loads(capsys.readouterr().out)
    verdicts = [sentence["support"]["verdict"] for sentence in answered["sentences"]]
    assert verdicts == ["supported", "unsupported", "corrected"]
    assert answered["model"] == "some:writer"


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Standard output as a terminal; gives what has been written on it."""
    ours, theirs = pytest.importorskip("pty").openpty()
    written: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # the other end was closed
            while piece := os.read(ours, 4096):
                written.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    with monkeypatch.context() as patched, os.fdopen(theirs, "w") as output:
        patched.setattr(sys, "stdout", output)
        patched.setenv("TERM", "xterm")
        yield lambda: b"".join(written).decode(errors="replace")
    reader.join(5)
    os.close(ours)


def test_on_a_terminal_the_draft_is_seen_until_the_answer_takes_its_place(
    seeds_home: Path, monkeypatch: pytest.MonkeyPatch, write_answers: Callable[..., Writer]
) -> None:
    write_answers(DRAFT, sleep=0.004)
    with terminal(monkeypatch) as read:
        assert ask_a_model(seeds_home) == 0
    draft, _, answer = read().partition("[1]")
    assert "(some:writer is writing; not checked yet)" in draft
    assert SUPPORTED[:30] in draft
    assert "\x1b[2K" in draft, "the draft is wiped out"
    assert answer.startswith(f" {UNSUPPORTED} [not found in the sources")


def test_what_a_model_writes_does_not_control_the_terminal(
    seeds_home: Path, monkeypatch: pytest.MonkeyPatch, write_answers: Callable[..., Writer]
) -> None:
    write_answers(HOSTILE, sleep=0.002)
    with terminal(monkeypatch) as read:
        assert ask_a_model(seeds_home) == 0
    seen = read()
    assert "owned" in seen
    for hostile in ("\x1b]0;", "\x07", "\x1b[31m", "\x1b[2J", "\x9b", "\u202e"):
        assert hostile not in seen


def test_ctrl_c_stops_the_model_and_says_so(
    seeds_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    write_answers: Callable[..., Writer],
) -> None:
    model = write_answers(DRAFT, rest=60)
    with terminal(monkeypatch) as read:

        def interrupt() -> None:
            while CORRECTED not in " ".join(read().split()):
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        assert ask_a_model(seeds_home) == 130
    assert model.closed.wait(3)
    *_, before, last = read().removesuffix("\x1b[?25h").split("\r\n")[:-1]
    assert before.endswith("2006."), "the draft stays"
    assert "(stopped; this draft is not checked)" in last
    assert capsys.readouterr().err == "stopped; there is no answer\n"


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
    assert output.out.startswith(
        "1 file added, 0 changed, 0 removed, 0 unchanged, 1 failed; 1 article read, 1 passage embedded in "
    )
    assert "binary.txt: it is" in output.err
    assert "Traceback" not in output.err
    (folder / "binary.txt").unlink()
    assert main(["ingest", str(folder), "--home", home]) == 0
    assert "1 unchanged, 0 failed" in capsys.readouterr().out


def test_asking_without_an_index_says_what_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    fails_in_one_line(main(["ask", "Who?"]), capsys, "article-qa ingest")
    fails_in_one_line(main(["articles"]), capsys, "article-qa ingest")


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
    fails_in_one_line(ingest([str(tmp_path / "empty")]), capsys, "contains no articles", ".md")
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
    with create(tmp_path / "home", encoder).update():
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
    assert "0 files added, 0 changed, 0 removed, 17 unchanged" in again.stdout
    asked = run("ui.cli", "--help")
    assert asked.returncode == 0
    assert run("ingest").returncode == 2
    assert run("ui", "--help").returncode == 0

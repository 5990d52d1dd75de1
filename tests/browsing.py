"""A real browser at a real window: what the tests of the window stand on."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rag.langchain import ArticleQA
from ui.access import Access
from ui.window.server import application

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

ROOT = Path(__file__).parents[1]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visit:
    """A visitor's page, with what it asked the network for and what it complained about."""

    page: playwright.Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, said: playwright.ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def open(self, url: str) -> None:
        self.page.goto(url)
        expect(self.page.locator(".example").first).to_be_visible(timeout=20_000)

    def submit(self, question: str) -> None:
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")

    def ask(self, question: str) -> None:
        answers = self.page.locator(".bot-row").count()
        self.submit(question)
        self.settle(answers + 1)

    def settle(self, answers: int) -> None:
        """Wait until so many questions are answered and the next can be asked."""
        expect(self.page.locator(".bot-row")).to_have_count(answers, timeout=20_000)
        expect(self.page.locator(".waiting")).to_have_count(0, timeout=20_000)
        expect(self.page.locator(".submit-button")).to_be_visible(timeout=20_000)

    @property
    def questions(self) -> list[str]:
        return [str(each) for each in self.page.locator(".user-row .asked").all_inner_texts()]

    @property
    def last(self) -> str:
        """The latest answer, on one line."""
        return words(self.page.locator(".bot-row .message-content").last.inner_text())

    def finish(self) -> None:
        """Leave; nothing may have gone beyond this machine, and nothing may have failed."""
        self.page.context.close()
        hosts = {urlsplit(url).hostname for url in self.requests if url.startswith("http")}
        assert hosts == {"127.0.0.1"}
        assert not self.complaints, self.complaints


@contextmanager
def chromium() -> Iterator[playwright.Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}; set CHROMIUM to a Chromium or Chrome")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def started(home: Path) -> Iterator[str]:
    """The address of the window as people start it; Ctrl-C ends it, and it has printed no error."""
    settings = {name for name in os.environ if name.startswith("ARTICLE_QA_")}
    kept = {name: value for name, value in os.environ.items() if name not in settings}
    with subprocess.Popen(
        [sys.executable, "-m", "ui", "--home", str(home), "--port", "0"],
        cwd=home,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said or process.stderr.read()
        try:
            yield found.group()
        except BaseException:
            process.kill()  # or it would be waited for
            raise
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


@contextmanager
def served(qa: ArticleQA, access: Access = Access(), **options: int) -> Iterator[str]:
    """The address of a window over any ArticleQA, served by a thread of this process."""
    import uvicorn

    door = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application(qa, access, **options), log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def words(text: str) -> str:
    return " ".join(text.split())

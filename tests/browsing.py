"""A real browser at a real window, for the tests of the window."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rag.langchain import ArticleQA
from tests.processes import running
from ui.access import Access
from ui.window.server import application

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

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
    """A visitor's page, with its network requests and its errors and warnings."""

    page: playwright.Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: playwright.ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

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
        """Wait until that many questions are answered and the next can be asked."""
        expect(self.page.locator(".bot-row")).to_have_count(answers, timeout=20_000)
        expect(self.page.locator(".waiting")).to_have_count(0, timeout=20_000)
        expect(self.page.locator(".submit-button")).to_be_visible(timeout=20_000)

    @property
    def questions(self) -> list[str]:
        return self.page.locator(".user-row .asked").all_inner_texts()

    @property
    def last(self) -> str:
        """The latest answer in one line."""
        return words(self.page.locator(".bot-row .message-content").last.inner_text())

    def finish(self) -> None:
        """Leave; no request may have left this machine, and nothing may have failed."""
        self.page.context.close()
        hosts = {urlsplit(url).hostname for url in self.requests if url.startswith("http")}
        assert hosts == {"127.0.0.1"}
        assert not self.complaints, self.complaints


@contextmanager
def chromium() -> Iterator[playwright.Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}; set CHROMIUM to the path of Chromium or Chrome")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def started(home: Path) -> Iterator[str]:
    """Start the window as users do and yield its address.

    Ctrl-C has to end it, and it must have printed no error.
    """
    with running("-m", "ui", "--home", home, "--port", "0", cwd=home) as process:
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address, line or process.stderr.read()
        yield address.group()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


@contextmanager
def served(qa: ArticleQA, access: Access = Access(), **options: int) -> Iterator[str]:
    """Serve a window over any ArticleQA in a thread of this process and yield its address."""
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application(qa, access, **options), log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def words(text: str) -> str:
    return " ".join(text.split())

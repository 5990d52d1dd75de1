"""Response times with many visitors and with one: python -m evals.load [--visitors 50]."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from evals.seeds import load
from ingest.inputs.sources import discover
from ingest.sync import sync
from rag.answering.render import REFUSAL
from rag.langchain import ArticleQA
from rag.opening import build_assistant, create_library, open_encoder
from rag.settings import Settings
from rag.types import Answer

SEEDS = Path(__file__).parents[1] / "seeds"
PATIENCE = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the window and its four times, in seconds on one clock.

    `received` is all text that the page was sent for it, `error` what went wrong.
    """

    question: str
    sent: float
    queued: float
    begun: float
    answered: float
    received: str
    error: str = ""


class WindowClient:
    """A conversation with the window, in the requests that its page sends."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False)
        self._session = uuid.uuid4().hex
        config = self._client.get("/config").json()
        (box,) = (
            component["id"]
            for component in config["components"]
            if component["props"].get("elem_id") == "question"
        )
        (self._event,) = (
            event for event in config["dependencies"] if [box, "submit"] in event["targets"]
        )

    def ask(self, question: str) -> Asked:
        data = [question, *[None] * (len(self._event["inputs"]) - 1)]
        body = {"fn_index": self._event["id"], "session_hash": self._session, "data": data}
        sent = time.perf_counter()
        joined = self._client.post("/gradio_api/queue/join", json=body)
        queued = begun = time.perf_counter()
        if joined.is_error:
            return Asked(question, sent, queued, begun, queued, "", joined.text)
        received: list[str] = []
        error = ""
        for message in self._messages():
            if message["msg"] == "process_starts":
                begun = time.perf_counter()
            received += _texts(message.get("output"))
            if message["msg"] == "process_completed":
                error = "" if message["success"] else str(message["output"])
        return Asked(question, sent, queued, begun, time.perf_counter(), "\n".join(received), error)

    def _messages(self) -> Iterator[dict[str, Any]]:
        place, session = "/gradio_api/queue/data", {"session_hash": self._session}
        with self._client.stream("GET", place, params=session) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line[5:])

    def close(self) -> None:
        self._client.close()


def all_at_once(url: str, questions: Sequence[Sequence[str]]) -> list[list[Asked]]:
    """Let each visitor ask their questions one after another, all visitors at the same time."""
    start = threading.Barrier(len(questions))

    def visit(own: Sequence[str]) -> list[Asked]:
        client = WindowClient(url)
        start.wait()
        asked = [client.ask(question) for question in own]
        client.close()
        return asked

    with ThreadPoolExecutor(len(questions)) as visitors:
        return list(visitors.map(visit, questions))


def answers(qa: ArticleQA, asked: Sequence[Sequence[Asked]]) -> list[list[Answer]]:
    """Return what each question gets in its conversation while nobody else asks."""
    return [_conversation(qa, [turn.question for turn in own]) for own in asked]


def _conversation(qa: ArticleQA, questions: Sequence[str]) -> list[Answer]:
    history: list[Answer] = []
    for question in questions:
        history.append(qa.ask(question, history=history))
    return history


def faults(asked: Sequence[Sequence[Asked]], alone: Sequence[Sequence[Answer]]) -> Iterator[str]:
    """Describe in a line each what is wrong: errors, wrong answers, and turns of another visitor.

    `alone` are the `answers` to the same questions.
    """
    questions = {turn.question for own in asked for turn in own}
    for own, expected in zip(asked, alone, strict=True):
        strange = questions - {turn.question for turn in own}
        for turn, answer in zip(own, expected, strict=True):
            if turn.error:
                yield f"{turn.question}: {turn.error}"
                continue
            # Only the best sentence: rounding, which differs under load, may decide a close third.
            lacking = _lacking(turn, answer)
            if lacking and lacking[0] == _quotations(answer)[0]:
                yield f"{turn.question}: its answer lacks “{lacking[0]}”"
            if any(question in turn.received for question in strange):
                yield f"{turn.question}: another's question is in the conversation"


def differing(asked: Sequence[Sequence[Asked]], alone: Sequence[Sequence[Answer]]) -> int:
    """Count the answers that lack a quotation of the answer that the question gets `alone`."""
    pairs = zip((a for own in asked for a in own), (b for own in alone for b in own), strict=True)
    return sum(bool(_lacking(turn, answer)) for turn, answer in pairs)


def _lacking(asked: Asked, answer: Answer) -> list[str]:
    return [quote for quote in _quotations(answer) if _plain(quote) not in asked.received]


def _quotations(answer: Answer) -> list[str]:
    return [citation.quote for citation in answer.citations] or [REFUSAL]


def overtaken(asked: Sequence[Asked]) -> int:
    """Return by how many later questions a waiting question was overtaken at most."""
    return max(
        sum(later.sent > turn.queued and later.begun < turn.begun for later in asked)
        for turn in asked
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.load", description=__doc__)
    parser.add_argument("--visitors", type=int, default=50, metavar="N")
    visitors = parser.parse_args(argv).visitors
    questions = [question.text for question in load()]
    pairs = [questions[2 * n % len(questions) :][:2] for n in range(visitors)]
    with TemporaryDirectory(prefix="article-qa-load-") as home, _library(Path(home)) as qa:
        with _window(Path(home)) as url:
            all_at_once(url, [questions[:1]])  # the model is loaded
            alone = all_at_once(url, [questions[-20:]])
            together = all_at_once(url, pairs)
        expected = answers(qa, together)
    problems = [*faults(together, expected)]
    print("| visitors | answers | answers per second | p50 | p95 | overtaken by, at most |")
    print("|---|---|---|---|---|---|")
    for number, asked in ((1, alone), (visitors, together)):
        print(_row(number, [turn for own in asked for turn in own]))
    count = sum(map(len, together))
    print(
        f"{differing(together, expected)} of {count} answers differ in a quotation from those alone"
    )
    print("\n".join(problems) or "no error, and no answer in another visitor's conversation")
    return 1 if problems else 0


def _row(visitors: int, asked: Sequence[Asked]) -> str:
    times = quantiles([turn.answered - turn.sent for turn in asked], n=20, method="inclusive")
    span = max(turn.answered for turn in asked) - min(turn.sent for turn in asked)
    return (
        f"| {visitors} | {len(asked)} | {len(asked) / span:.1f} | {times[9]:.2f} s | {times[18]:.2f} s"
        f" | {overtaken(asked)} |"
    )


def _texts(value: Any) -> list[str]:
    """Return each text inside a JSON value without its markup."""
    if isinstance(value, str):
        return [_plain(value)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _texts(item)]


def _plain(text: str) -> str:
    """Return a text in one line, without markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@contextmanager
def _library(home: Path) -> Iterator[ArticleQA]:
    settings = Settings.load(home=home)
    encoder = open_encoder(settings)
    library = create_library(settings, encoder)
    sync(library, discover([SEEDS]), encoder)
    with ArticleQA(build_assistant(settings, library, encoder)) as qa:
        yield qa


@contextmanager
def _window(home: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "ui", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address, "the window does not open"
        try:
            yield address.group()
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())

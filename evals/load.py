"""Many visitors who ask at once, beside one alone: python -m evals.load [--visitors 50]."""

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
    """A question in the window: when it was sent, queued, begun and answered (seconds on one
    clock), all that the page was told of it, and what went wrong.
    """

    question: str
    sent: float
    queued: float
    begun: float
    answered: float
    told: str
    error: str = ""


class PoliteClient:
    """A conversation in the window, held as the page in a browser holds it."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False)
        self._session = uuid.uuid4().hex
        config = self._client.get("/config").json()
        (box,) = (
            each["id"]
            for each in config["components"]
            if each["props"].get("elem_id") == "question"
        )
        (self._event,) = (
            each for each in config["dependencies"] if [box, "submit"] in each["targets"]
        )

    def ask(self, question: str) -> Asked:
        data = [question, *[None] * (len(self._event["inputs"]) - 1)]
        body = {"fn_index": self._event["id"], "session_hash": self._session, "data": data}
        sent = time.perf_counter()
        joined = self._client.post("/gradio_api/queue/join", json=body)
        queued = begun = time.perf_counter()
        if joined.is_error:
            return Asked(question, sent, queued, begun, queued, "", joined.text)
        told: list[str] = []
        error = ""
        for message in self._messages():
            if message["msg"] == "process_starts":
                begun = time.perf_counter()
            told += _texts(message.get("output"))
            if message["msg"] == "process_completed":
                error = "" if message["success"] else str(message["output"])
        return Asked(question, sent, queued, begun, time.perf_counter(), "\n".join(told), error)

    def _messages(self) -> Iterator[dict[str, Any]]:
        place, session = "/gradio_api/queue/data", {"session_hash": self._session}
        with self._client.stream("GET", place, params=session) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line[5:])

    def close(self) -> None:
        self._client.close()


def all_at_once(url: str, questions: Sequence[Sequence[str]]) -> list[list[Asked]]:
    """Each visitor's answers to their questions, asked one after another beside all the others."""
    start = threading.Barrier(len(questions))

    def visit(own: Sequence[str]) -> list[Asked]:
        visitor = PoliteClient(url)
        start.wait()
        asked = [visitor.ask(question) for question in own]
        visitor.close()
        return asked

    with ThreadPoolExecutor(len(questions)) as visitors:
        return list(visitors.map(visit, questions))


def answers(qa: ArticleQA, asked: Sequence[Sequence[Asked]]) -> list[list[Answer]]:
    """What each of the questions gets in its conversation while nobody else asks."""
    return [_conversation(qa, [each.question for each in own]) for own in asked]


def _conversation(qa: ArticleQA, questions: Sequence[str]) -> list[Answer]:
    history: list[Answer] = []
    for question in questions:
        history.append(qa.ask(question, history=history))
    return history


def faults(asked: Sequence[Sequence[Asked]], alone: Sequence[Sequence[Answer]]) -> Iterator[str]:
    """What is wrong, a line each: errors, answers that are another's, and lost or strange turns.

    `alone` are the `answers` to what was asked.
    """
    questions = {each.question for own in asked for each in own}
    for own, expected in zip(asked, alone, strict=True):
        strange = questions - {turn.question for turn in own}
        for each, answer in zip(own, expected, strict=True):
            if each.error:
                yield f"{each.question}: {each.error}"
                continue
            # The best sentence alone: rounding, which differs under load, may decide a close third.
            lacking = _lacking(each, answer)
            if lacking and lacking[0] == _quotations(answer)[0]:
                yield f"{each.question}: its answer lacks “{lacking[0]}”"
            if any(question in each.told for question in strange):
                yield f"{each.question}: another's question is in the conversation"


def differing(asked: Sequence[Sequence[Asked]], alone: Sequence[Sequence[Answer]]) -> int:
    """How many answers lack any quotation of the answer that the same question gets `alone`."""
    pairs = zip((a for own in asked for a in own), (b for own in alone for b in own), strict=True)
    return sum(bool(_lacking(each, answer)) for each, answer in pairs)


def _lacking(asked: Asked, answer: Answer) -> list[str]:
    return [quote for quote in _quotations(answer) if _plain(quote) not in asked.told]


def _quotations(answer: Answer) -> list[str]:
    return [cited.quote for cited in answer.citations] or [REFUSAL]


def overtaken(asked: Sequence[Asked]) -> int:
    """By how many questions that were sent when it waited already the unluckiest was overtaken."""
    return max(
        sum(other.sent > each.queued and other.begun < each.begun for other in asked)
        for each in asked
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.load", description=__doc__)
    parser.add_argument("--visitors", type=int, default=50, metavar="N")
    visitors = parser.parse_args(argv).visitors
    questions = [each.text for each in load()]
    pairs = [questions[2 * n % len(questions) :][:2] for n in range(visitors)]
    with TemporaryDirectory(prefix="article-qa-load-") as home, _library(Path(home)) as qa:
        with _window(Path(home)) as url:
            all_at_once(url, [questions[:1]])  # the model is loaded
            alone = all_at_once(url, [questions[-20:]])
            together = all_at_once(url, pairs)
        expected = answers(qa, together)
    found = [*faults(together, expected)]
    print("| visitors | answers | answers a second | p50 | p95 | overtaken by, at most |")
    print("|---|---|---|---|---|---|")
    for who, what in ((1, alone), (visitors, together)):
        print(_row(who, [each for own in what for each in own]))
    count = sum(map(len, together))
    print(
        f"{differing(together, expected)} of {count} answers differ in a quotation from one alone"
    )
    print("\n".join(found) or "no error, and no answer in another's conversation")
    return 1 if found else 0


def _row(visitors: int, asked: Sequence[Asked]) -> str:
    took = quantiles([each.answered - each.sent for each in asked], n=20, method="inclusive")
    span = max(each.answered for each in asked) - min(each.sent for each in asked)
    return (
        f"| {visitors} | {len(asked)} | {len(asked) / span:.1f} | {took[9]:.2f} s | {took[18]:.2f} s"
        f" | {overtaken(asked)} |"
    )


def _texts(value: Any) -> list[str]:
    """Every text inside a JSON value, as it reads."""
    if isinstance(value, str):
        return [_plain(value)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]


def _plain(text: str) -> str:
    """Words without markup, on one line."""
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
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the window does not open"
        try:
            yield found.group()
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())

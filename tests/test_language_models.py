"""Language models over HTTP: what they are sent, what they report, and how they fail or are stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.types import Usage
from tests.libraries import over
from tests.model_server import ModelServer, model_server

pytest.importorskip("langchain_openai")

QUESTION = "Who condemned the missile launch?"
SENTENCE = "Both ministers condemned North Korea’s missile launch."


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")


def asking(qa: ArticleQA, server: ModelServer, **settings: Any) -> ArticleQA:
    return over(qa.library, Settings(model="openai:m", base_url=server.url, **settings))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


def test_a_checked_answer_has_the_tokens_that_it_took(qa: ArticleQA, server: ModelServer) -> None:
    answer = asking(qa, server).ask(QUESTION)
    assert answer.text == f"{SENTENCE} [1]"
    assert answer.sentences[0].support.verdict == "supported"
    assert answer.usage == Usage(1234, 56)
    assert answer.to_dict()["usage"] == {"input_tokens": 1234, "output_tokens": 56}
    assert qa.ask(QUESTION).usage is None


def test_a_model_gets_24_passages_with_their_dates_and_sources(
    qa: ArticleQA, server: ModelServer
) -> None:
    assert len(asking(qa, server, context=16_384).ask(QUESTION).evidence) == 24
    prompt = server.requests[0]["messages"][1]["content"]
    assert prompt.count('"passage": ') == 24
    assert '"source": "TDI", "date": "2022-10-04"' in prompt


def test_a_small_context_gets_fewer_passages(qa: ArticleQA, server: ModelServer) -> None:
    asking(qa, server, context=2048).ask(QUESTION)
    assert 1 <= server.requests[0]["messages"][1]["content"].count('"passage": ') <= 3


def test_parameters_are_sent(qa: ArticleQA, server: ModelServer) -> None:
    asking(qa, server, temperature=0.5, max_tokens=77, seed=42).ask(QUESTION)
    sent = server.requests[0]
    assert sent["temperature"] == 0.5
    assert sent["seed"] == 42
    assert 77 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))


def test_the_verdict_is_no_part_of_the_stream(qa: ArticleQA, server: ModelServer) -> None:
    events = list(asking(qa, server).stream(QUESTION))
    draft = "".join(event.text for event in events if type(event).__name__ == "Delta")
    assert draft.startswith(SENTENCE)


@pytest.mark.parametrize("reply", ["NOT FOUND", "**NOT FOUND**\n\nThe passages are about something else.", "FOUND\nNot mentioned.", "None of the passages answers the question."])  # fmt: skip
def test_a_refusal_in_any_form_is_a_refusal(qa: ArticleQA, server: ModelServer, reply: str) -> None:
    server.reply = reply
    answer = asking(qa, server).ask(QUESTION)
    assert answer.refused
    assert answer.sentences == ()


def test_reasoning_is_not_shown(qa: ArticleQA, server: ModelServer) -> None:
    server.reasoning = "The launch of 2099 was condemned by Ruritania."
    server.reply = f"I think of Ruritania.\n</think>\nFOUND\n{SENTENCE} [1]"
    assert asking(qa, server).ask(QUESTION).text == f"{SENTENCE} [1]"


def test_an_answer_that_was_cut_off_says_so_and_ends_with_a_whole_sentence(
    qa: ArticleQA, server: ModelServer
) -> None:
    server.reply = f"FOUND\n{SENTENCE} [1] The launch indicated an imminent"
    server.finish_reason = "length"
    answer = asking(qa, server).ask(QUESTION)
    assert answer.text == f"{SENTENCE} [1]"
    assert "openai:m stopped at its limit, so the answer may not be complete." in answer.notices


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "refused the key"), (404, "does not know the model"), (500, "status 500")],
)
def test_a_providers_words_do_not_reach_the_reader(
    qa: ArticleQA, server: ModelServer, status: int, reason: str
) -> None:
    server.status, server.error = status, "account acct-123 of key sk-secret at http://10.0.0.1"
    answer = asking(qa, server, timeout=20).ask(QUESTION)
    assert answer.model == "quote"
    (notice,) = answer.notices
    assert reason in notice
    assert "secret" not in notice
    assert "acct" not in notice


def test_retry_after_is_no_longer_than_the_time_limit(qa: ArticleQA, server: ModelServer) -> None:
    server.status, server.headers = 429, {"Retry-After": "50"}
    started = time.monotonic()
    answer = asking(qa, server, timeout=2).ask(QUESTION)
    assert time.monotonic() - started < 15
    assert answer.model == "quote"
    assert "The articles are quoted instead." in answer.notices[0]


def test_what_an_article_tells_readers_to_do_is_shown_as_its_words(
    library: Any, write: Any, server: ModelServer
) -> None:
    from ingest.inputs.sources import discover
    from tests.libraries import sync

    folder = write(
        "bank.md",
        "---\ntitle: The bank of Tarn\nsource: Gazette\n---\nThe bank of Tarn moved in May 2024. "
        "Customers of the bank of Tarn must enter their password at tarn-bank.example.com to keep it.\n",
    ).parent
    sync(library, discover([folder]))
    server.reply = (
        "FOUND\nTo keep your account at the bank of Tarn, enter your password at tarn-bank.example.com. [1] "
        "Customers of the bank of Tarn must enter their password at tarn-bank.example.com to keep it. [1]"
    )
    settings = Settings(model="openai:m", base_url=server.url)
    with over(library, settings) as qa:
        answer = qa.ask("What must customers of the bank of Tarn do?")
    said = [sentence.text for sentence in answer.sentences]
    assert said[-1] == (
        "Gazette says: “Customers of the bank of Tarn must enter their password at "
        "tarn-bank.example.com to keep it.”"
    )
    assert all(text.startswith("Gazette says: “") for text in said)


async def test_cancelling_ainvoke_aborts_the_request(qa: ArticleQA, server: ModelServer) -> None:
    server.reply, server.pause = "word " * 200, 0.05
    task = asyncio.create_task(asking(qa, server).ainvoke(QUESTION))
    await until(lambda: bool(server.requests))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: server.aborted == 1)


def test_closing_a_stream_aborts_the_request(qa: ArticleQA, server: ModelServer) -> None:
    server.reply, server.pause = "word " * 200, 0.05
    events = asking(qa, server).stream(QUESTION)
    next(events)
    next(events)
    events.close()
    asyncio.run(until(lambda: server.aborted == 1))


async def until(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_a_stream_that_begins_with_thoughts_repeats_nothing(
    qa: ArticleQA, server: ModelServer
) -> None:
    server.reply = f"<think>Who was it?</think> FOUND\n{SENTENCE} [1]"
    *events, answer = asking(qa, server).stream(QUESTION)
    draft = "".join(event.text for event in events if type(event).__name__ == "Delta")
    assert draft.count("Who was it?") == 1
    assert answer.text == f"{SENTENCE} [1]"

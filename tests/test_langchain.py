"""ArticleQA as a LangChain Runnable, and its retriever as a LangChain retriever."""

from __future__ import annotations

import asyncio

from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run

from rag.langchain import ArticleQA
from rag.types import Answer, Delta, Event, Found

QUESTION = "Who condemned the missile launch?"


def test_invoke_batch_and_ainvoke_return_the_same_answer(qa: ArticleQA) -> None:
    answer = qa.invoke(QUESTION)
    assert answer.citations
    assert [reply.text for reply in qa.batch([QUESTION, QUESTION])] == [answer.text] * 2  # type: ignore[union-attr]
    assert asyncio.run(qa.ainvoke(QUESTION)).text == answer.text  # type: ignore[union-attr]


def assert_complete(events: list[Event]) -> None:
    found, *deltas, answer = events
    assert isinstance(found, Found)
    assert found.evidence
    assert isinstance(answer, Answer)
    assert "".join(delta.text for delta in deltas if isinstance(delta, Delta)) == answer.text


def test_a_stream_yields_passages_then_text_then_the_answer(qa: ArticleQA) -> None:
    assert_complete(list(qa.stream(QUESTION)))
    assert_complete(list(qa.stream("What is the capital of Peru?")))


def test_astream_yields_the_same(qa: ArticleQA) -> None:
    async def collect() -> list[Event]:
        return [event async for event in qa.astream(QUESTION)]

    assert_complete(asyncio.run(collect()))


def test_it_composes_with_other_runnables(qa: ArticleQA) -> None:
    chain = (
        RunnableLambda(lambda name: f"Who condemned {name}?") | qa | (lambda answer: answer.text)
    )
    assert "Both ministers condemned" in chain.invoke("the missile launch")


def test_it_is_traced_as_one_run(qa: ArticleQA) -> None:
    class Tracer(BaseTracer):
        def __init__(self) -> None:
            super().__init__()
            self.finished: list[Run] = []

        def _persist_run(self, run: Run) -> None:
            self.finished.append(run)

    tracer = Tracer()
    qa.invoke(QUESTION, {"callbacks": [tracer]})
    assert [run.name for run in tracer.finished] == ["ArticleQA"]


def test_the_retriever_returns_langchain_documents(qa: ArticleQA) -> None:
    documents = qa.retriever.invoke(QUESTION)
    assert 1 <= len(documents) <= 10
    assert all(isinstance(document, Document) for document in documents)
    first = documents[0]
    article = qa.article(first.metadata["article_id"])
    assert article is not None
    assert article.text[first.metadata["start"] : first.metadata["end"]] == first.page_content
    assert first.metadata["published"] == "2022-10-04"
    assert all(0 <= document.metadata["score"] <= 1 for document in documents)


def test_the_retriever_feeds_a_chain_that_streams_documents_first(qa: ArticleQA) -> None:
    from langchain_core.runnables import RunnablePassthrough

    chain = RunnablePassthrough.assign(docs=lambda x: qa.retriever.invoke(x["question"])).assign(
        answer=lambda x: qa.invoke(x["question"]).text
    )
    keys = [key for chunk in chain.stream({"question": QUESTION}) for key in chunk]
    assert keys.index("docs") < keys.index("answer")

"""ArticleQA: ask a question, get a cited answer."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor

from rag import citations
from rag.answerers import Answerer, QuotingAnswerer
from rag.catalog import Summary
from rag.encoder import SentenceTransformerEncoder
from rag.evidence import suffices
from rag.library import Library
from rag.render import refusal
from rag.retriever import HybridRetriever
from rag.settings import Settings
from rag.types import Answer, Article, Citation, Delta, Event, Found


class ArticleQA(Runnable[str, Event]):
    """Answers questions from a library of articles.

    A LangChain Runnable: `invoke` makes an Answer of a question, `stream` yields Events.

    Safe to share among threads. Every question sees the newest articles.
    """

    def __init__(
        self, retriever: HybridRetriever, answerer: Answerer, *, threshold: float = 0.51
    ) -> None:
        self.retriever = retriever
        self._answerer = answerer
        self._threshold = threshold

    @classmethod
    def open(cls, home: str | Path | None = None) -> ArticleQA:
        """Open the library in `home` (ARTICLE_QA_HOME when it is left out) as the settings say.

        Raises NoLibraryError, ModelMismatchError or SettingsError.
        """
        return cls.from_settings(Settings.load(home=home))

    @classmethod
    def from_settings(cls, settings: Settings) -> ArticleQA:
        encoder = SentenceTransformerEncoder(settings.encoder, settings.precision)
        return cls.over(Library.open(settings.home, encoder), settings)

    @classmethod
    def over(cls, library: Library, settings: Settings) -> ArticleQA:
        """Answer from a library that is open already."""
        retriever = HybridRetriever(
            library=library, candidates=settings.candidates, rerank=settings.rerank
        )
        return cls(retriever, QuotingAnswerer(settings.sentences), threshold=settings.threshold)

    def ask(self, question: str) -> Answer:
        """The answer to a question; raises QuestionError for one that is empty or far too long."""
        return self.invoke(question)

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        return cast(Answer, self._call_with_config(self._answer, input, config))

    def stream(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Generator[Event]:
        """Found, then Deltas of text, then the whole Answer."""
        yield from self._transform_stream_with_config(iter([input]), self._transform, config)

    async def astream(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncGenerator[Event]:
        events = self.stream(input, config)
        while (event := await run_in_executor(config, next, events, None)) is not None:
            yield event

    def articles(self) -> list[Summary]:
        """What is in the library, newest first."""
        with self.retriever.library.catalog.reading() as catalog:
            return catalog.summaries()

    def article(self, article_id: str) -> Article | None:
        """A whole article; None when it is not, or no longer, in the library."""
        with self.retriever.library.catalog.reading() as catalog:
            return catalog.article(article_id)

    def close(self) -> None:
        self.retriever.library.close()

    def __enter__(self) -> ArticleQA:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answer(self, question: str) -> Answer:
        *_, answer = self._events(question)
        assert isinstance(answer, Answer)
        return answer

    def _transform(self, questions: Iterator[str]) -> Iterator[Event]:
        for question in questions:
            yield from self._events(question)

    def _events(self, question: str) -> Iterator[Event]:
        started = time.perf_counter()
        ranking = self.retriever.rank(question)
        yield Found(ranking.evidence)
        cited: list[Citation] = []
        if suffices(ranking.evidence, self._threshold, ranking.passages):
            for quotation in self._answerer.answer(ranking.question, ranking.evidence):
                copies = ranking.copies.get(quotation.article.story, [])
                citation = citations.cite(quotation, len(cited) + 1, copies)
                yield Delta((" " if cited else "") + citations.marked(citations.quoted(citation)))
                cited.append(citation)
        sentences = tuple(citations.quoted(citation) for citation in cited)
        nearest = () if cited else citations.nearest(ranking.evidence)
        text = " ".join(map(citations.marked, sentences)) or refusal(nearest)
        if not cited:
            yield Delta(text)
        yield Answer(
            question=ranking.question,
            text=text,
            sentences=sentences,
            citations=tuple(cited),
            refused=not cited,
            nearest=nearest,
            evidence=ranking.evidence,
            timings={**ranking.timings, "total": time.perf_counter() - started},
        )

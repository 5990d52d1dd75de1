"""ArticleQA and HybridRetriever: the product as a LangChain Runnable and a LangChain retriever."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor
from pydantic import ConfigDict, SkipValidation

from rag.assistant import Assistant, Options
from rag.corrections import correct
from rag.llm.chat import Call, ChatModel
from rag.opening import build_assistant, open_encoder, open_library
from rag.retrieval.retriever import Ranking, Retriever
from rag.settings import Settings
from rag.store.library import Library
from rag.types import QUOTE, Answer, Article, Entry, Event, Evidence, Scope, Summary


class HybridRetriever(BaseRetriever):
    """Retrieves passages by meaning and by words, for any LangChain chain.

    Each Document is a passage. Its metadata are `article_id`, `title`, `url`, `published`,
    `source`, `place`, `start` and `end` (characters of the article) and `score`: how well the
    passage covers the query (0 to 1). The best sentence, not the score, decides the order.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: SkipValidation[Library]
    retriever: SkipValidation[Retriever]

    @property
    def rerank(self) -> int:
        """How many passages are read by default."""
        return self.retriever.rerank

    def rank(self, question: str, scope: Scope = Scope(), k: int | None = None) -> Ranking:
        """Return the evidence for a question; see rag.retrieval.retriever.Retriever.rank."""
        with self.library.snapshot() as snapshot:
            return self.retriever.rank(snapshot, question, scope, k=k)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return list(map(_document, self.rank(query, k=self.rerank).evidence))


class ArticleQA(Runnable[str, Event]):
    """Answers questions from a library of articles.

    A LangChain Runnable: `invoke` turns a question into an Answer, `stream` yields Events. Both
    accept the options of `ask`. Safe to share among threads. Every question sees the newest
    articles.
    """

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant

    @classmethod
    def open(
        cls, home: str | Path | None = None, *, model: str | BaseChatModel | None = None
    ) -> ArticleQA:
        """Open the library in `home`, by default ARTICLE_QA_HOME, with the settings.

        `model` writes the answers: a name as in ARTICLE_QA_MODEL, or any LangChain chat model.
        Raises NoLibraryError, ModelMismatchError, ModelError or SettingsError.
        """
        name = model if isinstance(model, str) else None
        settings = Settings.load(home=home, model=name)
        chat = None
        if model is not None and not isinstance(model, str):
            chat = ChatModel.of(model, settings.timeout)
        encoder = open_encoder(settings)
        return cls(build_assistant(settings, open_library(settings, encoder), encoder, chat))

    @property
    def library(self) -> Library:
        return self.assistant.library

    @property
    def retriever(self) -> HybridRetriever:
        """The retrieval alone, as a LangChain retriever."""
        return HybridRetriever(library=self.library, retriever=self.assistant.retriever)

    @property
    def language_model(self) -> str | None:
        """The name of the language model that writes the answers; None if they are quoted."""
        return self.assistant.answerer.language_model

    @property
    def model(self) -> str:
        """What answers: "quote", or the name of a language model."""
        return self.language_model or QUOTE

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Answer] = (),
        after: date | str | None = None,
        before: date | str | None = None,
        source: str | Sequence[str] | None = None,
        k: int | None = None,
        as_of: date | str | None = None,
    ) -> Answer:
        """Return the answer to a question.

        `history` holds the previous answers, oldest first; a question that depends on them is
        understood with them. `after` and `before` are the first and last day of publication,
        `source` one source or several, `k` the number of passages to read. `as_of` is the day
        from which "this week" or "latest" is understood, by default today.

        Raises QuestionError if the question is empty or far too long, or a filter is not valid.
        """
        return self.invoke(
            question,
            history=history,
            after=after,
            before=before,
            source=source,
            k=k,
            as_of=as_of,
        )

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Return the answer to a question; takes the options of `ask`."""
        answer = partial(_answer, self.assistant, kwargs)
        return cast(Answer, self._call_with_config(answer, input, config))

    async def ainvoke(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Answer:
        """Return the same as `invoke`. Cancelling it stops a language model that is writing."""
        stop = kwargs.pop("stop", None) or threading.Event()
        invoke = partial(self.invoke, input, config, stop=stop, **kwargs)
        try:
            return await run_in_executor(config, invoke)
        finally:
            stop.set()

    def stream(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Generator[Event]:
        """Yield Found, then Deltas of text, then the whole Answer; takes the options of `ask`.

        Closing the stream stops a language model that is writing. So does setting `stop`, a
        threading.Event; no Answer comes then.
        """
        transform = partial(_events, self.assistant, kwargs)
        yield from self._transform_stream_with_config(iter([input]), transform, config)

    async def astream(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncGenerator[Event]:
        """Yield the same as `stream`."""
        stop = kwargs.setdefault("stop", None) or threading.Event()
        events = self.stream(input, config, **{**kwargs, "stop": stop})
        try:
            while (event := await run_in_executor(config, next, events, None)) is not None:
                yield event
        finally:
            stop.set()

    def answerable(self, question: str) -> bool:
        """Return whether the articles answer a question; no language model is asked."""
        return self.assistant.is_answerable(question)

    def articles(self, limit: int | None = None) -> list[Summary]:
        """Return the articles of the library, newest first, up to a limit."""
        with self.library.snapshot() as snapshot:
            return list(snapshot.listing(limit=limit))

    def article(self, article_id: str) -> Article | None:
        """Return an article with its text; None if it is not in the library."""
        with self.library.snapshot() as snapshot:
            return snapshot.articles([article_id]).get(article_id)

    def correct(
        self,
        article_id: str,
        *,
        title: str | None = None,
        published: date | str | None = None,
        source: str | None = None,
    ) -> Entry:
        """Correct what is known of an article, for good; see rag.corrections.correct."""
        return correct(self.library, article_id, title=title, published=published, source=source)

    def sources(self) -> list[str]:
        """Return the names of all sources in alphabetical order."""
        with self.library.snapshot() as snapshot:
            return snapshot.sources()

    def close(self) -> None:
        """Close the library."""
        self.library.close()

    def __enter__(self) -> ArticleQA:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _answer(
    assistant: Assistant, options: dict[str, Any], question: str, config: RunnableConfig
) -> Answer:
    return assistant.answer(question, _options(options, config))


def _events(
    assistant: Assistant,
    options: dict[str, Any],
    questions: Iterator[str],
    config: RunnableConfig,
) -> Iterator[Event]:
    for question in questions:
        yield from assistant.events(question, _options(options, config))


def _options(given: dict[str, Any], config: RunnableConfig) -> Options:
    options = dict(given)
    stop = options.pop("stop", None)
    return Options(**options, call=Call(stop, config))


def _document(evidence: Evidence) -> Document:
    article, passage = evidence.article, evidence.passage
    return Document(
        id=passage.id,
        page_content=evidence.text,
        metadata={
            "article_id": article.id,
            "title": article.title,
            "url": article.url,
            "published": article.published.isoformat() if article.published else None,
            "source": article.source,
            "place": article.place,
            "start": passage.start,
            "end": passage.end,
            "score": evidence.score,
        },
    )

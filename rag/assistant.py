"""ArticleQA: ask a question, get a cited answer."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor

from rag.answering import notices
from rag.answering.answerers import Answerer, QuotingAnswerer, Remark, WritingAnswerer
from rag.answering.citations import Citations, Stated, marked, nearest
from rag.answering.render import refusal
from rag.checking.checker import Checker
from rag.checking.conflicts import conflicts
from rag.encoders.export import ExportedEncoder
from rag.errors import ModelError
from rag.followups.standalone import Followups
from rag.llm.models import QUOTE, chat_model, display_name
from rag.retrieval.late_interaction import is_answerable
from rag.retrieval.retriever import HybridRetriever, Ranking, checked
from rag.retrieval.scope import scope_of
from rag.settings import Settings
from rag.store.embedded.library import Library
from rag.types import (
    Answer,
    Article,
    Citation,
    Delta,
    Event,
    Found,
    Scope,
    Searched,
    Sentence,
    Summary,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class ArticleQA(Runnable[str, Event]):
    """Answers questions from a library of articles.

    A LangChain Runnable: `invoke` makes an Answer of a question, `stream` yields Events. Both take
    the options of `ask` as well.

    Safe to share among threads. Every question sees the newest articles.
    """

    def __init__(
        self,
        retriever: HybridRetriever,
        answerer: Answerer,
        *,
        threshold: float = 0.51,
        checker: Checker | None = None,
        quoting: Answerer | None = None,
        followups: Followups | None = None,
        strict: bool = False,
    ) -> None:
        self.retriever = retriever
        self._answerer = answerer
        self._quoting = quoting or QuotingAnswerer()
        self._followups = followups or Followups()
        self.checker = checker or Checker(retriever.library.encoder, retriever.frequencies)
        self._threshold = threshold
        self._strict = strict

    @classmethod
    def open(
        cls, home: str | Path | None = None, *, model: str | BaseChatModel | None = None
    ) -> ArticleQA:
        """Open the library in `home` (ARTICLE_QA_HOME when it is left out) as the settings say.

        `model` words the answers: a name as in ARTICLE_QA_MODEL, or any LangChain chat model.
        Raises NoLibraryError, ModelMismatchError, ModelError or SettingsError.
        """
        named = model if isinstance(model, str) else None
        chat = None if isinstance(model, str) else model
        return cls.from_settings(Settings.load(home=home, model=named), chat)

    @classmethod
    def from_settings(cls, settings: Settings, model: BaseChatModel | None = None) -> ArticleQA:
        library = Library.open(settings.home, ExportedEncoder.from_settings(settings))
        return cls.over(library, settings, model)

    @classmethod
    def over(
        cls, library: Library, settings: Settings, model: BaseChatModel | None = None
    ) -> ArticleQA:
        """Answer from a library that is open already."""
        retriever = HybridRetriever(
            library=library, candidates=settings.candidates, rerank=settings.rerank
        )
        quoting = QuotingAnswerer(settings.sentences)
        name = settings.model
        if model is not None:
            name = _name(model)
        elif name != QUOTE:
            model = chat_model(name, settings.base_url)
            name = display_name(name)
        checker = Checker(library.encoder, retriever.frequencies)
        return cls(
            retriever,
            WritingAnswerer(model, checker, name, settings.timeout)
            if model is not None
            else quoting,
            threshold=settings.threshold,
            checker=checker,
            quoting=quoting,
            followups=Followups(model, settings.timeout),
            strict=settings.strict,
        )

    @property
    def model(self) -> str:
        """Who words the answers: "quote", or the name of a language model."""
        return self._answerer.model

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Answer] = (),
        after: date | str | None = None,
        before: date | str | None = None,
        source: str | Sequence[str] | None = None,
        k: int | None = None,
    ) -> Answer:
        """The answer to a question.

        `history` are the answers that were given before, oldest first: a question that needs_context on
        them is understood with them. `after` and `before` are the first and the last day of
        publication, `source` one or more of the sources, `k` how many passages are read.

        Raises QuestionError for a question that is empty or far too long, and for a scope that
        cannot be.
        """
        return self.invoke(
            question, history=history, after=after, before=before, source=source, k=k
        )

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """As `ask`."""
        answer = partial(self._answer, _Options(**kwargs))
        return cast(Answer, self._call_with_config(answer, input, config))

    def stream(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Generator[Event]:
        """Found, then Deltas of text, then the whole Answer; takes the options of `ask`.

        Closing the stream stops a language model that is writing. So does setting `stop`, a
        threading.Event: no Answer comes then.
        """
        transform = partial(self._transform, _Options(**kwargs))
        yield from self._transform_stream_with_config(iter([input]), transform, config)

    async def astream(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncGenerator[Event]:
        """As `stream`."""
        stop = kwargs.setdefault("stop", None) or threading.Event()
        events = self.stream(input, config, **{**kwargs, "stop": stop})
        try:
            while (event := await run_in_executor(config, next, events, None)) is not None:
                yield event
        finally:
            stop.set()

    def answerable(self, question: str) -> bool:
        """Whether the articles say enough to a question; no language model is asked.

        Raises QuestionError as `ask` does.
        """
        ranking = self.retriever.rank(question)
        return is_answerable(ranking.evidence, self._threshold, ranking.passages)

    def articles(self, limit: int | None = None) -> list[Summary]:
        """What is in the library, newest first, or as much of it."""
        with self.retriever.library.catalog.reading() as catalog:
            return catalog.summaries(limit)

    def article(self, article_id: str) -> Article | None:
        """A whole article; None when it is not, or no longer, in the library."""
        with self.retriever.library.catalog.reading() as catalog:
            return catalog.article(article_id)

    def sources(self) -> list[str]:
        """The names of all sources, in alphabetical order."""
        with self.retriever.library.catalog.reading() as catalog:
            return catalog.sources()

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

    def _answer(self, options: _Options, question: str, config: RunnableConfig) -> Answer:
        *_, answer = self._events(options, question, config)
        assert isinstance(answer, Answer)
        return answer

    def _transform(
        self, options: _Options, questions: Iterator[str], config: RunnableConfig
    ) -> Iterator[Event]:
        for question in questions:
            yield from self._events(options, question, config)

    def _events(self, options: _Options, question: str, config: RunnableConfig) -> Iterator[Event]:
        started = time.perf_counter()
        question = checked(question)
        scope = scope_of(options.after, options.before, options.source)
        understood = self._followups.standalone(question, options.history, options.stop, config)
        rewritten = understood if understood != question else None
        rewriting = time.perf_counter() - started
        # A language model gets all that it may be told; a quotation needs no more than the best.
        k = options.k if self.model == QUOTE else options.k or self.retriever.rerank
        ranking = self.retriever.rank(understood, scope, k)
        yield Found(ranking.evidence, rewritten)
        said = _Said(self.model)
        if is_answerable(ranking.evidence, self._threshold, ranking.passages):
            said = yield from self._say(ranking, options, config)
        if options.stop and options.stop.is_set():
            return
        citations = Citations(ranking.copies)
        sentences = tuple(map(citations.sentence, said.stated))
        near = () if sentences else nearest(ranking.evidence)
        text = " ".join(map(marked, sentences)) or refusal(near)
        if not sentences and not said.drafted:
            yield Delta(text)
        listened = time.perf_counter()
        found = self._compared(ranking, citations.made)
        timings = {
            "rewrite": rewriting,
            **ranking.timings,
            **said.timings,
            "compare": time.perf_counter() - listened,
            "total": time.perf_counter() - started,
        }
        yield Answer(
            question=question,
            text=text,
            sentences=sentences,
            citations=citations.made,
            refused=not sentences,
            nearest=near,
            searched=None if sentences else self._extent(ranking.scope),
            notices=(*said.notices, *found),
            model=said.model,
            rewritten_question=rewritten,
            scope=ranking.scope,
            evidence=ranking.evidence,
            timings=timings,
        )

    def _say(
        self, ranking: Ranking, options: _Options, config: RunnableConfig
    ) -> Generator[Event, None, _Said]:
        """What is said to a question; quoted, where a model fails or says nothing that is true."""
        said = _Said(self.model)
        asked = ranking.question, ranking.evidence
        try:
            answer = self._answerer.answer(*asked, stop=options.stop, config=config)
            yield from said.listen(answer)
        except ModelError as error:
            said = _Said(QUOTE, [notices.failed(self.model, str(error))], drafted=True)
        false = [each for each in said.stated if not each.quotations]
        if self._strict and false:
            said.stated = [each for each in said.stated if each.quotations]
            said.notices.append(notices.left_out(len(false)))
            if not said.stated:
                said = _Said(QUOTE, [notices.nothing_left(self.model)], drafted=True)
        if said.model != self.model:
            # The draft was shown already; what replaces it comes with the Answer.
            for _ in said.listen(self._quoting.answer(*asked)):
                pass
        return said

    def _extent(self, scope: Scope) -> Searched:
        with self.retriever.library.catalog.reading() as catalog:
            return catalog.extent(scope)

    def _compared(self, ranking: Ranking, cited: Sequence[Citation]) -> list[str]:
        """What a reader should know of the sources: that they are old, or disagree."""
        with self.retriever.library.catalog.reading() as catalog:
            old = notices.age(cited, catalog.dates(ranking.scope)) if cited else None
        found = conflicts(cited, ranking.evidence, self.checker)
        return [*([old] if old else []), *map(notices.disagreement, found)]


@dataclass(frozen=True, slots=True)
class _Options:
    """What `ask` takes beside the question."""

    history: Sequence[Answer] = ()
    after: date | str | None = None
    before: date | str | None = None
    source: str | Sequence[str] | None = None
    k: int | None = None
    stop: threading.Event | None = None


@dataclass(slots=True)
class _Said:
    """What has been said so far, and how long it took."""

    model: str
    notices: list[str] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    drafted: bool = False

    def listen(self, answer: Iterable[Delta | Remark | Stated]) -> Iterator[Delta]:
        """Note down what is answered; what is not drafted first is told as it comes."""
        started = written = time.perf_counter()
        for each in answer:
            if isinstance(each, Delta):
                self.drafted = True
                yield each
                written = time.perf_counter()
            elif isinstance(each, Remark):
                self.notices.append(notices.remarked(each.text))
            else:
                self.stated.append(each)
                if not self.drafted:
                    yield Delta(self._latest())
        self.timings = {"write": written - started, "check": time.perf_counter() - written}

    def _latest(self) -> str:
        number = len(self.stated)
        sentence = marked(Sentence(self.stated[-1].text, (number,)))
        return f" {sentence}" if number > 1 else sentence


def _name(model: BaseChatModel) -> str:
    known = (getattr(model, name, None) for name in ("model_name", "model"))
    return next((name for name in known if isinstance(name, str)), type(model).__name__)

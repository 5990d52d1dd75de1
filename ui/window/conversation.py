"""A conversation: questions, and what was said to each."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

from rag.errors import ArticleQAError
from rag.langchain import ArticleQA
from rag.retrieval.scope import scope_of
from rag.types import Answer, Delta, Event, Found, Scope
from ui.window import page

_PATIENCE = 0.1  # seconds until a stop is noticed while nothing comes


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what is said to it, and the sources of that if there are any, as HTML.

    `answer` is what was said, without its evidence, if that was an answer; else `problem` says why
    there is none, or `draft` is as far as it came.
    """

    question: str
    said: str
    sources: str = ""
    answer: Answer | None = None
    problem: str = ""
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Only:
    """The articles that a visitor wants asked: the first and the last day as written, the sources."""

    after: str = ""
    before: str = ""
    sources: tuple[str, ...] = ()

    def scope(self) -> Scope:
        """Raises QuestionError for a day that is none."""
        return scope_of(self.after, self.before, self.sources)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of one visitor; `stop` is set by whoever wants the answer in the making to end."""

    turns: tuple[Turn, ...] = ()
    stop: threading.Event | None = field(default=None, compare=False)

    def before(self, number: int) -> Conversation:
        """What came before a turn; the first has number 1."""
        return replace(self, turns=self.turns[: number - 1])

    def before_last(self) -> Conversation:
        return self.before(len(self.turns))

    def history(self) -> list[Answer]:
        """The answers so far, on which the next question may lean."""
        return [turn.answer for turn in self.turns if turn.answer]

    def messages(self) -> list[dict[str, str]]:
        """The turns as Gradio's chat takes them; the contents are HTML."""
        return [
            message
            for number, turn in enumerate(self.turns, 1)
            for message in (
                {"role": "user", "content": page.question(turn.question, number)},
                {"role": "assistant", "content": turn.said},
            )
        ]

    def sources(self) -> str:
        """The sources of all answers as HTML; the page shows one answer's at a time."""
        return "".join(turn.sources for turn in self.turns)


def reply(
    qa: ArticleQA, question: str, before: Conversation, only: Only = Only()
) -> Iterator[Conversation]:
    """The conversation after a question, again and again while the answer comes.

    What goes wrong is said in the conversation; nothing is raised. Whoever closes the iterator or
    sets the conversation's `stop` ends the answer, and with it the language model's work.
    """
    stop = threading.Event()

    def with_turn(said: str, **more: Any) -> Conversation:
        return Conversation((*before.turns, Turn(question, said, **more)), stop)

    def failed(reason: str) -> Conversation:
        return with_turn(page.problem(reason), problem=reason)

    yield with_turn(page.waiting("Searching the articles"))
    text = understood = ""
    try:
        if not qa.articles(1):
            yield with_turn(page.no_articles(), problem=page.NO_ARTICLES)
            return
        events = qa.stream(
            question,
            history=before.history(),
            after=only.after,
            before=only.before,
            source=only.sources,
            stop=stop,
        )
        for event, is_latest in _until(stop, events):
            if isinstance(event, Found):
                understood = page.understood(event.rewritten_question)
                yield with_turn(understood + page.waiting("Reading what was found"))
            elif isinstance(event, Delta):
                text += event.text
                if is_latest:  # what is shown may come more slowly than what is written
                    yield with_turn(understood + page.draft(text, qa.model))
            elif isinstance(event, Answer):
                number = len(before.turns) + 1
                yield with_turn(
                    page.answer(event, number),
                    sources=page.sources(event, number),
                    answer=replace(event, evidence=()),
                )
                return
        yield with_turn(understood + page.stopped(text, qa.model), draft=text)
    except ArticleQAError as error:
        yield failed(str(error))
    except Exception:  # the visitor is told, and whoever runs the window finds the cause in the log
        logging.getLogger(__name__).exception("a question failed")
        yield failed("something went wrong; the window’s log says what")
    finally:
        stop.set()


def _until(stop: threading.Event, events: Iterator[Event]) -> Iterator[tuple[Event, bool]]:
    """Events as they come, each with whether it is the latest, until `stop` is set: at once then,
    even while the next is awaited.

    Gradio's own way to cancel loses the visitor's state when it meets a step in progress.
    """
    came: SimpleQueue[Event | Exception | None] = SimpleQueue()

    def fetch() -> None:
        try:
            for event in events:
                came.put(event)
                if stop.is_set():
                    return
            came.put(None)
        except Exception as error:  # raised again by the thread that waits
            came.put(error)

    threading.Thread(target=fetch, daemon=True).start()
    while not stop.is_set():
        try:
            event = came.get(timeout=_PATIENCE)
        except Empty:
            continue
        if event is None:
            return
        if isinstance(event, Exception):
            raise event
        yield event, came.empty()

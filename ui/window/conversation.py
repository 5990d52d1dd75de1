"""A conversation: questions and the replies to them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue

from rag.errors import ArticleQAError
from rag.langchain import ArticleQA
from rag.retrieval.scope import scope_of
from rag.types import Answer, Delta, Event, Found, Scope
from ui.window import cards, messages

_POLL = 0.1  # seconds until a stop is noticed while no event arrives


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the reply to it; `content` and `sources` are HTML.

    One of the rest is set: the `answer` without its evidence, the `problem` that prevented one, or
    the `draft` that was stopped.
    """

    question: str
    content: str
    sources: str = ""
    answer: Answer | None = None
    problem: str = ""
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles to search, as the visitor typed it: the first day, the last day, the sources."""

    after: str = ""
    before: str = ""
    sources: tuple[str, ...] = ()

    def scope(self) -> Scope:
        """Return the scope. Raises QuestionError if a date cannot be read."""
        return scope_of(self.after, self.before, self.sources)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of one visitor. Setting `stop` ends the answer that is being written."""

    turns: tuple[Turn, ...] = ()
    stop: threading.Event | None = field(default=None, compare=False)

    def before(self, number: int) -> Conversation:
        """Return what precedes a turn; the first turn has number 1."""
        return replace(self, turns=self.turns[: number - 1])

    def before_last(self) -> Conversation:
        """Return the conversation without its last turn."""
        return self.before(len(self.turns))

    def history(self) -> list[Answer]:
        """Return the answers, oldest first, on which a follow-up question may depend."""
        return [turn.answer for turn in self.turns if turn.answer]

    def suggestion(self, turn: int, number: int) -> str | None:
        """Return a question that the answer of a turn suggests; both are counted from 1."""
        suggestions = {
            (turn_number, position): suggestion
            for turn_number, answered in enumerate(self.turns, 1)
            if answered.answer
            for position, suggestion in enumerate(answered.answer.suggestions, 1)
        }
        return suggestions.get((turn, number))

    def messages(self) -> list[dict[str, str]]:
        """Return the turns as messages of gr.Chatbot; their contents are HTML."""
        result = []
        for number, turn in enumerate(self.turns, 1):
            question = messages.question(turn.question, number)
            result.append({"role": "user", "content": question})
            result.append({"role": "assistant", "content": turn.content})
        return result

    def sources(self) -> str:
        """Return the sources of all answers as HTML; the page shows those of one at a time."""
        return "".join(turn.sources for turn in self.turns)


def reply(
    qa: ArticleQA, question: str, before: Conversation, filters: Filters = Filters()
) -> Iterator[Conversation]:
    """Yield the conversation with a new turn, again whenever there is more of the answer.

    Nothing is raised: the last turn says what went wrong. Closing the iterator or setting the
    conversation's `stop` stops the language model.
    """
    stop = threading.Event()
    try:
        for turn in _turns(qa, question, before, filters, stop):
            yield Conversation((*before.turns, turn), stop)
    except ArticleQAError as error:
        yield Conversation((*before.turns, _failed(question, str(error))), stop)
    except Exception:  # unexpected: the details are for whoever runs the window
        logging.getLogger(__name__).exception("a question failed")
        reason = "something went wrong; see the log of the window"
        yield Conversation((*before.turns, _failed(question, reason)), stop)
    finally:
        stop.set()


def _failed(question: str, reason: str) -> Turn:
    return Turn(question, messages.problem(reason), problem=reason)


def _turns(
    qa: ArticleQA, question: str, before: Conversation, filters: Filters, stop: threading.Event
) -> Iterator[Turn]:
    """Yield the new turn in its states; the last one is complete."""
    yield Turn(question, messages.waiting("Searching the articles"))
    with qa.library.snapshot() as snapshot:
        is_empty = snapshot.is_empty()
    if is_empty:
        yield Turn(question, messages.no_articles(), problem=messages.NO_ARTICLES)
        return
    events = qa.stream(
        question,
        history=before.history(),
        after=filters.after,
        before=filters.before,
        source=filters.sources,
        stop=stop,
    )
    text, rewritten = "", None
    for event, is_latest in _until(stop, events):
        if isinstance(event, Found):
            rewritten = event.rewritten_question
            yield Turn(question, messages.waiting("Reading the passages", rewritten))
        elif isinstance(event, Delta):
            text += event.text
            if is_latest:  # the page may be slower than the model
                yield Turn(question, messages.draft(text, qa.language_model, rewritten))
        elif isinstance(event, Answer):
            yield answered(question, event, len(before.turns) + 1)
            return
    yield Turn(question, messages.stopped(text, qa.language_model, rewritten), draft=text)


def answered(question: str, answer: Answer, number: int) -> Turn:
    """Return a turn with its answer, which loses its evidence; the first turn has number 1."""
    return Turn(
        question,
        messages.answer(answer, number),
        cards.sources(answer, number),
        replace(answer, evidence=()),
    )


def _until(stop: threading.Event, events: Iterator[Event]) -> Iterator[tuple[Event, bool]]:
    """Yield events, each with whether it is the latest, until `stop` is set.

    It ends at once then, even while it waits for an event. Gradio's own way to cancel loses the
    visitor's state if it interrupts a step.
    """
    queue: SimpleQueue[Event | Exception | None] = SimpleQueue()

    def fetch() -> None:
        try:
            for event in events:
                queue.put(event)
                if stop.is_set():
                    return
            queue.put(None)
        except Exception as error:  # raised again by the waiting thread
            queue.put(error)

    threading.Thread(target=fetch, daemon=True).start()
    while not stop.is_set():
        try:
            event = queue.get(timeout=_POLL)
        except Empty:
            continue
        if event is None:
            return
        if isinstance(event, Exception):
            raise event
        yield event, queue.empty()

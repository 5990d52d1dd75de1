"""A conversation: questions, and what was said to each."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.assistant import ArticleQA
from rag.catalog import Summary
from rag.errors import ArticleQAError
from rag.types import Answer, Delta
from ui import page

EXAMPLES = {
    "Who condemned the missile launch?": "held a telephone meeting with Foreign Minister of Japan",
    "What is the alliance based on?": "held a telephone meeting with Foreign Minister of Japan",
    "How many nuclear tests has North Korea carried out?": "North Korea’s six nuclear tests",
    "What is the capital of Peru?": "North Korea’s six nuclear tests",
}
"""Questions about the seed articles, each with words of the title that it needs."""

_LONGEST_TITLE = 60  # characters of a title in an example


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with the answer and its sources as HTML; both are empty until something is said."""

    question: str
    said: str = ""
    sources: str = ""


Turns = tuple[Turn, ...]


def reply(qa: ArticleQA, question: str, before: Turns) -> Iterator[Turns]:
    """The conversation after a question, again and again while the answer comes.

    What goes wrong is said in the conversation; nothing is raised.
    """
    yield (*before, Turn(question))
    text = ""
    try:
        for event in qa.stream(question):
            if isinstance(event, Delta):
                text += event.text
                yield (*before, Turn(question, page.draft(text)))
            elif isinstance(event, Answer):
                yield (*before, answered(question, event, len(before) + 1))
    except ArticleQAError as error:
        yield (*before, Turn(question, page.problem(str(error))))
    except Exception:  # a visitor is told, and whoever runs the window finds the cause in the log
        logging.getLogger(__name__).exception("a question failed")
        yield (*before, Turn(question, page.problem("something went wrong; the log says what")))


def answered(question: str, answer: Answer, number: int) -> Turn:
    return Turn(question, page.answer(answer, number), page.sources(answer, number))


def stopped(turns: Turns) -> Turns:
    """The conversation when its visitor has stopped the answer to the last question."""
    if not turns or turns[-1].sources:
        return turns
    last = turns[-1]
    return (*turns[:-1], Turn(last.question, last.said + page.problem("stopped")))


def messages(turns: Turns) -> list[dict[str, str]]:
    """The conversation as Gradio's chat shows it; the contents are HTML."""
    shown = []
    for turn in turns:
        shown.append({"role": "user", "content": page.question(turn.question)})
        if turn.said:
            shown.append({"role": "assistant", "content": turn.said})
    return shown


def sources(turns: Turns) -> str:
    """The sources of every answer; the window shows those of the latest."""
    return "".join(turn.sources for turn in turns)


def examples(articles: Sequence[Summary]) -> list[str]:
    """Questions to begin with: the seeds' own where they are, else about the newest titles."""
    titles = [article.title for article in articles]
    if all(any(words in title for title in titles) for words in EXAMPLES.values()):
        return list(EXAMPLES)
    return [f"What is said about “{_short(title)}”?" for title in titles[:3]]


def _short(title: str) -> str:
    line = " ".join(title.split())
    if len(line) <= _LONGEST_TITLE:
        return line
    return line[:_LONGEST_TITLE].rsplit(" ", 1)[0] + "…"

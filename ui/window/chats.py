"""Chats as the visitor's browser stores them.

What comes back from a browser may be forged. It is validated and limited in length, rendered again
with everything escaped, and its citations are shown in the library's own text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from rag.answering.render import escaped, to_dict, to_markdown
from rag.langchain import ArticleQA
from rag.store.library import Snapshot
from rag.text.words import in_one_line
from rag.types import Answer, Citation, Evidence
from ui.window import messages
from ui.window.conversation import Conversation, Turn, answered

MAX_CHARACTERS = 1_000_000  # of a chat
MAX_TURNS = 200
MAX_CITATIONS = 100  # of an answer


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question with its answer, or the problem or the stopped draft in place of one."""

    question: str
    answer: Answer | None = None
    problem: str = ""
    draft: str = ""


_CHAT = TypeAdapter(Annotated[tuple[StoredTurn, ...], Field(max_length=MAX_TURNS)])


def stored(conversation: Conversation) -> str:
    """Return a conversation as JSON, without its oldest turns if it is too long; "" if empty."""
    turns = [_values(turn) for turn in conversation.turns[-MAX_TURNS:]]
    while len(text := _json(turns)) > MAX_CHARACTERS:
        del turns[0]
    return text if turns else ""


def restored(text: object, qa: ArticleQA) -> Conversation | None:
    """Return a stored conversation; None if the text is not one."""
    turns = _parsed(text)
    if turns is None:
        return None
    with qa.library.snapshot() as snapshot:
        numbered = enumerate(turns, 1)
        return Conversation(
            tuple(_turn(turn, number, snapshot, qa.language_model) for number, turn in numbered)
        )


def exported(text: object, form: str) -> str | None:
    """Return stored turns as "markdown" with footnotes or as "json"; None if there are none.

    The JSON of a single turn is that of its answer.
    """
    turns = _parsed(text)
    if not turns:
        return None
    if form == "markdown":
        is_single = len(turns) == 1
        prefixes = ("" if is_single else f"{number}-" for number in range(1, len(turns) + 1))
        return "\n".join(map(_markdown, turns, prefixes))
    values = [_export_values(turn) for turn in turns]
    content = values[0] if len(values) == 1 else {"turns": values}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _json(turns: list[dict[str, Any]]) -> str:
    """Return JSON without a character that opens a tag."""
    return json.dumps(turns, ensure_ascii=False).replace("<", "\\u003c")


def _values(turn: Turn) -> dict[str, Any]:
    answer = to_dict(turn.answer) if turn.answer else None
    optional = {"problem": turn.problem, "draft": turn.draft}
    present = {name: value for name, value in optional.items() if value}
    return {"question": turn.question, "answer": answer, **present}


def _parsed(text: object) -> tuple[StoredTurn, ...] | None:
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        return None
    try:
        turns = _CHAT.validate_json(text)
    except ValidationError:
        return None
    is_valid = all(_is_consistent(turn.answer) for turn in turns if turn.answer)
    return turns if is_valid else None


def _is_consistent(answer: Answer) -> bool:
    """Return whether every mark has its citation, and there are not too many."""
    numbers = {citation.number for citation in answer.citations}
    marks = {number for sentence in answer.sentences for number in sentence.citations}
    return marks <= numbers and len(numbers) == len(answer.citations) <= MAX_CITATIONS


def _turn(turn: StoredTurn, number: int, snapshot: Snapshot, language_model: str | None) -> Turn:
    question = turn.question
    if turn.problem:
        return Turn(question, messages.problem(turn.problem), problem=turn.problem)
    if turn.answer is None:
        return Turn(question, messages.stopped(turn.draft, language_model), draft=turn.draft)
    evidence = tuple(_evidence(turn.answer.citations, snapshot))
    return answered(question, replace(turn.answer, evidence=evidence), number)


def _evidence(citations: Iterable[Citation], snapshot: Snapshot) -> Iterator[Evidence]:
    """Yield the passages that contain the cited words, if they are still in the library."""
    by_article: dict[str, list[Citation]] = {}
    for citation in citations:
        by_article.setdefault(citation.article_id, []).append(citation)
    for article_id, cited in by_article.items():
        for retrieved in snapshot.passages_of(article_id):
            start, end = retrieved.passage.start, retrieved.passage.end
            if any(start <= citation.start and citation.end <= end for citation in cited):
                yield Evidence.unread(retrieved)


def _export_values(turn: StoredTurn) -> dict[str, Any]:
    if turn.answer:
        return to_dict(turn.answer)
    return {"question": turn.question, "problem": turn.problem, "draft": turn.draft}


def _markdown(turn: StoredTurn, prefix: str) -> str:
    if turn.answer:
        content = to_markdown(turn.answer, prefix)
    else:
        content = f"*{escaped(in_one_line(turn.problem or f'{turn.draft} (stopped)'))}*"
    return f"## {escaped(in_one_line(turn.question))}\n\n{content}\n"

"""Readers' judgements of answers: recorded in the library, and replayed later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from rag.assistant import Assistant, Options
from rag.errors import QuestionError, StoreError
from rag.store.library import Library
from rag.text.words import in_one_line
from rag.types import Answer

Opinion = Literal["good", "bad", "wrong citation"]
MAX_REASON = 500  # characters
_RECORDED = (
    "question",
    "rewritten_question",
    "scope",
    "text",
    "refused",
    "model",
    "sentences",
    "citations",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A judgement: the question to ask again, and what was cited then.

    `blamed` are the words of the citation that is wrong, if one is.
    """

    question: str
    scope: dict[str, Any]
    opinion: Opinion
    quotes: frozenset[str]
    blamed: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case asked again: whether the answer is now as its reader wants it, and what changed."""

    case: Case
    is_satisfied: bool
    finding: str


def record(
    library: Library,
    answer: Answer,
    opinion: Opinion,
    *,
    number: int | None = None,
    reason: str = "",
) -> None:
    """Record a judgement of an answer, or of its citation with this `number`.

    Raises StoreError if it cannot be written.
    """
    values = answer.to_dict()
    library.add_feedback(
        {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "opinion": opinion,
            "citation": number,
            "reason": in_one_line(reason)[:MAX_REASON],
            **{name: values[name] for name in _RECORDED},
        }
    )


def cases(library: Library) -> list[Case]:
    """Return all judgements, oldest first. Raises StoreError for a record that is not one."""
    judged = []
    for number, entry in enumerate(library.feedback(), 1):
        try:
            judged.append(_case(entry))
        except (ValueError, KeyError, TypeError):
            raise StoreError(f"record {number} of the feedback is not valid; remove it") from None
    return judged


def replay(assistant: Assistant, judged: Iterable[Case]) -> Iterator[Outcome]:
    """Ask each case again.

    A good answer must still cite all it cited. A bad one must not cite the same again, and a wrong
    citation must not return.
    """
    for case in judged:
        try:
            answer = assistant.answer(case.question, Options(**case.scope))
        except QuestionError as error:  # a source that no longer exists
            yield Outcome(case, False, str(error))
        else:
            quotes = frozenset(citation.quote for citation in answer.citations)
            yield Outcome(case, *_compared(case, quotes))


def _compared(case: Case, quotes: frozenset[str]) -> tuple[bool, str]:
    if case.opinion == "good" and case.quotes:
        kept = case.quotes <= quotes
        return kept, "cites the same words" if kept else "cites other words"
    if case.opinion == "good":
        return not quotes, "answered now" if quotes else "still refused"
    if case.blamed is not None:
        again = case.blamed in quotes
        return not again, "still cited" if again else "no longer cited"
    again = quotes == case.quotes
    return not again, "answered as before" if again else "answered differently"


def _case(entry: Mapping[str, Any]) -> Case:
    if entry["opinion"] not in get_args(Opinion):
        raise ValueError
    quotes = {citation["number"]: str(citation["quote"]) for citation in entry["citations"]}
    scope = entry["scope"]
    number = entry["citation"]
    return Case(
        question=entry["rewritten_question"] or entry["question"],
        scope={"after": scope["after"], "before": scope["before"], "source": scope["sources"]},
        opinion=entry["opinion"],
        quotes=frozenset(quotes.values()),
        blamed=None if number is None else quotes[number],
        reason=entry["reason"],
    )

"""What readers said of answers: kept in a file of the library, and asked again later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import portalocker

from rag.assistant import ArticleQA
from rag.errors import QuestionError, StoreError
from rag.text.words import in_one_line
from rag.types import Answer

Opinion = Literal["good", "bad", "wrong citation"]
LONGEST_REASON = 500  # characters
LARGEST_FILE = 50_000_000  # bytes
_FILE = "feedback.jsonl"
_KEPT = (
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
    """What a reader said of an answer: which question to ask again, and what was cited then.

    `blamed` are the words of the citation that is wrong, where it is one.
    """

    question: str
    scope: dict[str, Any]
    opinion: Opinion
    quotes: frozenset[str]
    blamed: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case asked again: whether it is now as its reader wants it, and in words."""

    case: Case
    is_well: bool
    found: str


def note(
    home: Path, answer: Answer, opinion: Opinion, *, number: int | None = None, reason: str = ""
) -> None:
    """Add what a reader said of an answer, and of the citation with a `number` if it is the wrong
    one, to the library's file. Raises StoreError where it cannot be written.
    """
    said = answer.to_dict()
    record = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "opinion": opinion,
        "citation": number,
        "reason": in_one_line(reason)[:LONGEST_REASON],
        **{name: said[name] for name in _KEPT},
    }
    line = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    try:
        with portalocker.Lock(home / _FILE, mode="ab", timeout=5) as file:
            if file.tell() + len(line) > LARGEST_FILE:
                raise StoreError(f"{home / _FILE} is full; read it, then move it away")
            os.write(file.fileno(), line)
    except (OSError, portalocker.LockException) as error:
        why = getattr(error, "strerror", None) or "another process keeps it locked"
        raise StoreError(f"{home / _FILE} cannot be written: {why}") from None


def cases(home: Path) -> list[Case]:
    """What readers said, oldest first. Raises StoreError for a file that is none of ours."""
    try:
        lines = (home / _FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(_case(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            raise StoreError(f"line {number} of {home / _FILE} is no feedback; remove it") from None
    return found


def replay(qa: ArticleQA, said: list[Case]) -> Iterator[Outcome]:
    """Each case as it stands now.

    A good answer still cites all it cited. A bad one is not given again with the same citations,
    and a wrong citation is made no more.
    """
    for case in said:
        try:
            now = qa.ask(case.question, **case.scope)
        except QuestionError as error:  # a source that is there no longer
            yield Outcome(case, False, str(error))
        else:
            yield Outcome(case, *_judged(case, frozenset(each.quote for each in now.citations)))


def _judged(case: Case, quotes: frozenset[str]) -> tuple[bool, str]:
    if case.opinion == "good" and case.quotes:
        kept = case.quotes <= quotes
        return kept, "cites the same words" if kept else "cites other words"
    if case.opinion == "good":
        return not quotes, "answered now" if quotes else "still refused"
    if case.blamed is not None:
        again = case.blamed in quotes
        return not again, "still cited" if again else "no longer cited"
    again = quotes == case.quotes
    return not again, "answered as before" if again else "answered otherwise"


def _case(record: dict[str, Any]) -> Case:
    if record["opinion"] not in get_args(Opinion):
        raise ValueError
    quotes = {each["number"]: str(each["quote"]) for each in record["citations"]}
    scope = record["scope"]
    number = record["citation"]
    return Case(
        question=record["rewritten_question"] or record["question"],
        scope={"after": scope["after"], "before": scope["before"], "source": scope["sources"]},
        opinion=record["opinion"],
        quotes=frozenset(quotes.values()),
        blamed=None if number is None else quotes[number],
        reason=record["reason"],
    )

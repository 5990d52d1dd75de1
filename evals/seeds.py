"""The project's own questions over its sample articles: answered right, or refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from evals.figures import Figure, normal
from rag.types import Answer

QUESTIONS = Path(__file__).with_name("seeds.json")


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask; the words of the right sentence and the files that hold them, or neither."""

    text: str
    answer: str | None
    files: tuple[str, ...]
    kind: str


def load(path: Path = QUESTIONS) -> list[Question]:
    return [
        Question(
            row["question"],
            row["answer"],
            tuple(filter(None, (row.get("file"), *row.get("also", ())))),
            row.get("kind", "answered"),
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def figures(asked: list[tuple[Question, Answer]], part: str) -> list[Figure]:
    """Shares of right answers, and of refusals of questions far from the articles and near them."""
    answerable = [pair for pair in asked if pair[0].answer is not None]
    found = [
        Figure(
            f"{part}: quoted answer is right",
            "a quoted sentence of the right article contains the expected words",
            sum(any(_is_right(q, a, n) for n in range(len(a.citations))) for q, a in answerable),
            len(answerable),
        ),
        Figure(
            f"{part}: first quoted sentence is right",
            "the first quoted sentence does",
            sum(_is_right(q, a, 0) for q, a in answerable),
            len(answerable),
        ),
    ]
    for kind, what in (("far", "on other subjects"), ("near", "on the same subjects")):
        some = [answer for question, answer in asked if question.kind == kind]
        found.append(
            Figure(
                f"{part}: refused, {what}",
                "questions that no article answers",
                sum(answer.refused for answer in some),
                len(some),
            )
        )
    return found


def _is_right(question: Question, answer: Answer, number: int) -> bool:
    if number >= len(answer.citations) or question.answer is None:
        return False
    cited = answer.citations[number]
    return cited.url.endswith(question.files) and normal(question.answer) in normal(cited.quote)

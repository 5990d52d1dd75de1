"""Conversations over the sample articles: follow-ups understood, and other questions unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.figures import Figure, normal
from rag.langchain import ArticleQA
from rag.types import Answer

CONVERSATIONS = Path(__file__).with_name("conversations.json")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, and for each file that answers it the words of a right sentence."""

    question: str
    answers: tuple[tuple[str, str], ...]
    stands_alone: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A follow-up with its answer in the conversation, and its answer without it."""

    turn: Turn
    answer: Answer
    alone: Answer


def load(path: Path = CONVERSATIONS) -> list[list[Turn]]:
    return [
        [_turn(turn) for turn in conversation["turns"]]
        for conversation in json.loads(path.read_text(encoding="utf-8"))
    ]


def ask(qa: ArticleQA, conversations: Iterable[Sequence[Turn]]) -> Iterator[list[Asked]]:
    """Ask the follow-ups of each conversation with the previous answers as history."""
    for first, *rest in conversations:
        history = [qa.ask(first.question)]
        asked = []
        for turn in rest:
            answer = qa.ask(turn.question, history=history)
            changed = answer.rewritten_question is not None
            alone = qa.ask(turn.question) if changed else answer
            asked.append(Asked(turn, answer, alone))
            history.append(answer)
        yield asked


def figures(conversations: Iterable[Sequence[Asked]], part: str) -> list[Figure]:
    """Count follow-ups that are recognized and answered, and other questions that are unchanged."""
    asked = [follow_up for conversation in conversations for follow_up in conversation]
    dependent = [follow_up for follow_up in asked if not follow_up.turn.stands_alone]
    independent = [follow_up for follow_up in asked if follow_up.turn.stands_alone]
    return [
        Figure(
            f"{part}: follow-up answered right",
            "a quoted sentence of the right article contains the expected words",
            sum(
                _is_right(follow_up.turn, follow_up.answer, slice(None)) for follow_up in dependent
            ),
            len(dependent),
        ),
        Figure(
            f"{part}: follow-up asked without its conversation",
            "the same, for comparison",
            sum(_is_right(follow_up.turn, follow_up.alone, slice(None)) for follow_up in dependent),
            len(dependent),
        ),
        Figure(
            f"{part}: first quoted sentence answers the follow-up",
            "the first quoted sentence does",
            sum(_is_right(follow_up.turn, follow_up.answer, slice(1)) for follow_up in dependent),
            len(dependent),
        ),
        Figure(
            f"{part}: follow-up recognized",
            "questions that need the conversation and are understood with it",
            sum(follow_up.answer.rewritten_question is not None for follow_up in dependent),
            len(dependent),
        ),
        Figure(
            f"{part}: question that stands alone left unchanged",
            "later questions of a conversation that do not need it",
            sum(follow_up.answer.rewritten_question is None for follow_up in independent),
            len(independent),
            goal=1.0,
        ),
    ]


def _turn(plain: dict[str, object]) -> Turn:
    also = plain.get("also", [])
    assert isinstance(also, list)
    return Turn(
        str(plain["question"]),
        tuple((row["file"], row["answer"]) for row in (plain, *also)),
        bool(plain["stands_alone"]),
    )


def _is_right(turn: Turn, answer: Answer, which: slice) -> bool:
    return any(
        cited.url.endswith(file) and normal(words) in normal(cited.quote)
        for cited in answer.citations[which]
        for file, words in turn.answers
    )

"""The subject of a conversation, and a question with it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from rag.followups.gate import may_need_context, without_turn
from rag.text.english import AUXILIARIES, QUESTION_WORDS, any_of
from rag.text.words import in_one_line, words
from rag.types import MAX_HEADING, Answer

_MAX_TITLE = 70  # characters; a longer title would outweigh what is asked
WH, AUXILIARY = any_of(QUESTION_WORDS), any_of(AUXILIARIES | {"do"})

_CONNECTIVE = re.compile(r"(?:and|but|so(?!-)|or|also|then|plus)\b[\s,]*(?=\w)", re.IGNORECASE)
_NAME = re.compile(
    r"(?:\d{1,2} )?[^\W\d_a-z][\w.’'–/&-]*(?:(?: (?:of|the|and))* [^\W_a-z][\w.’'–/&-]*)*"
    r"|\b\d[\w/.,-]*"
)
# What a question asks for, before what it asks about: "Which of the two", "How far did".
_ASKING = re.compile(
    rf"(?:\w+ )?{WH}\b(?:(?! {AUXILIARY}\b) [\w-]+){{0,4}} {AUXILIARY} |{AUXILIARY} "
    rf"|(?:\w+ )?{WH} ",
    re.IGNORECASE,
)


def with_subject(question: str, history: Sequence[Answer]) -> str:
    """Return the question with the subject of the conversation behind it, in brackets.

    Without a subject the question is returned unchanged.
    """
    subject = _subject(history)
    if not subject:
        return question
    connective = _CONNECTIVE.match(question)
    bare = without_turn(question[connective.end() :] if connective else question)
    subject = textwrap.shorten(subject, MAX_HEADING, placeholder="…")
    return f"{bare[0].upper()}{bare[1:]} ({subject})"


def _subject(history: Sequence[Answer]) -> str | None:
    """Return the subject of the last question that stood alone: an article's title, or its words."""
    anchor = next((each.question for each in reversed(history) if _stands_alone(each)), None)
    if anchor is None:
        return None
    return _title(anchor, history) or _topic(anchor)


def _stands_alone(answer: Answer) -> bool:
    if answer.rewritten_question is not None:
        return False
    return not answer.refused or not may_need_context(answer.question)


def _title(anchor: str, history: Sequence[Answer]) -> str | None:
    """Return the title of the article cited last, if it is about what was asked."""
    cited = next((each.citations[0] for each in reversed(history) if each.citations), None)
    if cited is None:
        return None
    title = in_one_line(cited.title)
    about = words(" ".join(_names(anchor)) or _topic(anchor))
    if len(title) > _MAX_TITLE or set(about).isdisjoint(words(f"{title} {cited.quote}")):
        return None
    return _topic(title) if title.endswith("?") else title


def _names(question: str) -> list[str]:
    """Return the names and numbers in a question, without its first word."""
    _, _, rest = question.rstrip("?.! ").partition(" ")
    names = (re.sub(r"[’']s\b", "", match.group()) for match in _NAME.finditer(rest))
    return list(dict.fromkeys(name.rstrip(",'’") for name in names))


def _topic(question: str) -> str:
    """Return what a question asks about, in its own words."""
    question = question.rstrip("?.! ")
    asking = _ASKING.match(question)
    return question[asking.end() :] if asking else question

"""A question that needs_context on the conversation -> one that stands alone."""

from __future__ import annotations

import re
import textwrap
import threading
from collections.abc import Sequence

from langchain_core.runnables import RunnableConfig

from rag.answering import prompts
from rag.answering.drafts import without_thoughts
from rag.checking.facts import Source, facts, small_words
from rag.errors import ModelError
from rag.followups.leaning import AUXILIARY, WH, needs_context
from rag.llm.chat import Call, ChatModel
from rag.text.words import in_one_line, words
from rag.types import MAX_HEADING, Answer

LONGEST = 300  # characters of a question that needs_context, and of one that is written again
_SHORT = 70  # characters: a longer title would outweigh what is asked
_PATIENCE = 20.0  # seconds for rewriting: the answer itself is still to come

_LINKING = re.compile(r"(?:and|but|so(?!-)|or|also|then|plus)\b[\s,]*(?=\w)", re.IGNORECASE)
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
_LABEL = re.compile(
    r"(?:the )?(?:(?:rewritten|standalone|next|new) )?question(?: is)?\s*:\s*", re.IGNORECASE
)


class Followups:
    """Understands follow-up questions: by a chat model, or by carrying the subject over."""

    def __init__(self, chat: ChatModel | None = None) -> None:
        self._chat = chat
        self._seconds = min(chat.seconds, _PATIENCE) if chat else _PATIENCE

    def standalone(
        self,
        question: str,
        history: Sequence[Answer],
        stop: threading.Event | None = None,
        config: RunnableConfig | None = None,
    ) -> str:
        """The question as it is understood without `history`, the answers before it, oldest first.

        One that stands alone comes back as it is.
        """
        if not history or len(question) > LONGEST or not needs_context(question):
            return question
        rewritten = self._rewritten(question, history, stop, config) if self._chat else None
        return rewritten or _carried(question, history)

    def _rewritten(
        self,
        question: str,
        history: Sequence[Answer],
        stop: threading.Event | None,
        config: RunnableConfig | None,
    ) -> str | None:
        """The question as the chat model writes it; None where that cannot be trusted."""
        assert self._chat
        messages = prompts.rewriting(question, history)
        written = self._chat.stream(messages, Call(stop, config), seconds=self._seconds)
        try:
            text = _bare("".join(written))
        except ModelError:
            return None
        return text if _is_rewriting(text, question, history) else None


def _bare(written: str) -> str:
    """What a model wrote, without its thoughts, a label and quotation marks."""
    text = without_thoughts(written).strip()
    return _LABEL.sub("", text.strip("*\"“”'` "), count=1).strip("*\"“”'` ")


def _is_rewriting(text: str, question: str, history: Sequence[Answer]) -> bool:
    """Whether a text is the question in other words, with nothing in it that nobody said."""
    if not text or len(text) > LONGEST or len(text.splitlines()) > 1 or text == question:
        return False
    said = " ".join([question, *(f"{_understood(each)} {each.text}" for each in history)])
    known = Source(said)
    return _asks(text, question) and all(
        fact in known for fact in facts(text, ordinary=small_words(said))
    )


def _asks(text: str, question: str) -> bool:
    opening = rf"(?:\w+ )?{WH}\b|{AUXILIARY}\b|{re.escape(question.split(maxsplit=1)[0])}\b"
    return text.endswith("?") or (
        not question.endswith("?") and bool(re.match(opening, text, re.IGNORECASE))
    )


def _understood(answer: Answer) -> str:
    return answer.rewritten_question or answer.question


def _carried(question: str, history: Sequence[Answer]) -> str:
    """The question with the subject of the conversation behind it, in brackets."""
    subject = _subject(history)
    if not subject:
        return question
    linking = _LINKING.match(question)
    asked = question[linking.end() :] if linking else question
    subject = textwrap.shorten(subject, MAX_HEADING, placeholder="…")
    return f"{asked[0].upper()}{asked[1:]} ({subject})"


def _subject(history: Sequence[Answer]) -> str | None:
    """What the latest question that stood alone was about: an article's title, or its own words."""
    anchor = next(
        (each.question for each in reversed(history) if not needs_context(each.question)), None
    )
    if anchor is None:
        return None
    return _title(anchor, history) or _topic(anchor)


def _title(anchor: str, history: Sequence[Answer]) -> str | None:
    """The title of the article cited last, if it is about what was asked."""
    cited = next((each.citations[0] for each in reversed(history) if each.citations), None)
    if cited is None:
        return None
    title = in_one_line(cited.title)
    about = words(" ".join(_names(anchor)) or _topic(anchor))
    if len(title) > _SHORT or set(about).isdisjoint(words(f"{title} {cited.quote}")):
        return None
    return _topic(title) if title.endswith("?") else title


def _names(question: str) -> list[str]:
    """The names and numbers in a question; its first word is written large in any case."""
    _, _, rest = question.rstrip("?.! ").partition(" ")
    found = (re.sub(r"[’']s\b", "", match.group()) for match in _NAME.finditer(rest))
    return list(dict.fromkeys(each.rstrip(",'’") for each in found))


def _topic(question: str) -> str:
    """What a question asks about, in its own words."""
    question = question.rstrip("?.! ")
    asking = _ASKING.match(question)
    return question[asking.end() :] if asking else question

"""A question in a conversation -> a question that can be understood without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.answering import prompts
from rag.answering.replies import without_thoughts
from rag.checking.facts import Source, facts, small_words
from rag.errors import ModelError
from rag.followups.gate import leans_on_context, may_need_context, topic
from rag.followups.subject import AUXILIARY, WH, with_subject
from rag.llm.chat import Call, ChatModel
from rag.types import Answer

MAX_QUESTION = 300  # characters of a follow-up, and of its rewriting
_PATIENCE = 20.0  # seconds for rewriting: the answer itself is still to come
# A question whose own words the articles cover this well stands alone, unless the subject of the
# conversation makes the cover so much better. Chosen on the first half of evals/conversations.json.
_COVERED, _BETTER = 0.60, 0.08
_LABEL = re.compile(
    r"(?:the )?(?:(?:rewritten|standalone|next|new) )?question(?: is)?\s*:\s*", re.IGNORECASE
)

Score = Callable[[str], float]
"""Returns how well the best sentence of the articles covers a question (0 to 1)."""


class Followups:
    """Understands follow-up questions with a chat model, or by adding the subject to them."""

    def __init__(self, chat: ChatModel | None = None) -> None:
        self._chat = chat

    def standalone(
        self,
        question: str,
        history: Sequence[Answer],
        *,
        score: Score | None = None,
        call: Call = Call(),
    ) -> str:
        """Return the question as it is understood with `history`, the previous answers.

        A question that stands alone is returned unchanged. Where its words leave that open, `score`
        decides: the articles are searched with the subject of the conversation and without it.
        """
        if not history or len(question) > MAX_QUESTION or not may_need_context(question):
            return question
        carried = with_subject(question, history)
        if score and carried != question and _stands_alone(question, carried, score):
            return question
        rewritten = self._rewrite(question, history, call) if self._chat else None
        return rewritten or carried

    def _rewrite(self, question: str, history: Sequence[Answer], call: Call) -> str | None:
        """Return the question as the chat model writes it; None if that cannot be trusted."""
        assert self._chat
        seconds = min(self._chat.seconds, _PATIENCE)
        pieces = self._chat.stream(prompts.rewriting(question, history), call, seconds=seconds)
        try:
            text = _bare("".join(pieces))
        except ModelError:
            return None
        return text if _is_rewriting(text, question, history) else None


def _stands_alone(question: str, carried: str, score: Score) -> bool:
    """Return whether the articles cover a question so well without the subject that it needs none.

    A question that leans on the conversation by its form is understood with the subject, unless
    the articles cover it better alone.
    """
    gain = score(carried) - (alone := score(topic(question)))
    if leans_on_context(question):
        return gain < -_BETTER
    return alone >= _COVERED and gain < _BETTER


def _bare(written: str) -> str:
    """Return what a model wrote without its thoughts, a label and quotation marks."""
    text = without_thoughts(written).strip()
    return _LABEL.sub("", text.strip("*\"“”'` "), count=1).strip("*\"“”'` ")


def _is_rewriting(text: str, question: str, history: Sequence[Answer]) -> bool:
    """Return whether a text is the question reworded, with no fact that nobody mentioned."""
    if not text or len(text) > MAX_QUESTION or len(text.splitlines()) > 1 or text == question:
        return False
    conversation = " ".join(
        [question, *(f"{a.rewritten_question or a.question} {a.text}" for a in history)]
    )
    mentioned = Source(conversation)
    return _is_question(text, question) and all(
        fact in mentioned for fact in facts(text, ordinary=small_words(conversation))
    )


def _is_question(text: str, question: str) -> bool:
    opening = rf"(?:\w+ )?{WH}\b|{AUXILIARY}\b|{re.escape(question.split(maxsplit=1)[0])}\b"
    return text.endswith("?") or (
        not question.endswith("?") and bool(re.match(opening, text, re.IGNORECASE))
    )

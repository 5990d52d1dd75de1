"""Readers' ratings of answers and of single citations."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import gradio as gr

from rag.errors import StoreError
from rag.feedback import MAX_REASON, Opinion, record
from rag.langchain import ArticleQA
from rag.text.words import in_one_line
from rag.types import Answer, Citation
from ui.window.conversation import Conversation
from ui.window.templates import render, static


def lay_out() -> gr.HTML:
    """Return the dialog that asks for a reason. Its `judge` event carries the rating."""
    return gr.HTML(
        elem_id="feedback",
        html_template=render("feedback_dialog.html", max_reason=MAX_REASON),
        js_on_load=static("feedback.js"),
        apply_default_css=False,
    )


def judging(qa: ArticleQA) -> Callable[[Conversation, gr.EventData], None]:
    """Return the handler of `judge` events, which records ratings in the library.

    The page only names an answer by its turn; what is recorded is the server's copy of it.
    """

    def judge(conversation: Conversation, event: gr.EventData) -> None:
        opinion, turn, number = event.opinion, event.turn, event.number
        if opinion not in get_args(Opinion) or not isinstance(turn, int):
            return
        turns = conversation.turns
        answer = turns[turn - 1].answer if 1 <= turn <= len(turns) else None
        is_citation = opinion == "wrong citation"
        if answer is None:
            _notify("This answer is no longer available.")
        elif is_citation and number not in [citation.number for citation in answer.citations]:
            _notify("This citation is no longer part of the answer.")
        elif not _is_current(qa, answer):
            _notify("The articles have changed since. Ask again to rate the answer.")
        else:
            _record(qa, answer, opinion, number if is_citation else None, str(event.reason))

    return judge


def _record(
    qa: ArticleQA, answer: Answer, opinion: Opinion, number: int | None, reason: str
) -> None:
    try:
        record(qa.library, answer, opinion, number=number, reason=reason)
    except StoreError as error:
        gr.Warning(in_one_line(str(error)))
    else:
        _notify("Thank you, your feedback was saved.")


def _notify(text: str) -> None:
    gr.Info(text, title="Feedback", duration=4)


def _is_current(qa: ArticleQA, answer: Answer) -> bool:
    """Return whether all quotations are in the library: a chat from a browser may be forged."""
    with qa.library.snapshot() as snapshot:
        articles = snapshot.articles({citation.article_id for citation in answer.citations})

    def is_current(citation: Citation) -> bool:
        article = articles.get(citation.article_id)
        return article is not None and (
            article.text[citation.start : citation.end] == citation.quote
        )

    return all(map(is_current, answer.citations))

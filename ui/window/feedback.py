"""What a reader thinks of an answer, or of one of its citations: the window's side of it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import get_args

import gradio as gr

from rag.errors import StoreError
from rag.feedback import MAX_REASON, Opinion, record
from rag.langchain import ArticleQA
from rag.text.words import in_one_line
from rag.types import Answer
from ui.window.conversation import Conversation


def lay_out() -> gr.HTML:
    """The place for a reason; its `judge` event says what is thought of which answer."""
    template = files("ui").joinpath("templates", "feedback.html").read_text(encoding="utf-8")
    return gr.HTML(
        elem_id="feedback",
        html_template=template.replace("[LONGEST]", str(MAX_REASON)),
        js_on_load=files("ui").joinpath("static", "feedback.js").read_text(encoding="utf-8"),
        apply_default_css=False,
    )


def judging(qa: ArticleQA) -> Callable[[Conversation, gr.EventData], None]:
    """What happens at a `judge` event: it is written into the library's file.

    The page names an answer, and the server's own copy of it is what is written.
    """

    def judge(now: Conversation, event: gr.EventData) -> None:
        opinion, turn, number = event.opinion, event.turn, event.number
        if opinion not in get_args(Opinion) or not isinstance(turn, int):
            return
        answer = now.turns[turn - 1].answer if 1 <= turn <= len(now.turns) else None
        blamed = number if opinion == "wrong citation" else None
        if answer is None:
            _tell("There is no answer to judge any more.")
        elif opinion == "wrong citation" and number not in _numbers(answer):
            _tell("The answer has no such citation any more.")
        elif not _stands(qa, answer):
            _tell("The articles have changed since; ask again to judge the answer.")
        else:
            try:
                record(qa.library, answer, opinion, number=blamed, reason=str(event.reason))
                _tell("Noted, thank you.")
            except StoreError as error:
                gr.Warning(in_one_line(str(error)))

    return judge


def _tell(words: str) -> None:
    gr.Info(words, title="Feedback", duration=4)


def _numbers(answer: Answer) -> list[int]:
    return [citation.number for citation in answer.citations]


def _stands(qa: ArticleQA, answer: Answer) -> bool:
    """Whether all that is cited is in the library: a chat that a browser kept may say otherwise."""
    with qa.library.snapshot() as snapshot:
        articles = snapshot.articles({each.article_id for each in answer.citations})
    return all(
        each.article_id in articles
        and articles[each.article_id].text[each.start : each.end] == each.quote
        for each in answer.citations
    )

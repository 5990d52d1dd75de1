"""The components of the Chat tab, and how they are laid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from rag.answering.render import limits
from rag.errors import ArticleQAError
from rag.langchain import ArticleQA
from rag.types import Scope, Span
from ui.window import feedback, greeting, messages
from ui.window.chats import exported
from ui.window.conversation import Conversation
from ui.window.reader import reader
from ui.window.templates import render, static


@dataclass(frozen=True, slots=True)
class Components:
    """The components that events read or update.

    `conversation` and `edited_turn` are states of each visitor. The value of `chats` is the
    present chat as the browser stores it; the value of `sources` is the HTML of the pane next to the chat.
    """

    conversation: gr.State
    masthead: gr.HTML
    chats: gr.HTML
    chat: gr.Chatbot
    retry: gr.Button
    clear: gr.Button
    edited_turn: gr.State
    editing: gr.HTML
    cancel: gr.Button
    filters: gr.Accordion
    source: gr.Dropdown
    after: gr.Textbox
    before: gr.Textbox
    question: gr.Textbox
    sources: gr.HTML
    feedback: gr.HTML


def filters_label(scope: Scope) -> str:
    """Return which articles are searched."""
    words = limits(scope)
    return f"Only: {words}" if words else "Filter articles"


def masthead() -> gr.HTML:
    return gr.HTML(elem_id="masthead", apply_default_css=False)


def chats() -> gr.HTML:
    """Return the dialog of the chats that the visitor's browser stores."""
    return gr.HTML(
        "",
        elem_id="chats",
        html_template=render("chats_dialog.html"),
        js_on_load=static("chats.js"),
        apply_default_css=False,
        server_functions=[export_chat],
    )


def lay_out(qa: ArticleQA, masthead: gr.HTML, chats: gr.HTML) -> Components:
    """Lay out the Chat tab: the conversation on the left, its sources on the right."""
    parts: dict[str, Any] = {"masthead": masthead, "chats": chats}
    parts["conversation"] = gr.State(Conversation())
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            parts["chat"] = _chatbot(qa.language_model)
            parts |= _tools() | _filters()
            parts["edited_turn"] = gr.State(0)
            parts |= _question_box()
        with gr.Column(elem_id="beside"):
            parts["sources"] = _sources(qa)
    return Components(**parts, feedback=feedback.lay_out())


def _chatbot(language_model: str | None) -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="conversation",
        label="Conversation",
        show_label=False,
        placeholder=greeting.invitation(language_model),
        # The messages are escaped HTML, which must not be read as Markdown or LaTeX.
        render_markdown=False,
        latex_delimiters=[],
        sanitize_html=True,
        allow_tags=False,
        buttons=[],
        height="auto",
        layout="bubble",
    )


def _tools() -> dict[str, Any]:
    with gr.Row(elem_id="tools"):
        retry = gr.Button("Retry", elem_id="retry", size="sm")
        gr.Button("Copy answer", elem_id="copy", size="sm")
        gr.Button("Save chat", elem_id="save", size="sm")
        clear = gr.Button("New chat", elem_id="clear", size="sm")
    return {"retry": retry, "clear": clear}


def _filters() -> dict[str, Any]:
    with gr.Accordion(filters_label(Scope()), open=False, elem_id="limits") as filters, gr.Row():
        source = gr.Dropdown(
            [], label="Source", multiselect=True, elem_id="source", min_width=180, scale=2
        )
        after, before = (
            gr.Textbox(label=label, placeholder=example, max_lines=1, min_width=110, scale=1)
            for label, example in (("From", "2022-10-04"), ("To", "2022-10 or 2022"))
        )
    return {"filters": filters, "source": source, "after": after, "before": before}


def _question_box() -> dict[str, Any]:
    with gr.Row(elem_id="editing"):
        editing = gr.HTML("", apply_default_css=False)
        cancel = gr.Button("Cancel", elem_id="cancel", size="sm", visible=False)
    question = gr.Textbox(
        elem_id="question",
        label="Question",
        show_label=False,
        placeholder="Ask the articles",
        max_lines=6,
        autofocus=True,
        submit_btn="Ask",
    )
    return {"editing": editing, "cancel": cancel, "question": question}


def _sources(qa: ArticleQA) -> gr.HTML:
    return gr.HTML(
        "",
        elem_id="sources",
        html_template=render("sources_pane.html"),
        js_on_load=static("sources.js"),
        apply_default_css=False,
        server_functions=[_article_opener(qa)],
    )


def export_chat(request: list[Any]) -> str | None:
    """Return stored turns as a file's text; `request` holds the turns and "markdown" or "json"."""
    turns, form = request
    return exported(turns, str(form))


def _article_opener(qa: ArticleQA) -> Callable[[list[Any]], str]:
    def open_article(request: list[Any]) -> str:
        """Return an article as HTML.

        `request` holds its id and the quotations to mark, the chosen one first; each is the
        character at which it starts, the one after its end, and its text.
        """
        article_id, places = request
        quotations = [(Span(int(start), int(end)), str(quote)) for start, end, quote in places]
        try:
            article = qa.article(str(article_id))
        except ArticleQAError as error:
            return messages.problem(str(error))
        return reader(article, quotations[0] if quotations else None, quotations[1:])

    return open_article

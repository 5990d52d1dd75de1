"""The chat window as Gradio builds it: what is on the page, and what happens on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio reads it when it is imported

import gradio as gr
from fastapi import FastAPI

from rag.assistant import ArticleQA
from rag.errors import ArticleQAError, QuestionError
from rag.types import Scope, Span
from ui import feedback, page, programs
from ui.conversation import Conversation, Only, examples, reply

AT_ONCE = 8  # visitors who are answered at the same time; the others wait for their turn
WAITING = 100  # who may wait; whoever comes then is told that the window is busy
_ASKING = "asking"  # the one line in which all questions wait, first come first served

_BESIDE = """<div class="list">${value}</div>
<div class="reader" role="region" aria-label="Article" tabindex="-1" hidden></div>
<p class="told" role="status"></p>"""

Shown = tuple[Any, Any, Any, Any]
"""Updates of the chat, the visitor's conversation, what is beside it, and the question's box."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that something happens to."""

    conversation: gr.State
    masthead: gr.HTML
    chat: gr.Chatbot
    retry: gr.Button
    clear: gr.Button
    limits: gr.Accordion
    only: tuple[gr.Dropdown, gr.Textbox, gr.Textbox]
    box: gr.Textbox
    beside: gr.HTML


def build(qa: ArticleQA, *, may_ingest: bool = True) -> gr.Blocks:
    """The page, and its functions for programs. Each visitor has a conversation of their own."""
    window = gr.Blocks(title="article-qa", analytics_enabled=False, fill_width=True)
    with window:
        programs.offer(qa, may_ingest=may_ingest, asking=_ASKING)  # first, so the names are free
        _wire(window, _lay_out(qa), qa)
    window.queue(api_open=False, max_size=WAITING, default_concurrency_limit=AT_ONCE)
    return window


def mount(app: FastAPI, window: gr.Blocks) -> None:
    """Put the page at the root of an application, with all that Gradio would share shut off."""
    # A typeface that comes with Gradio, in full: nothing is fetched from elsewhere.
    sans = gr.themes.LocalFont("Source Sans Pro", weights=(400, 700))
    gr.mount_gradio_app(
        app,
        window,
        path="/",
        theme=gr.themes.Base(font=[sans, "system-ui", "sans-serif"], font_mono=["monospace"]),
        css=_resource("style.css") + _resource("feedback.css"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=False,
        max_file_size=1,  # nothing is uploaded here
    )


def _resource(name: str) -> str:
    return files("ui").joinpath(name).read_text(encoding="utf-8")


def _lay_out(qa: ArticleQA) -> Parts:
    conversation = gr.State(Conversation())
    masthead = gr.HTML(elem_id="masthead", apply_default_css=False)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            chat = _chat(qa.model)
            with gr.Row(elem_id="tools"):
                retry = gr.Button("Retry", elem_id="retry", size="sm")
                gr.Button("Copy answer", elem_id="copy", size="sm")
                clear = gr.Button("Clear", elem_id="clear", size="sm")
            feedback.add(qa.retriever.library.home, conversation)
            with gr.Accordion(page.scope_words(Scope()), open=False, elem_id="limits") as limits:
                only = _limits()
            box = gr.Textbox(
                elem_id="question",
                label="Question",
                show_label=False,
                placeholder="Ask the articles",
                max_lines=6,
                autofocus=True,
                submit_btn="Ask",
            )
        with gr.Column(elem_id="beside"):
            beside = gr.HTML(
                "",
                elem_id="sources",
                html_template=_BESIDE,
                js_on_load=_resource("script.js"),
                apply_default_css=False,
                server_functions=[_opening(qa)],
            )
    return Parts(conversation, masthead, chat, retry, clear, limits, only, box, beside)


def _limits() -> tuple[gr.Dropdown, gr.Textbox, gr.Textbox]:
    """Which articles alone are asked: of these sources, from this day, to that day."""
    with gr.Row():
        source = gr.Dropdown(
            [], label="Source", multiselect=True, elem_id="source", min_width=180, scale=2
        )
        days = [
            gr.Textbox(label=label, placeholder=like, max_lines=1, min_width=110, scale=1)
            for label, like in (("From", "2022-10-04"), ("To", "2022-10 or 2022"))
        ]
    return source, days[0], days[1]


def _chat(model: str) -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="conversation",
        label="Conversation",
        show_label=False,
        placeholder=page.invitation(model),
        # The messages are HTML that ui.page has escaped; nothing reads them as Markdown or LaTeX.
        render_markdown=False,
        latex_delimiters=[],
        sanitize_html=True,
        allow_tags=False,
        buttons=[],
        height="auto",
        layout="bubble",
    )


def _wire(window: gr.Blocks, parts: Parts, qa: ArticleQA) -> None:
    outputs = [parts.chat, parts.conversation, parts.beside, parts.box]

    def answer(question: str, before: Conversation, only: Only) -> Iterator[Shown]:
        yield _box(gr.update(submit_btn=False, stop_btn="Stop"))
        for now in reply(qa, question, before, only):
            beside = now.sources() if now.turns[-1].sources else gr.skip()
            yield now.messages(), now, beside, gr.skip()
        yield _box(gr.update(submit_btn="Ask", stop_btn=False))

    def ask(question: str, before: Conversation, *only: Any) -> Iterator[Shown]:
        yield _box(gr.update(value=""))
        if question.strip():
            yield from answer(question.strip(), before, _wanted(*only))

    def example(
        before: Conversation, source: Any, after: Any, until: Any, chosen: gr.SelectData
    ) -> Iterator[Shown]:
        yield from answer(str(chosen.value["text"]), before, _wanted(source, after, until))

    def again(now: Conversation, *only: Any) -> Iterator[Shown]:
        if now.turns:
            before = now.before_last()
            beside = before.sources() or page.newest(qa.articles())
            yield gr.skip(), gr.skip(), beside, gr.skip()
            yield from answer(now.turns[-1].question, before, _wanted(*only))

    def stop(now: Conversation) -> None:
        if now.stop:
            now.stop.set()

    def clear() -> Shown:
        return [], Conversation(), page.newest(qa.articles()), gr.skip()

    def welcome() -> tuple[Any, ...]:
        articles = qa.articles()
        questions = [{"text": question} for question in examples(articles)]
        return (
            page.masthead(len(articles), qa.model),
            gr.update(examples=questions),
            page.newest(articles),
            gr.update(choices=qa.sources()),
        )

    def name_limits(*only: Any) -> Any:
        """What limits the questions is seen even where the controls are folded away."""
        try:
            return gr.update(label=page.scope_words(_wanted(*only).scope()))
        except QuestionError as error:
            return gr.update(label=str(error))

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    asking = {**quiet, "concurrency_id": _ASKING}
    asked = [parts.conversation, *parts.only]
    parts.box.submit(ask, [parts.box, *asked], outputs, **asking)
    parts.chat.example_select(example, asked, outputs, **asking)
    parts.retry.click(again, asked, outputs, **asking)
    parts.box.stop(stop, [parts.conversation], None, queue=False, **quiet)
    parts.clear.click(clear, None, outputs, **quiet)
    source, after, before = parts.only
    changes = [source.change, after.blur, after.submit, before.blur, before.submit]
    gr.on(changes, name_limits, [*parts.only], [parts.limits], **quiet)
    window.load(welcome, None, [parts.masthead, parts.chat, parts.beside, source], **quiet)


def _wanted(sources: list[str] | None, after: str | None, before: str | None) -> Only:
    return Only(after or "", before or "", tuple(sources or ()))


def _box(box: Any) -> Shown:
    """An update of the question's box alone, made anew each time: Gradio takes updates apart."""
    return gr.skip(), gr.skip(), gr.skip(), box


def _opening(qa: ArticleQA) -> Callable[[list[Any]], str]:
    def open_article(wanted: list[Any]) -> str:
        """An article as HTML; `wanted` is its id, the cited range and the words cited there."""
        article_id, start, end, quote = wanted
        try:
            article = qa.article(str(article_id))
        except ArticleQAError as error:
            return page.problem(str(error))
        return page.reader(article, Span(int(start), int(end)), str(quote))

    return open_article

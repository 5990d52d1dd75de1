"""The chat window as Gradio builds it: what is on the page, and what happens on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio reads it when it is imported

import gradio as gr
from fastapi import FastAPI

from ingest.uploads import UploadService
from rag.errors import ArticleQAError, QuestionError
from rag.langchain import ArticleQA
from rag.types import Scope, Span
from ui import api as programs
from ui.window import corpus, feedback, page, shelf
from ui.window.chats import exported, restored
from ui.window.conversation import Conversation
from ui.window.examples import Examples
from ui.window.talk import Shown, Talk, wanted

AT_ONCE = 8  # visitors who are answered at the same time; the others wait for their turn
WAITING = 100  # who may wait; whoever comes then is told that the window is busy
_ASKING = "asking"  # the one line in which all questions wait, first come first served
_HOUR = 3600  # seconds

_BESIDE = """<div class="list">${value}</div>
<div class="reader" role="region" aria-label="Article" tabindex="-1" hidden></div>
<p class="told" role="status"></p>"""


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that something happens to."""

    conversation: gr.State
    masthead: gr.HTML
    chats: gr.HTML
    chat: gr.Chatbot
    retry: gr.Button
    clear: gr.Button
    editing: gr.State
    edited: gr.HTML
    cancel: gr.Button
    limits: gr.Accordion
    only: tuple[gr.Dropdown, gr.Textbox, gr.Textbox]
    box: gr.Textbox
    beside: gr.HTML
    judged: gr.HTML


def build(qa: ArticleQA, intake: UploadService) -> gr.Blocks:
    """The page, and its functions for programs. Each visitor has a conversation of their own."""
    window = gr.Blocks(
        title="article-qa",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_HOUR, _HOUR),  # files that were handed in and never taken
    )
    with window:
        programs.offer(qa, intake, _ASKING)  # first, so the names are free
        masthead = gr.HTML(elem_id="masthead", apply_default_css=False)
        chats = _chats()
        with gr.Tabs(elem_id="rooms"):
            with gr.Tab("Chat"):
                parts = _lay_out(qa, masthead, chats)
            # What is in a tab is not there before it is opened; the corpus has to be, since it
            # ingests the samples for the chat. So it stands outside, and the styles show it.
            gr.Tab("Corpus", elem_id="corpus-tab")
        shelves = corpus.lay_out(qa, intake)
        _wire(window, parts, shelves, qa, intake)
    window.queue(api_open=False, max_size=WAITING, default_concurrency_limit=AT_ONCE)
    return window


def mount(app: FastAPI, window: gr.Blocks, largest: int) -> None:
    """Put the page at the root of an application, with all that Gradio would share shut off.

    `largest` is in bytes, of a file that is handed in.
    """
    # A typeface that comes with Gradio, in full: nothing is fetched from elsewhere.
    sans = gr.themes.LocalFont("Source Sans Pro", weights=(400, 700))
    gr.mount_gradio_app(
        app,
        window,
        path="/",
        theme=gr.themes.Base(font=[sans, "system-ui", "sans-serif"], font_mono=["monospace"]),
        css="".join(map(_resource, ("style.css", "corpus.css", "feedback.css"))),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=False,
        max_file_size=largest,
    )


def _resource(name: str) -> str:
    return (
        files("ui")
        .joinpath("templates" if name.endswith(".html") else "static", name)
        .read_text(encoding="utf-8")
    )


def _lay_out(qa: ArticleQA, masthead: gr.HTML, chats: gr.HTML) -> Parts:
    conversation = gr.State(Conversation())
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            chat = _chat(qa.model)
            with gr.Row(elem_id="tools"):
                retry = gr.Button("Retry", elem_id="retry", size="sm")
                gr.Button("Copy answer", elem_id="copy", size="sm")
                gr.Button("Save chat", elem_id="save", size="sm")
                clear = gr.Button("New chat", elem_id="clear", size="sm")
            with gr.Accordion(page.scope_words(Scope()), open=False, elem_id="limits") as limits:
                only = _limits()
            editing = gr.State(0)
            with gr.Row(elem_id="editing"):
                edited = gr.HTML("", apply_default_css=False)
                cancel = gr.Button("Cancel", elem_id="cancel", size="sm", visible=False)
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
    return Parts(
        conversation,
        masthead,
        chats,
        chat,
        retry,
        clear,
        editing,
        edited,
        cancel,
        limits,
        only,
        box,
        beside,
        feedback.lay_out(),
    )


def _chats() -> gr.HTML:
    """The chats that the visitor's browser keeps; the value is the present one, as `kept` says."""
    return gr.HTML(
        "",
        elem_id="chats",
        html_template=_resource("chats.html"),
        js_on_load=_resource("chats.js"),
        apply_default_css=False,
        server_functions=[_saving],
    )


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
        # The messages are HTML that ui.window.page has escaped; nothing reads them as Markdown or LaTeX.
        render_markdown=False,
        latex_delimiters=[],
        sanitize_html=True,
        allow_tags=False,
        buttons=[],
        height="auto",
        layout="bubble",
    )


def _wire(
    window: gr.Blocks, parts: Parts, shelves: gr.HTML, qa: ArticleQA, intake: UploadService
) -> None:
    talk, examples = Talk(qa, parts, lambda: _newest(qa, intake)), Examples(qa)

    def welcome(written: str | None) -> Shown:
        return {**talk.showing(restored(written, qa) or Conversation()), **library()}

    def refresh(now: Conversation) -> Shown:
        """What is shown of the library, when other articles are in it."""
        shown = {} if now.sources() else {parts.beside: _newest(qa, intake)}
        return {**shown, **library()}

    def library() -> Shown:
        with qa.library.snapshot() as snapshot:
            articles, sources = snapshot.count(), snapshot.sources()
        return {
            parts.masthead: page.masthead(articles, qa.model),
            parts.only[0]: gr.update(choices=sources),
        }

    def suggest() -> Any:
        questions = examples.questions()
        invitation = page.invitation(qa.model) if qa.articles(1) else page.NO_ARTICLES
        return gr.update(examples=[{"text": each} for each in questions], placeholder=invitation)

    def name_limits(*only: Any) -> Any:
        """What limits the questions is seen even where the controls are folded away."""
        try:
            return gr.update(label=page.scope_words(wanted(*only).scope()))
        except QuestionError as error:
            return gr.update(label=str(error))

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    asking = {**quiet, "concurrency_id": _ASKING}
    outputs, now = talk.outputs(), [parts.conversation]
    asked = [parts.box, *now, parts.editing, *parts.only]
    parts.box.submit(talk.ask, asked, outputs, **asking)
    parts.chat.example_select(talk.example, [*now, *parts.only], outputs, **asking)
    parts.retry.click(talk.again, [*now, *parts.only], outputs, **asking)
    parts.box.stop(talk.stop, now, None, queue=False, **quiet)
    parts.beside.edit(talk.edit, now, outputs, **quiet)
    parts.cancel.click(talk.cancel, None, outputs, **quiet)
    parts.clear.click(talk.clear, None, outputs, **quiet)
    parts.chats.reopen(talk.reopen, None, outputs, **quiet)
    parts.judged.judge(feedback.judging(qa), now, None, **quiet)
    source, after, before = parts.only
    changes = [source.change, after.blur, after.submit, before.blur, before.submit]
    gr.on(changes, name_limits, [*parts.only], [parts.limits], **quiet)
    greeted = [*outputs, parts.masthead, source]
    window.load(welcome, [parts.chats], greeted, js=_resource("current.js"), **quiet)
    shelves.input(refresh, now, [parts.beside, parts.masthead, source], **quiet)
    for comes in (window.load, shelves.input):
        comes(suggest, None, [parts.chat], **quiet)


def _newest(qa: ArticleQA, intake: UploadService) -> str:
    """The newest articles, or what an empty library offers."""
    articles = qa.articles(page.NEWEST + 1)  # with one more, these are not all
    return (
        page.newest(articles) if articles else shelf.nothing_yet(has_samples=bool(intake.samples))
    )


def _saving(wanted: list[Any]) -> str | None:
    """Turns that the browser kept, in the form in which they are saved."""
    turns, form = wanted
    return exported(turns, str(form))


def _opening(qa: ArticleQA) -> Callable[[list[Any]], str]:
    def open_article(wanted: list[Any]) -> str:
        """An article as HTML; `wanted` is its id and the places cited there, the one chosen first.

        A place is its first character, the one after its last, and the words.
        """
        article_id, places = wanted
        cited = [(Span(int(start), int(end)), str(quote)) for start, end, quote in places]
        try:
            article = qa.article(str(article_id))
        except ArticleQAError as error:
            return page.problem(str(error))
        (span, quote), *others = cited or [(Span(0, 0), "")]
        return page.reader(article, span, quote, others)

    return open_article

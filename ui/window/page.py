"""The page as Gradio serves it: its tabs, its events and its functions for programs."""

from __future__ import annotations

import os
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio reads it when it is imported

import gradio as gr
from fastapi import FastAPI

from ingest.uploads import UploadService
from rag.langchain import ArticleQA
from ui import api
from ui.window import components, corpus, feedback
from ui.window.components import Components
from ui.window.events import ChatEvents, LibraryEvents
from ui.window.examples import Examples
from ui.window.templates import static

_ASKING = "asking"  # the queue in which all questions wait, first come first served
_HOUR = 3600  # seconds


def build(
    qa: ArticleQA, uploads: UploadService, *, concurrency: int = 8, queue_size: int = 100
) -> gr.Blocks:
    """Return the page. Every visitor has a conversation of their own.

    `concurrency` questions are answered at a time, and `queue_size` may wait.
    """
    page = gr.Blocks(
        title="article-qa",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_HOUR, _HOUR),  # uploads that were never ingested
    )
    with page:
        api.add_functions(qa, uploads, queue=_ASKING)  # first, so that their names are not taken
        masthead, chats = components.masthead(), components.chats()
        with gr.Tabs(elem_id="rooms"):
            with gr.Tab("Chat"):
                parts = components.lay_out(qa, masthead, chats)
            # Gradio mounts a tab's content when it is first opened. The corpus must be there at
            # once, because it ingests the samples for the chat: so it is outside the tab, and the
            # style sheet shows it.
            gr.Tab("Corpus", elem_id="corpus-tab")
        corpus_tab = corpus.lay_out(qa, uploads)
        library_events = LibraryEvents(qa, parts, uploads, Examples(qa))
        chat_events = ChatEvents(qa, parts, library_events.greeting)
        _connect_chat(parts, chat_events, qa)
        _connect_library(page, corpus_tab, chat_events, library_events)
    page.queue(api_open=False, max_size=queue_size, default_concurrency_limit=concurrency)
    return page


def mount(app: FastAPI, page: gr.Blocks, max_bytes: int) -> None:
    """Serve the page at the root of an application, without what Gradio would share.

    `max_bytes` is the size of an uploaded file.
    """
    # The font comes with Gradio: nothing is fetched from elsewhere.
    sans = gr.themes.LocalFont("Source Sans Pro", weights=(400, 700))
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=gr.themes.Base(font=[sans, "system-ui", "sans-serif"], font_mono=["monospace"]),
        css="".join(map(static, ("style.css", "corpus.css", "feedback.css"))),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=False,
        max_file_size=max_bytes,
    )


_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def _connect_chat(parts: Components, events: ChatEvents, qa: ArticleQA) -> None:
    conversation, outputs = parts.conversation, events.outputs()
    filters = [parts.source, parts.after, parts.before]
    asking = {**_QUIET, "concurrency_id": _ASKING}
    asked = [parts.question, conversation, parts.edited_turn, *filters]
    parts.question.submit(events.ask, asked, outputs, **asking)
    parts.chat.example_select(events.ask_example, [conversation, *filters], outputs, **asking)
    parts.retry.click(events.retry, [conversation, *filters], outputs, **asking)
    parts.question.stop(events.stop, conversation, None, queue=False, **_QUIET)
    parts.sources.edit(events.edit, conversation, outputs, **_QUIET)
    parts.sources.choose(events.choose, [conversation, *filters], outputs, **asking)
    parts.cancel.click(events.cancel, None, outputs, **_QUIET)
    parts.clear.click(events.clear, None, outputs, **_QUIET)
    parts.chats.reopen(events.reopen, None, outputs, **_QUIET)
    parts.feedback.judge(feedback.judging(qa), conversation, None, **_QUIET)
    days = (parts.after, parts.before)
    changes = [parts.source.change, *(on for day in days for on in (day.blur, day.submit))]
    gr.on(changes, events.label_filters, filters, [parts.filters], **_QUIET)


def _connect_library(
    page: gr.Blocks, corpus_tab: gr.HTML, chat: ChatEvents, library: LibraryEvents
) -> None:
    parts = library.components

    def open_page(stored: str | None) -> dict[Any, Any]:
        return {**chat.show_stored(stored), **library.describe()}

    described = [parts.masthead, parts.source]
    opened = [*chat.outputs(), *described]
    page.load(open_page, [parts.chats], opened, js=static("current.js"), **_QUIET)
    corpus_tab.input(library.refresh, parts.conversation, [parts.sources, *described], **_QUIET)
    for event in (page.load, corpus_tab.input):
        event(library.suggest, None, [parts.chat], **_QUIET)

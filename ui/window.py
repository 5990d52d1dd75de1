"""The chat window as Gradio builds it: what is on the page, and what happens on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio reads it when it is imported

import gradio as gr  # noqa: E402

from rag.assistant import ArticleQA  # noqa: E402
from rag.errors import ArticleQAError  # noqa: E402
from rag.types import Span  # noqa: E402
from ui import page  # noqa: E402
from ui.conversation import Turns, examples, messages, reply, sources, stopped  # noqa: E402

AT_ONCE = 8  # visitors who are answered at the same time; the others wait for their turn

_BESIDE = """<div class="list">${value}</div>
<div class="reader" role="region" aria-label="Article" tabindex="-1" hidden></div>
<p class="told" role="status"></p>"""


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that something happens to."""

    turns: gr.State
    masthead: gr.HTML
    chat: gr.Chatbot
    retry: gr.Button
    clear: gr.Button
    box: gr.Textbox
    beside: gr.HTML


def build(qa: ArticleQA) -> gr.Blocks:
    """The page. Each visitor has a conversation of their own."""
    with gr.Blocks(title="article-qa", analytics_enabled=False, fill_width=True) as window:
        _wire(window, _lay_out(qa), qa)
    return window.queue(api_open=False, default_concurrency_limit=AT_ONCE)


def theme() -> gr.themes.Base:
    """Gradio's plainest theme in a typeface that comes with it: nothing is fetched from elsewhere."""
    sans = gr.themes.LocalFont("Source Sans Pro", weights=(400, 700))
    return gr.themes.Base(font=[sans, "system-ui", "sans-serif"], font_mono=["monospace"])


def resource(name: str) -> str:
    """A text file that belongs to this package."""
    return files("ui").joinpath(name).read_text(encoding="utf-8")


def _lay_out(qa: ArticleQA) -> Parts:
    turns = gr.State(())
    masthead = gr.HTML(elem_id="masthead", apply_default_css=False)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            chat = _chat()
            with gr.Row(elem_id="tools"):
                retry = gr.Button("Retry", elem_id="retry", size="sm")
                gr.Button("Copy answer", elem_id="copy", size="sm")
                clear = gr.Button("Clear", elem_id="clear", size="sm")
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
                js_on_load=resource("script.js"),
                apply_default_css=False,
                server_functions=[_opening(qa)],
            )
    return Parts(turns, masthead, chat, retry, clear, box, beside)


def _chat() -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="conversation",
        label="Conversation",
        show_label=False,
        placeholder="Ask a question. The answer quotes the articles, word for word.",
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
    outputs = [parts.chat, parts.turns, parts.beside, parts.box]
    busy = gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
    idle = gr.Textbox(submit_btn="Ask", stop_btn=False)

    def answer(question: str, before: Turns) -> Iterator[tuple[Any, ...]]:
        yield gr.skip(), gr.skip(), gr.skip(), busy
        for now in reply(qa, question, before):
            yield messages(now), now, sources(now) or gr.skip(), gr.skip()
        yield gr.skip(), gr.skip(), gr.skip(), idle

    def ask(question: str, before: Turns) -> Iterator[tuple[Any, ...]]:
        if question.strip():
            yield from answer(question.strip(), before)
        else:
            yield tuple(gr.skip() for _ in outputs)

    def example(before: Turns, chosen: gr.SelectData) -> Iterator[tuple[Any, ...]]:
        yield from ask(str(chosen.value["text"]), before)

    def again(before: Turns) -> Iterator[tuple[Any, ...]]:
        yield from ask(before[-1].question if before else "", before[:-1])

    def stop(before: Turns) -> tuple[Any, ...]:
        now = stopped(before)
        return messages(now), now, gr.skip(), idle

    def clear() -> tuple[Any, ...]:
        return [], (), page.newest(qa.articles()), idle

    def welcome() -> tuple[Any, ...]:
        articles = qa.articles()
        questions = [{"text": question} for question in examples(articles)]
        return (
            page.masthead(len(articles)),
            gr.Chatbot(examples=questions),
            page.newest(articles),
        )

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    asking = {**quiet, "show_progress_on": None, "outputs": outputs}
    answering = [
        parts.box.submit(ask, [parts.box, parts.turns], **asking),
        parts.chat.example_select(example, [parts.turns], **asking),
        parts.retry.click(again, [parts.turns], **asking),
    ]
    parts.box.stop(stop, [parts.turns], outputs, cancels=answering, **quiet)
    parts.clear.click(clear, None, outputs, cancels=answering, **quiet)
    window.load(welcome, None, [parts.masthead, parts.chat, parts.beside], **quiet)


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

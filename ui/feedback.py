"""What a reader thinks of the latest answer: two words and a place for the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from rag.errors import StoreError
from rag.feedback import LONGEST_REASON, Opinion, note
from rag.types import Answer
from rag.words import in_one_line
from ui.conversation import Conversation

Judged = tuple[Opinion, Answer]
"""What is being said, and of which answer: another may come while the reason is written."""

_LONGEST_QUOTE = 60  # characters of a quotation in the choice of a citation


def add(home: Path, conversation: gr.State) -> None:
    """Lay out the buttons and let them write into the library that lives in `home`."""
    judged = gr.State()
    with gr.Column(elem_id="feedback"):
        with gr.Row():
            gr.HTML("Was this right?", apply_default_css=False)
            right = gr.Button("Yes", size="sm")
            wrong = gr.Button("No", size="sm")
            cited = gr.Button("A citation is wrong", size="sm")
        with gr.Column(visible=False, elem_id="reason") as form:
            which = gr.Radio([], label="Which citation?")
            why = gr.Textbox(label="Why? (may stay empty)", max_lines=3, max_length=LONGEST_REASON)
            with gr.Row():
                send = gr.Button("Send", size="sm")
                cancel = gr.Button("Cancel", size="sm")

    def praise(now: Conversation) -> None:
        if answer := _latest(now):
            _note(home, ("good", answer))

    def blame(now: Conversation) -> tuple[Any, ...]:
        return _opened("bad", _latest(now))

    def blame_citation(now: Conversation) -> tuple[Any, ...]:
        return _opened("wrong citation", _latest(now))

    def sent(judged: Judged | None, number: int | None, reason: str) -> tuple[Any, ...]:
        if not judged:
            return _closed()
        if judged[0] == "wrong citation" and number is None:
            gr.Info("Say which citation is wrong.")
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        _note(home, judged, number, reason)
        return _closed()

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    shown = [form, judged, which, why]
    right.click(praise, [conversation], None, **quiet)
    wrong.click(blame, [conversation], shown, **quiet)
    cited.click(blame_citation, [conversation], shown, **quiet)
    gr.on([send.click, why.submit], sent, [judged, which, why], shown, **quiet)
    cancel.click(_closed, None, shown, **quiet)


def _latest(now: Conversation) -> Answer | None:
    answer = now.turns[-1].answer if now.turns else None
    if answer is None:
        gr.Info("There is no answer to judge yet.")
    return answer


def _opened(opinion: Opinion, answer: Answer | None) -> tuple[Any, ...]:
    """The form for the reason, and for the choice of a citation where one is wrong."""
    if answer is None:
        return _closed()
    cites = [(_short(f"[{each.number}] {each.quote}"), each.number) for each in answer.citations]
    if opinion == "wrong citation" and not cites:
        gr.Info("This answer cites nothing.")
        return _closed()
    choice = gr.update(
        choices=cites,
        value=cites[0][1] if len(cites) == 1 else None,
        visible=opinion == "wrong citation",
    )
    return gr.update(visible=True), (opinion, answer), choice, ""


def _closed() -> tuple[Any, ...]:
    return gr.update(visible=False), None, gr.update(choices=[], value=None), ""


def _note(home: Path, judged: Judged, number: int | None = None, reason: str = "") -> None:
    opinion, answer = judged
    blamed = number if opinion == "wrong citation" else None
    try:
        note(home, answer, opinion, number=blamed, reason=reason)
    except StoreError as error:
        gr.Warning(in_one_line(str(error)))
    else:
        gr.Info("Noted, thank you.")


def _short(text: str) -> str:
    line = in_one_line(text)
    return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE].rstrip() + "…"

"""An answer on a terminal, shown while a language model writes it."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from rag.answering.drafts import shown
from rag.langchain import ArticleQA
from rag.types import Answer, Delta

_MARGIN = 3  # lines of the terminal that a draft leaves free


def can_show_drafts() -> bool:
    """Return whether the output is a terminal on which text can be replaced."""
    return sys.stdout.isatty() and not Console().is_dumb_terminal


def ask_with_draft(qa: ArticleQA, question: str, **options: Any) -> Answer:
    """Return the answer to a question, and show its draft until it is checked.

    An interrupted draft stays on the terminal.
    """
    console, draft = Console(), ""
    with Live(console=console, transient=True) as live:
        try:
            with closing(qa.stream(question, **options)) as events:
                for event in events:
                    if isinstance(event, Answer):
                        return event
                    draft += event.text if isinstance(event, Delta) else ""
                    remark = f"{qa.language_model} is writing; not checked yet"
                    live.update(_tail(console, draft, remark))
        except KeyboardInterrupt:
            live.update(_tail(console, draft, "stopped; this draft is not checked"))
            live.transient = False
            raise
    raise AssertionError("a stream ends with an Answer")


def _tail(console: Console, draft: str, remark: str) -> Text:
    """Return the end of a draft, as many lines as the terminal can show."""
    words = shown(draft)
    lines = Text(words).wrap(console, console.width)[_MARGIN - console.height :] if words else []
    return Text("\n").join([*lines, Text(f"({remark})", style="dim")])

"""An answer on a terminal: what a language model writes is seen while it writes."""

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


def is_watched() -> bool:
    """Whether the output goes to a terminal, and one that can take some of it back."""
    return sys.stdout.isatty() and not Console().is_dumb_terminal


def watched(qa: ArticleQA, question: str, **options: Any) -> Answer:
    """The answer to a question; until it is checked, its draft stands on the terminal.

    A draft that is interrupted stays there.
    """
    console, draft = Console(), ""
    with Live(console=console, transient=True) as live:
        try:
            with closing(qa.stream(question, **options)) as events:
                for event in events:
                    if isinstance(event, Answer):
                        return event
                    draft += event.text if isinstance(event, Delta) else ""
                    live.update(_end(console, draft, f"{qa.model} is writing; not checked yet"))
        except KeyboardInterrupt:
            live.update(_end(console, draft, "stopped; what stands here is not checked"))
            live.transient = False
            raise
    raise AssertionError("a stream ends with an Answer")


def _end(console: Console, draft: str, remark: str) -> Text:
    """The end of a draft, as much as the terminal has lines for."""
    words = shown(draft)
    lines = Text(words).wrap(console, console.width)[3 - console.height :] if words else []
    return Text("\n").join([*lines, Text(f"({remark})", style="dim")])

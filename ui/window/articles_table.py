"""The table of articles in the Corpus tab."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from urllib.parse import unquote

from rag.answering.render import WEB, counted
from rag.corrections import MAX_LENGTH
from rag.types import Entry
from ui.window.templates import render


def rows(entries: Iterable[Entry]) -> str:
    """Return a table row for each article."""
    return render("article_rows.html", entries=entries)


def summary(matches: int, total: int, *, is_filtered: bool) -> str:
    """Return how many articles there are and how many of them match the filter, as plain text."""
    if not total:
        return ""
    return (
        f"{matches:,} of {counted(total, 'article')}" if is_filtered else counted(total, "article")
    )


def correction(entry: Entry) -> str:
    """Return the form with the title, the date and the source of an article."""
    return render("correction.html", entry=entry, max_length=MAX_LENGTH, today=date.today())


def removal(entry: Entry, *, is_upload: bool) -> str:
    """Return the question before an article is removed, and what happens to its origin."""
    return render(
        "removal.html",
        entry=entry,
        name=unquote(entry.origin.rsplit("/", 1)[-1]),
        is_upload=is_upload,
        is_page=entry.origin.startswith(WEB),
    )

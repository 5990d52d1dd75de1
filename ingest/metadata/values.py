"""What is known about an article besides its text."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about an article; None for what is not.

    `updated` stands in for `published` where nothing says when the article was published.
    """

    title: str | None = None
    published: date | None = None
    updated: date | None = None
    source: str | None = None
    author: str | None = None
    place: str | None = None
    url: str | None = None
    language: str | None = None

    def or_else(self, other: Metadata) -> Metadata:
        """Return this metadata, completed from the other."""
        names = (field.name for field in fields(self))
        return Metadata(**{name: getattr(self, name) or getattr(other, name) for name in names})


def as_line(value: object) -> str:
    """Return a value from front matter as one line; lists are joined with commas."""
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(as_line, value)))
    if isinstance(value, dict):
        return ""
    return " ".join(str(value).split()) if value is not None else ""


def shorten(text: str, limit: int = _LONGEST_TITLE) -> str:
    """Shorten a title to at most `limit` characters, between words."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return (line[: limit - 1].rsplit(" ", 1)[0] or line[: limit - 1]) + "…"

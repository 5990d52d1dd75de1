"""What is known about an article: from front matter, a page's head, the dateline, the first line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

_DATELINE = re.compile(
    r"(?P<head>[^\n:–—]{3,80}?)\s*(?:\((?P<source>[^()\n]{2,40})\))?\s*(?::|–|—|(?<=\s)-)\s+(?=\S)"
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST_TITLE = 120
_SENTENCE_END = (".", "!", "?", ":", ";", "…", "”", '"')


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a reader of files found out; None is what it did not say."""

    title: str | None = None
    published: date | None = None
    source: str | None = None
    author: str | None = None
    place: str | None = None
    url: str | None = None
    language: str | None = None

    def or_else(self, other: Metadata) -> Metadata:
        """What is known here, and where nothing is, what is known there."""
        names = (field.name for field in fields(self))
        return Metadata(**{name: getattr(self, name) or getattr(other, name) for name in names})


def from_mapping(values: dict[str, Any]) -> Metadata:
    """Metadata from keys as people write them in front matter and records."""
    known = {str(key).lower().strip(): value for key, value in values.items()}

    def first(*names: str) -> str | None:
        found = (as_line(known[name]) for name in names if known.get(name) is not None)
        return next((text for text in found if text), None)

    published = (known.get(name) for name in ("date", "published", "pubdate", "created"))
    return Metadata(
        title=first("title", "headline"),
        published=next(filter(None, map(as_date, published)), None),
        source=first("source", "publisher", "sitename", "outlet"),
        author=first("author", "authors", "byline", "creator"),
        place=first("place", "location", "dateline"),
        url=first("url", "link", "canonical", "permalink"),
        language=first("language", "lang"),
    )


def from_text(text: str) -> Metadata:
    """What the text itself tells: a title in its first line, and a dateline before its story."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text[:4_000]) if block.strip()]
    if not blocks:
        return Metadata()
    lines = blocks[0].splitlines()
    titled = len(lines[0]) <= _LONGEST_TITLE and not lines[0].rstrip().endswith(_SENTENCE_END)
    titled = titled and len(lines) + len(blocks) > 2
    found = next(filter(None, map(dateline, _beginnings(blocks))), Metadata())
    title = lines[0] if titled else _without_dateline(blocks[0])
    return found.or_else(Metadata(title=shorten(title)))


def dateline(text: str) -> Metadata | None:
    """Place, date and agency from a beginning such as "Tokyo, 4 October 2022 (TDI): ..."."""
    match = _DATELINE.match(text)
    if match is None:
        return None
    parts = [part.strip() for part in match["head"].split(",")]
    for first in range(1, len(parts)):
        published = as_date(", ".join(parts[first:]))
        if published and _is_place(parts[:first]):
            return Metadata(
                place=", ".join(parts[:first]), published=published, source=match["source"]
            )
    dated = re.search(r"\d", match["head"]) is not None
    if match["source"] and _is_place(parts[:1]):
        place = parts[0] if dated else ", ".join(parts)
        return Metadata(place=place, source=match["source"])
    return None


def as_date(value: object) -> date | None:
    """A date from what people write; None for what is no date, or could be two."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = as_line(value)
    if not text or not re.search(r"\d{4}", text):
        return None
    if iso := _ISO.match(text):
        try:
            return date.fromisoformat(iso.group())
        except ValueError:
            return None
    import dateparser

    readings = {
        parsed.date() if parsed else None
        for order in ("DMY", "MDY")
        for parsed in [
            dateparser.parse(
                text,
                languages=["en"],
                settings={
                    "STRICT_PARSING": True,
                    "DATE_ORDER": order,
                    "PARSERS": ["absolute-time"],
                    "RETURN_AS_TIMEZONE_AWARE": False,
                },
            )
        ]
    }
    return readings.pop() if len(readings) == 1 else None


def as_line(value: object) -> str:
    """A value from front matter as one line of text; lists are joined with commas."""
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(as_line, value)))
    return " ".join(str(value).split()) if value is not None else ""


def shorten(text: str, limit: int = _LONGEST_TITLE) -> str:
    """A title of at most `limit` characters, cut between words."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return (line[: limit - 1].rsplit(" ", 1)[0] or line[: limit - 1]) + "…"


def _beginnings(blocks: list[str]) -> Iterable[str]:
    """Where a dateline may stand: at the first paragraphs, or under a title line."""
    for block in blocks[:3]:
        yield block
        yield from block.splitlines()[1:2]


def _without_dateline(block: str) -> str:
    match = _DATELINE.match(block)
    story = block[match.end() :] if match and dateline(block) else block
    return re.split(r"(?<=[.!?])\s", " ".join(story.split()), maxsplit=1)[0]


def _is_place(parts: list[str]) -> bool:
    """ "New Delhi" or "SEOUL, South Korea": few words, each beginning with a capital."""
    words = " ".join(parts).split()
    return 0 < len(words) <= 6 and all(word[0].isupper() for word in words)

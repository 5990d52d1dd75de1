"""Metadata of articles: from front matter, a page's head, a dateline or the first line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from email.utils import parsedate
from itertools import islice
from typing import Any

from ingest.paragraphs import headline, paragraphs
from rag.text.sentences import sentences
from rag.types import Span

_DATELINE = re.compile(
    r"(?P<head>[^\n:–—]{3,80}?)\s*(?:\((?P<source>[^()\n]{2,40})\)|/(?P<slashed>[A-Z]{2,10})/\.)?"
    r"\s*(?::|–|—|--|(?<=\s)-|(?<=/\.))\s+(?=\S)"
)
# Without a date, only the name of an agency makes a beginning a dateline.
_AGENCY = re.compile(
    r"[A-Z]{2,6}|dpa|Agencia EFE|Anadolu|Ansa|Belga|Bloomberg|Interfax|Kyodo|Reuters|Tass|Xinhua|Yonhap"
    r"|(?:[A-Z]\w+ ){1,3}(?:News|Agency|Press|Service)"
)
_PARTICLES = frozenset(("al", "am", "an", "and", "da", "de", "del", "den", "der", "di", "do", "la", "le", "of", "upon"))  # fmt: skip
_BEGINNING = 4_000  # characters in which a title and a dateline are looked for
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_OF_FEEDS = re.compile(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}")
_LONGEST_DATE = 60  # characters; dateparser is very slow on long texts
_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about an article; None for what is not."""

    title: str | None = None
    published: date | None = None
    source: str | None = None
    author: str | None = None
    place: str | None = None
    url: str | None = None
    language: str | None = None

    def or_else(self, other: Metadata) -> Metadata:
        """Return this metadata, completed from the other."""
        names = (field.name for field in fields(self))
        return Metadata(**{name: getattr(self, name) or getattr(other, name) for name in names})


def from_mapping(values: dict[str, Any]) -> Metadata:
    """Return metadata from the usual keys of front matter and records."""
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
    """Return metadata from the text: a title in the first line, and a dateline."""
    beginning = text[:_BEGINNING]
    found = next(filter(None, map(dateline, _beginnings(beginning))), Metadata())
    head = headline(text)
    title = text[head.start : head.end] if head else _first_sentence(beginning)
    return found.or_else(Metadata(title=shorten(title) or None))


def dateline(text: str) -> Metadata | None:
    """Return place, date and agency from a beginning such as "Tokyo, 4 October 2022 (TDI): ..."."""
    match = _DATELINE.match(text)
    if match is None:
        return None
    source = match["source"] or match["slashed"]
    parts = [part.strip(" .") for part in match["head"].split(",")]
    for first in range(1, len(parts)):
        published = as_date(", ".join(parts[first:]))
        if published and _is_place(parts[:first]):
            return Metadata(place=", ".join(parts[:first]), published=published, source=source)
    if source and _AGENCY.fullmatch(source) and _is_place(parts[:1]):
        dated = re.search(r"\d", match["head"]) is not None
        return Metadata(place=parts[0] if dated else ", ".join(parts), source=source)
    return None


def as_date(value: object) -> date | None:
    """Parse a date as people write it; return None if it is not a date or is ambiguous."""
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    text = as_line(value)
    if not text or len(text) > _LONGEST_DATE or not re.search(r"\d{4}", text):
        return None
    try:
        if iso := _ISO.match(text):
            return date.fromisoformat(iso.group())
        if _OF_FEEDS.match(text) and (parts := parsedate(text)):  # RFC 822
            return date(*parts[:3])
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


def _beginnings(text: str) -> Iterator[str]:
    """Yield the first paragraphs, before which a dateline may stand."""
    for span in islice(paragraphs(text), 4):
        yield text[span.start : span.end]


def _first_sentence(text: str) -> str:
    span = next(paragraphs(text), None)
    if span is None:
        return ""
    if dateline(text[span.start : span.end]):
        match = _DATELINE.match(text, span.start)
        span = Span(match.end() if match else span.start, span.end)
    first = next(sentences(text, span), span)
    return text[first.start : first.end]


def _is_place(parts: list[str]) -> bool:
    """Return whether words look like a place, such as "Rio de Janeiro": few, and capitalized."""
    words = " ".join(parts).split()
    return 0 < len(words) <= 6 and all(w[0].isupper() or w in _PARTICLES for w in words)

"""Feeds as lists of links: RSS, Atom and JSON Feed."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin

from ingest.metadata import as_date, as_line
from rag.errors import LoadError

MOST_ENTRIES = 100
LARGEST = 5_000_000  # bytes; what is read of a feed, whose newest entries come first
# Each alternative is taken for good: none can be tried again in another way, so this is linear.
_FIRST_ELEMENT = re.compile(
    r"(?>\s+|<\?(?>[^>]+)>|<!--(?>(?:[^-]|-(?!->))*)-->|<!(?!--)(?>[^>\[]*)>)*+<([\w:]+)"
)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Entry:
    """A link in a feed, absolute, and what the feed says of it."""

    url: str
    title: str | None = None
    published: date | None = None


def first_element(content: bytes) -> str:
    """The name of the first element of a document in XML or HTML, in small letters, else ""."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    text = content[:8_000].decode(encoding, errors="replace").removeprefix("\xef\xbb\xbf")
    found = _FIRST_ELEMENT.match(text)
    return found.group(1).lower() if found else ""


def is_feed(content: bytes) -> bool:
    if content.lstrip()[:1] == b"{":
        return b"jsonfeed.org/version/" in content.replace(b"\\/", b"/")
    return first_element(content) in ("rss", "feed", "rdf:rdf", "channel")


def entries(content: bytes, url: str) -> list[Entry]:
    """The first entries that have a link, each link once; `url` is where the feed was found.

    A feed in broken XML gives what can be saved of it. Raises LoadError when that is nothing.
    """
    read = _from_json if content.lstrip()[:1] == b"{" else _from_xml
    found: dict[str, Entry] = {}
    for entry in read(content, url):
        found.setdefault(entry.url.partition("#")[0], entry)
        if len(found) == MOST_ENTRIES:
            break
    if not found:
        raise LoadError("it is a feed in which no entry can be read")
    return list(found.values())


def _from_xml(content: bytes, url: str) -> Iterator[Entry]:
    import feedparser

    feed = feedparser.parse(
        io.BytesIO(content[:LARGEST]),  # a string could be taken for a file to open
        response_headers={"content-location": url},
        sanitize_html=False,  # none of it is shown
        resolve_relative_uris=False,  # in texts; links are resolved all the same
    )
    for entry in feed.entries:
        if link := entry.get("link"):
            yield Entry(link, _title(entry.get("title")), as_date(entry.get("published")))


def _from_json(content: bytes, url: str) -> Iterator[Entry]:
    try:
        feed = json.loads(content)
    except (ValueError, RecursionError):
        raise LoadError("it is a feed in JSON that cannot be read") from None
    items: Any = feed.get("items")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get("url"), str):
            title, published = item.get("title"), item.get("date_published")
            yield Entry(urljoin(url, item["url"]), as_line(title) or None, as_date(published))


def _title(markup: str | None) -> str | None:
    """A title without tags; whether there are any, feeds do not say reliably."""
    return as_line(html.unescape(_TAG.sub(" ", markup or ""))) or None

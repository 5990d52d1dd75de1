"""Feeds as lists of links: RSS, Atom and JSON Feed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin

from ingest.formats.text import decode
from ingest.metadata import as_date, as_line
from rag.errors import LoadError

MOST_ENTRIES = 100
_ELEMENT = re.compile(r"<([\w:]+)")
_TAG = re.compile(r"<[^<>]*>")
_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF|channel)\b", re.IGNORECASE)
# One that begins no reference; nor one to a high number, which may be that of no character.
_LONE_AMPERSAND = re.compile(
    r"&(?!(?:#\d{1,4}|#x[0-9a-c]?[0-9a-f]{1,3}|[a-z][a-z0-9]{0,30});)", re.IGNORECASE
)
_DATES = ("pubDate", "published", "date", "issued")  # RSS 2.0, Atom, Dublin Core, Atom 0.3


@dataclass(frozen=True, slots=True)
class Entry:
    """A link in a feed, absolute, and what the feed says of it."""

    url: str
    title: str | None = None
    published: date | None = None


def first_element(content: bytes) -> str:
    """The name of the first element of a document in XML or HTML, in small letters, else ""."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = content[:8_000].decode(encoding, errors="replace").lstrip()
    while text.startswith(("<?", "<!")):
        _, _, text = text.partition("-->" if text.startswith("<!--") else ">")
        text = text.lstrip()
    found = _ELEMENT.match(text)
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
    tree = _parse(content, url)
    for item in tree.iter("{*}item", "{*}entry") if tree is not None else ():
        said = list(_parts(item))
        link = _link(said) or _link(list(_parts(item.iter())))  # inside of what was not closed
        if link:
            titles = ("".join(part.itertext()) for name, part in said if name == "title")
            dates = (_date(part.text) for name, part in said if name in _DATES)
            yield Entry(
                url=_absolute(link, item.base or url),
                title=next(map(_words, titles), None),
                published=next(filter(None, dates), None),
            )


def _parse(content: bytes, url: str) -> Any:
    """A document in XML as a tree; if it is broken, what is left once it is mended, or None."""
    from lxml import etree

    safe = {"resolve_entities": False, "no_network": True}
    try:
        return etree.fromstring(content, etree.XMLParser(**safe), base_url=url)
    except etree.XMLSyntaxError:
        text = decode(content)
    root = _ROOT.search(text)
    if root is None:
        return None
    mended = _LONE_AMPERSAND.sub("&amp;", text[root.start() :]).encode(errors="replace")
    lenient = etree.XMLParser(recover=True, encoding="utf-8", **safe)
    return etree.fromstring(mended, lenient, base_url=url)


def _parts(elements: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Elements by their names, whatever namespace they are in, or are said to be in."""
    for element in elements:
        if isinstance(element.tag, str):  # else it is a comment
            yield re.split("[}:]", element.tag)[-1], element


def _link(said: Sequence[tuple[str, Any]]) -> str | None:
    """The link to an entry's page: in RSS the text of an element, in Atom an attribute."""
    for name, part in said:
        # In a text it may be escaped twice, by its author or by being mended.
        link = part.get("href") or (part.text or "").strip().replace("&amp;", "&")
        if name == "link" and link and part.get("rel", "alternate") == "alternate":
            return str(link)
    for name, part in said:
        text = (part.text or "").strip()
        if name == "guid" and part.get("isPermaLink") != "false" and text.startswith("http"):
            return str(text)
    return None


def _from_json(content: bytes, url: str) -> Iterator[Entry]:
    try:
        feed = json.loads(content)
    except (ValueError, RecursionError):
        raise LoadError("it is a feed in JSON that cannot be read") from None
    items: Any = feed.get("items")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get("url"), str):
            title, published = as_line(item.get("title")), _date(item.get("date_published"))
            yield Entry(_absolute(item["url"], url), title or None, published)


def _date(value: object) -> date | None:
    return as_date(value[:60]) if isinstance(value, str) else None


def _words(markup: str) -> str | None:
    """A title without tags; whether there are any, feeds do not say reliably."""
    return as_line(html.unescape(_TAG.sub(" ", markup))) or None


def _absolute(link: str, base: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # what is no address is told when it is visited
        return link

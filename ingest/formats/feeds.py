"""Feeds: RSS, Atom and JSON Feed, from files and from the web.

One tolerant parser over lxml serves both. feedparser is not used: it sanitizes HTML by rules of its
own, where our text extraction needs the markup, and it has no limits on size.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from ingest.formats.markup import BrokenXMLError, local_name, parse_html, parse_xml, words
from ingest.formats.text import Loaded, Skipped, clean, decode
from ingest.metadata import Metadata, as_date, as_line
from rag.errors import LoadError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MAX_LISTED = 100  # entries of a feed on the web that are visited
_ROOTS = ("rss", "feed", "rdf", "channel")
_TEXTS = ("encoded", "content", "description", "summary")  # the whole text first
_DATES = ("pubDate", "published", "date", "issued")
_UPDATES = ("updated", "modified")
_MAX_DATE = 60  # characters
_ELEMENT = re.compile(r"<([\w:]+)")
_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF|channel)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z!/]")
# An ampersand that begins no reference; high numbers may be those of no character.
_LONE_AMPERSAND = re.compile(
    r"&(?!(?:#\d{1,4}|#x[0-9a-c]?[0-9a-f]{1,3}|[a-z][a-z0-9]{0,30});)", re.IGNORECASE
)
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of a feed: its absolute address, and what the feed says about it."""

    url: str
    title: str | None = None
    published: date | None = None


def is_feed(content: bytes) -> bool:
    """Return whether content is a feed, judging by its beginning."""
    if content.lstrip()[:1] == b"{":
        return b"jsonfeed.org/version/" in content.replace(b"\\/", b"/")
    return first_element(content) in ("rss", "feed", "rdf:rdf", "channel")


def first_element(content: bytes) -> str:
    """Return the lower-case name of the first element of an XML or HTML document, or ""."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = content[:8_000].decode(encoding, errors="replace").lstrip()
    while text.startswith(("<?", "<!")):
        _, _, text = text.partition("-->" if text.startswith("<!--") else ">")
        text = text.lstrip()
    element = _ELEMENT.match(text)
    return element.group(1).lower() if element else ""


def links(content: bytes, url: str) -> list[Link]:
    """Return the first entries that have a link, each address once; `url` is that of the feed.

    Of broken XML, what can be read is used. Raises LoadError if that is nothing.
    """
    read = _json_links if content.lstrip()[:1] == b"{" else _xml_links
    distinct: dict[str, Link] = {}
    for link in read(content, url):
        distinct.setdefault(link.url.partition("#")[0], link)
        if len(distinct) == MAX_LISTED:
            break
    if not distinct:
        raise LoadError("it is a feed in which no entry can be read")
    return list(distinct.values())


def load_feed(data: bytes) -> Iterator[Loaded | Skipped]:
    """Yield the entries of a feed file as articles, in order; of broken XML, what can be read.

    Raises LoadError for XML that is not a feed, or that declares entities of its own.
    """
    broken = None
    try:
        feed: Element | None = parse_xml(data)
    except BrokenXMLError as error:
        broken = error
        feed = _repaired(data)
    if feed is None or local_name(feed).lower() not in _ROOTS:
        raise broken or LoadError("it is XML, but neither an RSS nor an Atom feed")
    channel = next(feed.iter("{*}channel"), feed)
    about = Metadata(
        source=_first(as_line(_words(part)) for part in _children(channel, "title")),
        language=_first((channel.get(_LANGUAGE), *map(_line, _children(channel, "language")))),
    )
    entries = list(feed.iter("{*}item", "{*}entry"))
    if not entries:
        raise broken or LoadError("it is a feed without entries")
    for number, entry in enumerate(entries, start=1):
        yield _article(entry, f"entry {number}", about)
    if broken:
        yield Skipped("broken parts", str(broken))


def _xml_links(content: bytes, url: str) -> Iterator[Link]:
    from lxml import etree

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        feed: Element | None = etree.fromstring(content, parser, base_url=url)
    except etree.XMLSyntaxError:
        feed = _repaired(content, url)
    for entry in feed.iter("{*}item", "{*}entry") if feed is not None else ():
        parts = list(entry)
        link = _link(parts) or _link(entry.iter())  # inside an element that was not closed
        if link:
            published = _day(entry, *_DATES, *_UPDATES)
            yield Link(_absolute(link, entry.base or url), _title(entry), published)


def _json_links(content: bytes, url: str) -> Iterator[Link]:
    try:
        feed = json.loads(content)
    except (ValueError, RecursionError):
        raise LoadError("it is a feed in JSON that cannot be read") from None
    items: Any = feed.get("items")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get("url"), str):
            published = item.get("date_published")
            day = as_date(published[:_MAX_DATE]) if isinstance(published, str) else None
            yield Link(_absolute(item["url"], url), as_line(item.get("title")) or None, day)


def _article(entry: Element, where: str, feed: Metadata) -> Loaded | Skipped:
    text = _first(_words(part) for part in _children(entry, *_TEXTS))
    if not text:
        return Skipped(where, "it has no text")
    link = _link(list(entry))
    guid = _first(_line(part) for part in _children(entry, "guid", "id"))
    metadata = Metadata(
        title=_title(entry),
        published=_day(entry, *_DATES),
        updated=_day(entry, *_UPDATES),
        author=_first(_line(part) for part in _children(entry, "creator", "author")),
        url=link or guid,
        language=_first(part.get(_LANGUAGE) for part in (*_children(entry, *_TEXTS), entry)),
    )
    return Loaded(text, metadata.or_else(feed), key=guid or link)


def _repaired(content: bytes, url: str | None = None) -> Element | None:
    """Return what can be read of broken XML, without the entities that it declares."""
    from lxml import etree

    text = decode(content)
    root = _ROOT.search(text)
    if root is None:
        return None
    mended = _LONE_AMPERSAND.sub("&amp;", text[root.start() :]).encode(errors="replace")
    parser = etree.XMLParser(
        recover=True, encoding="utf-8", resolve_entities=False, no_network=True
    )
    tree: Element | None = etree.fromstring(mended, parser, base_url=url)
    return tree


def _name(element: Element) -> str:
    """Return the name of an element without its namespace, even if that was never declared."""
    return local_name(element).rpartition(":")[2]


def _children(parent: Element, *names: str) -> list[Element]:
    """Return the children with these names, in the order of the names, in any namespace."""
    children = [(names.index(name), part) for part in parent if (name := _name(part)) in names]
    return [part for _, part in sorted(children, key=lambda pair: pair[0])]


def _title(entry: Element) -> str | None:
    titles = (as_line(_words(part)) for part in islice(_children(entry, "title"), 1))
    return next(titles, None) or None


def _day(entry: Element, *names: str) -> date | None:
    texts = (_line(part)[:_MAX_DATE] for part in _children(entry, *names))
    return next(filter(None, map(as_date, texts)), None)


def _link(parts: Iterable[Element]) -> str | None:
    """Return the link to an entry's page: the text of an element in RSS, an attribute in Atom."""
    elements = list(parts)
    for part in elements:
        # The text may be escaped twice, by its author or by the repair.
        link = part.get("href") or (part.text or "").strip().replace("&amp;", "&")
        if _name(part) == "link" and link and part.get("rel", "alternate") == "alternate":
            return str(link)
    for part in elements:
        text = (part.text or "").strip()
        is_permalink = part.get("isPermaLink") != "false" and text.startswith("http")
        if _name(part) == "guid" and is_permalink:
            return str(text)
    return None


def _line(element: Element) -> str:
    """Return the text of an element on one line; of an Atom author, the name."""
    name = element.find("{*}name")
    return as_line("".join((element if name is None else name).itertext()))


def _words(element: Element) -> str:
    """Return the text of a part of an entry, which may be HTML elements or escaped HTML."""
    if any(local_name(part) for part in element):
        return clean(words(element))
    text = "".join(element.itertext())
    if element.get("type") in ("text", "text/plain") or not _TAG.search(text):
        return clean(html.unescape(text)).strip()
    return words(parse_html(text))


def _first(texts: Iterable[str | None]) -> str | None:
    return next(filter(None, texts), None)


def _absolute(link: str, base: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # visiting it will report that it is not an address
        return link

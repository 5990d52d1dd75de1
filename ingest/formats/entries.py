"""Feed files: RSS and Atom, one article an entry."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ingest.formats.markup import BrokenXMLError, local_name, mended, parse_html, parse_xml, words
from ingest.formats.text import Loaded, Skipped, clean, decode
from ingest.metadata import Metadata, as_date, as_line
from rag.errors import LoadError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_ROOTS = ("rss", "feed", "rdf", "channel")
_TEXTS = ("encoded", "content", "description", "summary")  # the whole text first
_DATES = ("pubDate", "published", "date", "issued", "updated", "modified")
_TAG = re.compile(r"<[a-zA-Z!/]")
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def load_feed(data: bytes) -> Iterator[Loaded | Skipped]:
    """The entries of a feed in their order; of broken XML, what can be saved.

    Raises LoadError for XML that is no feed, or that declares entities of its own.
    """
    broken = None
    try:
        feed = parse_xml(data)
    except BrokenXMLError as error:
        broken = error
        feed = mended(decode(data))
    if feed is None or local_name(feed).lower() not in _ROOTS:
        raise broken or LoadError("it is XML, but neither an RSS nor an Atom feed")
    channel = next(feed.iter("{*}channel"), feed)
    about = Metadata(
        source=_first(as_line(_words(each)) for each in _parts(channel, "title")),
        language=_first((channel.get(_LANGUAGE), *map(_line, _parts(channel, "language")))),
    )
    entries = list(feed.iter("{*}item", "{*}entry"))
    if not entries:
        raise broken or LoadError("it is a feed without entries")
    for number, entry in enumerate(entries, start=1):
        yield _article(entry, f"entry {number}", about)
    if broken:
        yield Skipped("what is broken", str(broken))


def _article(entry: Element, where: str, feed: Metadata) -> Loaded | Skipped:
    text = _first(_words(each) for each in _parts(entry, *_TEXTS))
    if not text:
        return Skipped(where, "it has no text")
    link = _first(map(_address, _parts(entry, "link")))
    guid = _first(_line(each) for each in _parts(entry, "guid", "id"))
    metadata = Metadata(
        title=_first(as_line(_words(each)) for each in _parts(entry, "title")),
        published=next(
            filter(None, (as_date(_line(each)) for each in _parts(entry, *_DATES))), None
        ),
        author=_first(_line(each) for each in _parts(entry, "creator", "author")),
        url=link or guid,
        language=_first(each.get(_LANGUAGE) for each in (*_parts(entry, *_TEXTS), entry)),
    )
    return Loaded(text, metadata.or_else(feed), key=guid or link)


def _parts(parent: Element, *names: str) -> list[Element]:
    """What an entry says directly, in the order of the names, whatever namespace it is in."""
    found = [(names.index(name), each) for each in parent if (name := local_name(each)) in names]
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


def _first(texts: Iterable[str | None]) -> str | None:
    return next(filter(None, texts), None)


def _line(element: Element) -> str:
    """What an element says in a line; of an author in Atom, that is the name."""
    name = element.find("{*}name")
    return as_line("".join((element if name is None else name).itertext()))


def _address(link: Element) -> str | None:
    """Where a link leads: in RSS that is its text, in Atom an attribute."""
    if link.get("rel", "alternate") != "alternate":
        return None
    return link.get("href") or _line(link)


def _words(element: Element) -> str:
    """The text of a part of an entry, which may be elements of HTML, or HTML that was escaped."""
    if any(local_name(each) for each in element):
        return clean(words(element))
    text = "".join(element.itertext())
    if element.get("type") in ("text", "text/plain") or not _TAG.search(text):
        return clean(html.unescape(text)).strip()
    return words(parse_html(text))

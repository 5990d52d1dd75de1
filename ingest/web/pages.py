"""Pages and feeds of the web, as bytes with what is known about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from types import MappingProxyType

import httpx

from ingest.formats import feeds
from ingest.web.addresses import as_url
from ingest.web.client import Known, PoliteClient, Reply
from rag.errors import LoadError

FEED = ".feed"
_SUFFIXES = {
    "application/pdf": ".pdf",
    "application/xhtml+xml": ".html",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
}
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")
_UNTOLD = ("", "application/octet-stream", "binary/octet-stream")
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
_VALIDATOR = re.compile(r"[!-~][ -~]{0,500}")
_NOTHING: Mapping[str, Known] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Page:
    """What was read of an address.

    `url` names the page for good: what it calls canonical on its own site, else `address`, which
    is where it was found after redirects and to which `etag` and `last_modified` belong. `suffix`
    is that of a file with such content: .html, .txt, .md or .pdf, and FEED for a feed. `charset`
    is what the server says, which may be wrong. `title` and `published` are from a feed's entry.
    """

    url: str
    address: str
    content: bytes
    suffix: str
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    title: str | None = None
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What is at `address` is what it was when it became known."""

    address: str


@dataclass(frozen=True, slots=True)
class Failed:
    """What could not be read, and why."""

    url: str
    reason: str


def visit(
    visitor: PoliteClient, url: str, known: Mapping[str, Known] = _NOTHING
) -> Page | Unchanged:
    """Read what is at an address; `known` is by the address where each page was found.

    Raises LoadError, with the reason in one line, when it cannot or may not be read.
    """
    reply = visitor.get(url, known)
    if reply.status == HTTPStatus.NOT_MODIFIED and str(reply.url) in known:
        return Unchanged(str(reply.url))
    if reply.status != HTTPStatus.OK:
        raise LoadError(reply.said)
    return _page(reply)


def pages(
    visitor: PoliteClient, url: str, known: Mapping[str, Known] = _NOTHING
) -> Iterator[Page | Unchanged | Failed]:
    """The page at an address, or, one after another, the pages that a feed there lists.

    A feed is no page, so it is not yielded itself; two entries that lead to one page yield it
    once. What cannot be read is yielded as Failed, and the others go on.
    """
    try:
        found = visit(visitor, url, known)
        listed = _entries(found)
    except LoadError as error:
        yield Failed(url, str(error))
        return
    if listed is None:
        yield found
        return
    seen = set()
    for entry in listed:
        outcome = _listed(visitor, entry, known)
        name = outcome.address if isinstance(outcome, Unchanged) else outcome.url
        if name not in seen:
            yield outcome
        seen.add(name)


def _entries(found: Page | Unchanged) -> list[feeds.Link] | None:
    if isinstance(found, Unchanged) or found.suffix != FEED:
        return None
    return feeds.links(found.content, found.address)


def _listed(
    visitor: PoliteClient, entry: feeds.Link, known: Mapping[str, Known]
) -> Page | Unchanged | Failed:
    try:
        found = visit(visitor, entry.url, known)
    except LoadError as error:
        return Failed(entry.url, str(error))
    if isinstance(found, Unchanged):
        return found
    if found.suffix == FEED:
        return Failed(entry.url, "it is a feed that is listed in a feed")
    return replace(found, title=entry.title, published=entry.published)


def _page(reply: Reply) -> Page:
    told = reply.headers.get("content-type", "")
    suffix = _suffix(told.partition(";")[0].strip().lower(), reply.content)
    url = _canonical(reply.content, reply.url) if suffix == ".html" else None
    return Page(
        url=str(url or reply.url),
        address=str(reply.url),
        content=reply.content,
        suffix=suffix,
        charset=_charset(told),
        etag=_validator(reply.headers.get("etag", "")),
        last_modified=_validator(reply.headers.get("last-modified", "")),
    )


def _suffix(told: str, content: bytes) -> str:
    """What the content is, by itself where that can be seen, else by the type that was told."""
    if not content.strip():
        raise LoadError("it is empty")
    if content.startswith(b"%PDF-"):
        return ".pdf"
    element = feeds.first_element(content)
    if feeds.is_feed(content) or (told in _FEEDS and element != "html"):
        return FEED
    if told in _SUFFIXES:
        return _SUFFIXES[told]
    if element == "html":
        return ".html"
    if told in _UNTOLD:
        return ".txt"  # or binary data, which the loader refuses
    kind = told if _TYPE.fullmatch(told) else "of a type unknown"
    raise LoadError(f"it is {kind}, and neither a page, a text, a PDF nor a feed")


def _canonical(content: bytes, found: httpx.URL) -> httpx.URL | None:
    """The address by which a page wants to be known, if that is a page of the same site.

    A site's front page is not believed to be meant by another page: some sites name it in all.
    """
    from lxml import etree

    head = _Head()
    with suppress(etree.XMLSyntaxError):  # there is no element in it
        etree.fromstring(content, etree.HTMLParser(target=head))
    if head.canonical is None:
        return None
    try:
        url = as_url(head.canonical, found)
    except LoadError:
        return None
    front = url.raw_path == b"/" != found.raw_path
    return url if _site(url) == _site(found) and not front else None


class _Head:
    """Hears the elements of a page as they begin; a tree of them can take unbounded time."""

    def __init__(self) -> None:
        self.canonical: str | None = None
        self._over = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._over = self._over or tag == "body"
        named = tag == "link" and "canonical" in attributes.get("rel", "").lower().split()
        if named and self.canonical is None and not self._over:
            self.canonical = attributes.get("href")

    def close(self) -> None:
        pass


def _site(url: httpx.URL) -> tuple[str, int | None]:
    return url.host.removeprefix("www."), url.port


def _charset(told: str) -> str | None:
    """The encoding that is named, if it is one that Python knows for text."""
    found = _CHARSET.search(told)
    if found is None:
        return None
    try:
        b"text".decode(found.group(1), errors="replace")
    except (LookupError, ValueError):
        return None
    return found.group(1).lower()


def _validator(value: str) -> str | None:
    """A value that can be sent back as it came."""
    return value if _VALIDATOR.fullmatch(value) else None

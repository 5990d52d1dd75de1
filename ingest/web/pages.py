"""Pages and feeds of the web as bytes with their metadata."""

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
    """A page that was fetched.

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
    """The page at `address` has not changed since it became known."""

    address: str


@dataclass(frozen=True, slots=True)
class Failed:
    """What could not be read, and why."""

    url: str
    reason: str


def visit(
    client: PoliteClient, url: str, known: Mapping[str, Known] = _NOTHING
) -> Page | Unchanged:
    """Fetch an address; `known` maps the address of each earlier page to its validators.

    Raises LoadError if it cannot or may not be read.
    """
    reply = client.get(url, known)
    if reply.status == HTTPStatus.NOT_MODIFIED and str(reply.url) in known:
        return Unchanged(str(reply.url))
    if reply.status != HTTPStatus.OK:
        raise LoadError(reply.said)
    return _page(reply)


def pages(
    client: PoliteClient, url: str, known: Mapping[str, Known] = _NOTHING
) -> Iterator[Page | Unchanged | Failed]:
    """Yield the page at an address, or the pages that a feed there lists.

    The feed itself is not yielded, and each page only once. What cannot be read is yielded as
    Failed.
    """
    try:
        found = visit(client, url, known)
        listed = _entries(found)
    except LoadError as error:
        yield Failed(url, str(error))
        return
    if listed is None:
        yield found
        return
    seen = set()
    for entry in listed:
        outcome = _listed(client, entry, known)
        name = outcome.address if isinstance(outcome, Unchanged) else outcome.url
        if name not in seen:
            yield outcome
        seen.add(name)


def _entries(found: Page | Unchanged) -> list[feeds.Link] | None:
    if isinstance(found, Unchanged) or found.suffix != FEED:
        return None
    return feeds.links(found.content, found.address)


def _listed(
    client: PoliteClient, entry: feeds.Link, known: Mapping[str, Known]
) -> Page | Unchanged | Failed:
    try:
        found = visit(client, entry.url, known)
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
    """Return the suffix for the content: detected where possible, else from the content type."""
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
        return ".txt"  # or binary data, which the loader rejects
    kind = told if _TYPE.fullmatch(told) else "of a type unknown"
    raise LoadError(f"it is {kind}, and neither a page, a text, a PDF nor a feed")


def _canonical(content: bytes, found: httpx.URL) -> httpx.URL | None:
    """Return the canonical address of a page, if it is on the same site.

    The front page is ignored as the canonical address of other pages: some sites name it in all.
    """
    from lxml import etree

    head = _Head()
    with suppress(etree.XMLSyntaxError):  # it contains no element
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
    """Sees the elements of a page without building a tree, which can take unbounded time."""

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
    """Return the encoding of a content type, if Python knows it."""
    found = _CHARSET.search(told)
    if found is None:
        return None
    try:
        b"text".decode(found.group(1), errors="replace")
    except (LookupError, ValueError):
        return None
    return found.group(1).lower()


def _validator(value: str) -> str | None:
    """Return a validator if it can be sent back unchanged."""
    return value if _VALIDATOR.fullmatch(value) else None

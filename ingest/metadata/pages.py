"""Metadata from the head of a page: JSON-LD, meta tags, <title>, and <time> above the text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from ingest.metadata.dates import as_date
from ingest.metadata.outlets import ending
from ingest.metadata.values import Metadata, as_line

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_ARTICLE = re.compile(r"(?:https?://schema\.org/)?(?:\w*Article|\w*Posting|Report)")
_TAGS = {
    what: names.split()
    for what, names in {
        "title": "og:title twitter:title citation_title parsely-title dc.title dcterms.title "
        "sailthru.title",
        "published": "article:published_time og:article:published_time datepublished "
        "parsely-pub-date sailthru.date citation_publication_date citation_date dc.date.issued "
        "dcterms.issued dc.date dcterms.date dc.date.created dcterms.created pubdate publishdate "
        "publish-date publish_date publication_date date",
        "updated": "article:modified_time og:updated_time datemodified dcterms.modified "
        "dc.date.modified lastmod last-modified",
        "source": "og:site_name citation_journal_title citation_publisher dc.publisher "
        "dcterms.publisher application-name",
    }.items()
}
# Times of the article itself: not of others beside it, and not in a paragraph of its text.
_TIMES = (
    "//time[not(ancestor::aside or ancestor::nav or ancestor::footer)]"
    "[not(ancestor::p[string-length(normalize-space()) > 150])]"
)
_UPDATED = re.compile(r"updat|modif|revis|edited", re.IGNORECASE)
_MOST_JSON = 1_000_000  # characters
_DEEPEST = 4  # objects in objects that are searched for an article


def from_page(tree: Element) -> Metadata:
    """Return what a page says about itself to programs; its address and language are not read."""
    title = next((as_line("".join(each.itertext())) for each in tree.iterfind(".//head/title")), "")
    known = _tags(tree).or_else(_linked(tree)).or_else(_elements(tree))
    return known.or_else(Metadata(title=title or None, source=ending(title, known.title)))


def _tags(tree: Element) -> Metadata:
    tags: dict[str, str] = {}
    for tag in tree.iter("meta"):
        name = tag.get("property") or tag.get("name") or tag.get("itemprop") or ""
        tags.setdefault(name.strip().lower(), as_line(tag.get("content")))

    def first(what: str) -> str | None:
        return next(filter(None, map(tags.get, _TAGS[what])), None)

    def day(what: str) -> date | None:
        return next(filter(None, (as_date(tags.get(name)) for name in _TAGS[what])), None)

    return Metadata(
        title=first("title"),
        published=day("published"),
        updated=day("updated"),
        source=first("source"),
    )


def _linked(tree: Element) -> Metadata:
    """Read the first article of the page's JSON-LD."""
    objects = [
        node
        for script in tree.iter("script")
        if "ld+json" in script.get("type", "").lower()
        for node in _objects(_parsed(script.text or ""))
    ]
    named = {node["@id"]: node for node in objects if isinstance(node.get("@id"), str) and "name" in node}  # fmt: skip
    article = next(filter(_is_article, objects), None)
    if article is None:
        return Metadata()
    publisher = article.get("publisher")
    return Metadata(
        title=_text(article.get("headline")),
        published=as_date(article.get("datePublished")),
        updated=as_date(article.get("dateModified")),
        source=_name(publisher, named),
        author=_name(article.get("author"), named),
    )


def _elements(tree: Element) -> Metadata:
    """Read the only <h1>, and the first <time> of the article."""
    headings = list(filter(None, (as_line("".join(each.itertext())) for each in tree.iter("h1"))))
    published = updated = None
    for time in tree.xpath(_TIMES):
        day = as_date(time.get("datetime") or as_line("".join(time.itertext())))
        if _UPDATED.search(_label(time)):
            updated = updated or day
        else:
            published = published or day
    title = headings[0] if len(headings) == 1 else None
    return Metadata(title=title, published=published, updated=updated)


def _label(time: Element) -> str:
    """Return the words that say what a time is: its attributes, and the text just before it."""
    before, parent = time.getprevious(), time.getparent()
    text = before.tail if before is not None else parent.text if parent is not None else ""
    if before is not None and not (text or "").strip():
        text = "".join(before.itertext()) if before.tag != "time" else ""
    return " ".join([time.get("itemprop", ""), time.get("class", ""), (text or "")[-40:]])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, strict=False) if len(text) <= _MOST_JSON else None
    except (ValueError, RecursionError):
        return None


def _objects(value: Any, depth: int = _DEEPEST) -> Iterator[dict[str, Any]]:
    """Yield the objects in a value, the outer ones first."""
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, depth)
    elif isinstance(value, dict) and depth:
        yield value
        for inner in value.values():
            if isinstance(inner, (dict, list)):
                yield from _objects(inner, depth - 1)


def _is_article(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    return any(
        isinstance(kind, str) and _ARTICLE.fullmatch(kind)
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _name(value: Any, named: dict[str, dict[str, Any]]) -> str | None:
    """Return the name of a person or an organization; those of several, with commas."""
    if isinstance(value, list):
        names = (_name(item, named) for item in value)
        return ", ".join(dict.fromkeys(filter(None, names))) or None
    if isinstance(value, dict):
        reference = value.get("@id")
        node = named.get(reference, value) if isinstance(reference, str) else value
        return _text(value.get("name") or node.get("name"))
    return _text(value)


def _text(value: Any) -> str | None:
    return as_line(html.unescape(value)) or None if isinstance(value, str) else None

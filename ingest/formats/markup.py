"""Untrusted HTML and XML: parsed within limits, and reduced to text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ingest.formats.text import clean
from rag.errors import LoadError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MOST_ELEMENTS = 300_000
MOST_ATTRIBUTES = 1_000  # of one element; lxml's time grows with their square
_UNSEEN = re.compile(
    "head|script|style|template|noscript|iframe|object|svg|math|nav|form|button|select"
)
_BLOCKS = re.compile(
    "address|article|aside|blockquote|body|caption|center|d[dlt]|details|div|fieldset|figcaption|"
    "figure|footer|h[1-6r]|header|html|legend|li|main|[ou]l|p|pre|section|summary|tr|table|"
    "tbody|tfoot|thead"
)
_LETTER = re.compile(r"\w")
_ENTITIES = "it declares entities of its own, which are not read"
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
}
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


class BrokenXMLError(LoadError):
    """A document is not well-formed."""


class _Watch:
    """Counts elements and attributes before a tree is built, and stops at the limits."""

    def __init__(self) -> None:
        self._elements = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise LoadError(f"it has more than {MOST_ELEMENTS:,} elements, which are the most")
        if len(attributes) > MOST_ATTRIBUTES:
            raise LoadError(
                f"an element <{tag[:20]}> in it has {len(attributes):,} attributes; "
                f"{MOST_ATTRIBUTES:,} are the most"
            )

    def close(self) -> None:
        pass


def watch(html: str | bytes) -> None:
    """Raise LoadError for a page that would take unbounded time to parse."""
    from lxml import etree

    with suppress(etree.XMLSyntaxError):  # it contains no element
        etree.fromstring(html, etree.HTMLParser(target=_Watch()))


def parse_html(html: str) -> Element | None:
    """Parse a page or a fragment; return None if it is empty."""
    from lxml import etree

    text = _XML_DECLARATION.sub("", clean(html), count=1)  # the text is already decoded
    watch(text)
    with suppress(etree.XMLSyntaxError):
        return etree.fromstring(text, etree.HTMLParser(remove_comments=True, remove_pis=True))
    return None


def parse_xml(xml: bytes) -> Element:
    """Parse an XML document without expanding entities, reading files or using the network.

    Raises BrokenXMLError, and LoadError for XML that declares entities of its own.
    """
    from lxml import etree

    if b"<!ENTITY" in xml.replace(b"\0", b""):  # also in UTF-16
        raise LoadError(_ENTITIES)
    try:
        tree: Element = etree.fromstring(xml, etree.XMLParser(**_SAFE))
    except etree.XMLSyntaxError as error:
        raise BrokenXMLError(f"its XML is broken: {error.msg}") from None
    declared = tree.getroottree().docinfo.internalDTD  # in whatever encoding
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise LoadError(_ENTITIES)
    return tree


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace; "" for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def words(tree: Element | None) -> str:
    """Return the text of HTML: blank lines between blocks, and "- " before list items."""
    from lxml import etree

    blocks = _Blocks()
    if tree is not None:
        walk = etree.iterwalk(tree, events=("start", "end"))
        for event, element in walk:
            name = local_name(element).lower()
            if event == "end":
                blocks.end(name)
                blocks.add(element.tail if element is not tree else None)
            elif not name or _UNSEEN.fullmatch(name):
                walk.skip_subtree()
            else:
                blocks.start(name)
                blocks.add(element.text)
    return blocks.text()


class _Blocks:
    def __init__(self) -> None:
        self._done: list[str] = []
        self._open: list[str] = []
        self._first = ""
        self._pre = 0

    def start(self, name: str) -> None:
        if name == "br":
            self._open.append("\n")
        if name in ("td", "th") and self._open:
            self._open.append(" | ")
        if _BLOCKS.fullmatch(name):
            self._close()
            self._first = "- " if name == "li" else self._first
        self._pre += name == "pre"

    def end(self, name: str) -> None:
        if _BLOCKS.fullmatch(name):
            self._close()
            self._first = "" if name == "li" else self._first
        self._pre -= name == "pre"

    def add(self, text: str | None) -> None:
        if text:
            self._open.append(text if self._pre else re.sub(r"\s+", " ", text))

    def text(self) -> str:
        self._close()
        return "\n\n".join(self._done)

    def _close(self) -> None:
        block = re.sub(r" *\n *", "\n", re.sub(r"  +", " ", "".join(self._open))).strip(" |\n")
        self._open.clear()
        if _LETTER.search(block):
            self._done.append(self._first + block)
            self._first = ""

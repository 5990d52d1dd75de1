"""Word documents (.docx) and EPUB books: zip archives of XML.

python-docx is not used: it leaves out tracked insertions, text boxes and nested tables, and it
unpacks an archive without a limit on its size.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest.formats.archive import Archive
from ingest.formats.markup import local_name, parse_html, parse_xml, words
from ingest.formats.text import Loaded, Skipped, clean, decode
from ingest.metadata import Metadata, as_date, as_line
from rag.errors import LoadError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# What programs fill in if nobody gave a title or a name.
_NO_TITLE = re.compile(
    r"microsoft word\b.*|word document|untitled.*|.*\.(?:docx?|pdf|rtf|odt|indd|tex|dvi|p65|qxd)",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(r"python-docx|(?:\(?anonymous\)?|unknown|author|admin|user)", re.IGNORECASE)
# Elements of a paragraph that are not text: properties, deletions, and fallbacks of drawings.
_UNREAD = frozenset(("pPr", "rPr", "del", "moveFrom", "Fallback"))
_BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}


def load_docx(data: bytes) -> list[Loaded]:
    """Return a Word document as one article: its paragraphs and table rows, in order.

    Insertions that are still marked count as text, deletions do not; footnotes and comments are
    left out.
    """
    archive = Archive(data)
    body = parse_xml(archive.read(_main_part(archive)))
    text = clean("\n\n".join(block for block in _blocks(body) if block.strip()))
    known = _properties(archive)
    metadata = described(
        title=known.get("title"),
        author=known.get("creator"),
        language=known.get("language"),
    )
    return [Loaded(text, metadata)]


def described(
    *,
    title: str | None,
    author: str | None,
    language: str | None,
    heading: str | None = None,
) -> Metadata:
    """Return metadata from a document's properties, which programs fill in if people do not.

    A `heading` is a title found in the document. The day on which a file was created is not that of
    its publication.
    """
    return Metadata(
        title=(title if title and not _NO_TITLE.fullmatch(title) else None) or heading or None,
        author=author if author and not _NO_AUTHOR.fullmatch(author) else None,
        language=language or None,
    )


def _main_part(archive: Archive) -> str:
    if "_rels/.rels" in archive.names:
        for relation in parse_xml(archive.read("_rels/.rels")).iter("{*}Relationship"):
            if relation.get("Type", "").endswith("/officeDocument"):
                return str(relation.get("Target", "")).lstrip("/")
    return "word/document.xml"


def _properties(archive: Archive) -> dict[str, str]:
    if "docProps/core.xml" not in archive.names:
        return {}
    core = parse_xml(archive.read("docProps/core.xml"))
    return {local_name(each): as_line(each.text) for each in core}


def _blocks(parent: Element) -> Iterator[str]:
    """Yield the paragraphs in an element and the rows of its tables."""
    for child in parent:
        name = local_name(child)
        if name == "p":
            yield from _paragraph(child)
        elif name == "tr":
            yield from _row(child)
        elif name not in _UNREAD:
            yield from _blocks(child)


def _row(row: Element) -> Iterator[str]:
    """Yield a table row as one line; a row with a single cell is a frame around its paragraphs."""
    cells = [list(_blocks(cell)) for cell in row]
    lines = [" ".join(" ".join(cell).split()) for cell in cells]
    filled = [line for line in lines if line]
    if len(filled) > 1:
        yield " | ".join(filled)
    else:
        yield from (block for cell in cells for block in cell)


def _paragraph(paragraph: Element) -> Iterator[str]:
    """Yield the text of a paragraph, then that of the text boxes anchored in it."""
    from lxml import etree

    boxes = []
    parts = []
    walk = etree.iterwalk(paragraph, events=("start",))
    for _, element in walk:
        name = local_name(element)
        if name in _UNREAD or name == "txbxContent":
            walk.skip_subtree()
            boxes += [element] if name == "txbxContent" else []
        elif name == "t":
            parts.append(element.text or "")
        else:
            parts.append(_BREAKS.get(name, ""))
    yield ("- " if _is_item(paragraph) else "") + "".join(parts).strip()
    for box in boxes:
        yield from _blocks(box)


def _is_item(paragraph: Element) -> bool:
    style = paragraph.find("{*}pPr/{*}pStyle")
    named = "" if style is None else next(iter(style.values()), "")
    numbered = paragraph.find("{*}pPr/{*}numPr") is not None
    return numbered or named.startswith(("ListBullet", "ListNumber"))


def load_epub(data: bytes) -> Iterator[Loaded | Skipped]:
    """Yield the chapters of a book in reading order, each as an article.

    A chapter is a document of the spine; one that is missing or broken is left out. Raises
    LoadError when the book is protected.
    """
    archive = Archive(data)
    root = parse_xml(archive.read("META-INF/container.xml")).find(".//{*}rootfile")
    place = "" if root is None else root.get("full-path", "")
    package = parse_xml(archive.read(place))
    names = _spine(package, posixpath.dirname(place))
    if _protected(archive) & set(names):
        raise LoadError("it is protected (DRM)")
    book = _book(package)
    for name in names:
        try:
            page = parse_html(decode(archive.read(name)))
        except LoadError as error:
            yield Skipped(name, str(error))
        else:
            title = ": ".join(filter(None, [book.title, _chapter(page, book.title)]))
            yield Loaded(words(page), replace(book, title=title or None), key=name)


def _spine(package: Element, folder: str) -> list[str]:
    """Return the names of a book's documents in the archive, in reading order."""
    items = {item.get("id"): item for item in package.iter("{*}item")}
    order = [items.get(reference.get("idref")) for reference in package.iter("{*}itemref")]
    names = [
        posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in order
        if item is not None
        and "html" in item.get("media-type", "")
        and "nav" not in item.get("properties", "").split()
    ]
    return list(dict.fromkeys(names))


def _protected(archive: Archive) -> set[str]:
    if "META-INF/encryption.xml" not in archive.names:
        return set()
    locks = parse_xml(archive.read("META-INF/encryption.xml"))
    return {unquote(each.get("URI", "")) for each in locks.iter("{*}CipherReference")}


def _book(package: Element) -> Metadata:
    told: dict[str, list[str]] = {}
    for element in package.iterfind("{*}metadata//{http://purl.org/dc/elements/1.1/}*"):
        told.setdefault(local_name(element), []).append(as_line("".join(element.itertext())))
    return Metadata(
        title=next(iter(told.get("title", ())), None),
        author=as_line(told.get("creator")) or None,
        source=next(iter(told.get("publisher", ())), None),
        published=next(filter(None, map(as_date, told.get("date", ()))), None),
        language=next(iter(told.get("language", ())), None),
    )


def _chapter(page: Element | None, book: str | None) -> str | None:
    """Return a chapter's first heading, else the title in its head, unless it is the book's title."""
    if page is None:
        return None
    titles = (
        as_line("".join(element.itertext()))
        for names in (("h1", "h2", "h3"), ("title",))
        for element in page.iter(*names)
    )
    return next((title for title in titles if title and title != book), None)

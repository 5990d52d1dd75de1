"""The bytes of a file -> articles with their passages.

Pure: the result depends on the arguments alone, so reading can run on any thread or machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from ingest.formats.loaders import load, summary
from ingest.formats.records import USUAL, Fields
from ingest.formats.text import Loaded, Skipped
from ingest.metadata import Metadata
from ingest.passages import digest, split
from rag.encoders.protocols import Encoder
from rag.types import Article, Passage


@dataclass(frozen=True, slots=True)
class Document:
    """A file to read: its bytes, and what else its articles depend on.

    `uri` is its origin; the suffix of `name` is its format. `known` is metadata from elsewhere,
    which takes precedence. `address` is where a page was found, and `shown` stands for the address
    of a file where a reader sees it.
    """

    uri: str
    name: str
    data: bytes
    known: Metadata = field(default_factory=Metadata)
    address: str | None = None
    shown: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The articles of a document with their passages; `skipped` says what was left out, or is ""."""

    articles: tuple[tuple[Article, Sequence[Passage]], ...]
    skipped: str = ""


def read(document: Document, encoder: Encoder, fields: Fields = USUAL) -> Reading:
    """Read a document; `encoder` limits the length of its passages, `fields` are those of records.

    Raises LoadError if it contains no article.
    """
    skipped: list[Skipped] = []
    loaded = load(Path(document.name), document.data, fields=fields, skipped=skipped)
    articles = (_article(part, number, document) for number, part in enumerate(loaded))
    return Reading(
        tuple((article, split(article, encoder)) for article in articles),
        summary(skipped) if skipped else "",
    )


def _article(loaded: Loaded, number: int, document: Document) -> Article:
    uri = document.uri
    known = document.known.or_else(loaded.metadata)
    return Article(
        id=digest(uri, "key", loaded.key) if loaded.key else digest(uri, str(number)),
        text=loaded.text,
        title=known.title or unquote(uri.rsplit("/", 1)[-1]),
        # A page may claim any address as its own; the one where it was found is certain.
        url=uri if document.address else known.url or document.shown or uri,
        origin=uri,
        published=known.published,
        source=known.source,
        author=known.author,
        place=known.place,
        language=known.language,
        pages=loaded.pages,
    )

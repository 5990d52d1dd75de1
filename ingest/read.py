"""The bytes of a file -> articles with their passages.

Reading is pure: the result depends on the arguments alone, so it can run on any thread or machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import unquote

from ingest.formats.loaders import load, summary
from ingest.formats.records import USUAL, Fields
from ingest.formats.text import Loaded, Skipped
from ingest.metadata import Metadata
from ingest.metadata.dates import believable
from ingest.passages import digest, split
from rag.encoders.protocols import Encoder
from rag.types import Article, Passage


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of a file, and everything else that its articles depend on.

    `uri` is the origin of the articles. The suffix of `name` determines the format. `metadata`
    comes from elsewhere and overrides that of the file. `address` is where a page was found, and
    `shown` is what readers see instead of the URI of a file. No date after `latest` is believed to
    be that of a publication.
    """

    uri: str
    name: str
    data: bytes
    metadata: Metadata = field(default_factory=Metadata)
    address: str | None = None
    shown: str | None = None
    latest: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The articles of a document with their passages. `skipped` describes what could not be read."""

    articles: tuple[tuple[Article, Sequence[Passage]], ...]
    skipped: str = ""


def read(document: Document, encoder: Encoder, fields: Fields = USUAL) -> Reading:
    """Read the articles of a document and split them into passages that fit the encoder.

    `fields` maps the fields of records. Raises LoadError if the document has no article.
    """
    skipped: list[Skipped] = []
    loaded = load(
        Path(document.name),
        document.data,
        fields=fields,
        skipped=skipped,
        uri=document.uri,
        latest=document.latest,
    )
    articles = (_article(part, number, document) for number, part in enumerate(loaded))
    return Reading(
        tuple((article, split(article, encoder)) for article in articles),
        summary(skipped) if skipped else "",
    )


def _article(loaded: Loaded, number: int, document: Document) -> Article:
    uri = document.uri
    metadata = believable(document.metadata, document.latest).or_else(loaded.metadata)
    return Article(
        id=digest(uri, "key", loaded.key) if loaded.key else digest(uri, str(number)),
        text=loaded.text,
        title=metadata.title or unquote(uri.rsplit("/", 1)[-1]),
        # A page can claim any address. Only the one where it was found is certain.
        url=uri if document.address else metadata.url or document.shown or uri,
        origin=uri,
        published=metadata.published,
        source=metadata.source,
        author=metadata.author,
        place=metadata.place,
        language=metadata.language,
        pages=loaded.pages,
    )

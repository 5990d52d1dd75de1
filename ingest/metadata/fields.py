"""Metadata from named values: front matter, records, and lines such as "Source: TDI"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from ingest.metadata.dates import as_date
from ingest.metadata.values import Metadata, as_line

# Names are compared without case, spaces, hyphens and underscores.
USUAL = {
    what: tuple(names.split())
    for what, names in {
        "text": "text body content article articlebody fulltext contenttext contenthtml",
        "title": "title headline",
        "date": "date published pubdate publishedat publishedon publisheddate datepublished "
        "publicationdate publishdate created createdat timestamp",
        "updated": "updated updatedat lastupdated dateupdated modified modifiedat datemodified "
        "lastmodified lastmod",
        "url": "url link canonical permalink",
        "author": "author authors byline creator",
        "source": "source publisher sitename outlet publication newspaper",
        "place": "place location dateline",
        "language": "language lang",
        "key": "url link canonical permalink id guid uuid",
    }.items()
}
_IGNORED = dict.fromkeys(map(ord, " \t-_"))


def folded(name: str) -> str:
    """Return a name as names are compared."""
    return name.casefold().translate(_IGNORED)


def from_mapping(values: Mapping[str, object]) -> Metadata:
    """Return metadata from the usual names of front matter and records."""
    known = {folded(str(name)): value for name, value in values.items()}

    def first(what: str) -> str | None:
        lines = (as_line(known.get(name)) for name in USUAL[what])
        return next(filter(None, lines), None)

    def day(what: str) -> date | None:
        return next(filter(None, (as_date(known.get(name)) for name in USUAL[what])), None)

    source, url = first("source"), first("url")
    if source and re.match("https?://", source):
        source, url = None, url or source  # its host is the source
    return Metadata(
        title=first("title"),
        published=day("date"),
        updated=day("updated"),
        source=source,
        author=first("author"),
        place=first("place"),
        url=url,
        language=first("language"),
    )

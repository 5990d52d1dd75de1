"""Everything that says something about an article, the most trusted first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import reduce
from urllib.parse import unquote, urlsplit

from ingest.metadata.addresses import date_in_path, date_in_url
from ingest.metadata.dates import believable
from ingest.metadata.head import from_text, headlines
from ingest.metadata.outlets import host, without_outlet
from ingest.metadata.values import Metadata

_CUT = ("...", "…")


def gathered(
    declared: Metadata,
    text: str,
    *,
    uri: str = "",
    is_alone: bool = True,
    latest: date | None = None,
) -> Metadata:
    """Complete what a file declares about an article from its text, its address and its name.

    `uri` is where it was found. A file's name and folders count only for an article that `is_alone`
    in it. Dates after `latest` are not believed.
    """
    is_file = not uri or uri.startswith("file:")
    head = from_text(text)
    url = uri if not is_file else declared.url or head.url
    path = unquote(urlsplit(uri).path) if is_file and is_alone else ""
    sources = (
        declared,
        Metadata(published=date_in_url(url)),
        head,
        Metadata(published=date_in_path(path)),
    )
    known = reduce(Metadata.or_else, (believable(source, latest) for source in sources))
    # All articles of a site have one source, whatever agency their bylines name.
    site = declared.source or host(url)
    title, ending = without_outlet(known.title or "", site, host(url))
    return replace(
        known,
        title=_whole(title, text) or None,
        published=known.published or known.updated,
        source=site or ending or known.source,
    )


def _whole(title: str, text: str) -> str:
    """Return a title that was cut at "..." as the text's headline has it, if it begins so."""
    if not title.endswith(_CUT):
        return title
    start = " ".join(title.rstrip(".… ").split())
    for line in headlines(text):
        if " ".join(line.split()).casefold().startswith(start.casefold()):
            return line
    return title

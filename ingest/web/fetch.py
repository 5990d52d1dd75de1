"""Pages and feeds of the web -> files to ingest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path

from ingest.inputs.sources import Failure, Item, Sources
from ingest.metadata import Metadata
from ingest.web.client import Known, PoliteClient
from ingest.web.pages import Failed, Page, Unchanged, pages
from rag.types import Origin

OnProgress = Callable[[str], None]
"""Called with each address that was read."""


def fetch(
    client: PoliteClient,
    urls: Sequence[str],
    known: Mapping[str, Origin],
    folder: Path,
    *,
    on_progress: OnProgress | None = None,
) -> Sources:
    """Fetch each address, and the entries of feeds, into files in a folder.

    Pages that have not changed since they became `known` are not transferred again.
    """
    origins = {each.address: each for each in known.values() if each.address}
    validators = {
        address: Known(etag=each.etag, last_modified=each.last_modified)
        for address, each in origins.items()
    }
    items: dict[str, Item] = {}
    unchanged: dict[str, str] = {}
    failures: list[Failure] = []
    numbers = count()
    for url in urls:
        for found in pages(client, url, validators):
            match found:
                case Failed():
                    failures.append(Failure(found.url, found.reason))
                case Unchanged():
                    origin = origins[found.address]
                    unchanged[origin.uri] = origin.digest
                case Page():
                    items[found.url] = _kept(found, folder / f"{next(numbers)}{found.suffix}")
            if on_progress:
                on_progress(found.address if isinstance(found, Unchanged) else found.url)
    return Sources(items=items, unchanged=unchanged, failures=tuple(failures))


def _kept(page: Page, path: Path) -> Item:
    path.write_bytes(page.content)
    return Item(
        path,
        name=page.url,
        metadata=Metadata(title=page.title, published=page.published),
        address=page.address,
        etag=page.etag,
        last_modified=page.last_modified,
    )

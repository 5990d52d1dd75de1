"""What remote clients may ingest: less than users of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.inputs.sources import Sources, discover
from ingest.sync import Report, sync
from ingest.web.client import PoliteClient
from ingest.web.fetch import fetch
from rag.answering.render import WEB
from rag.encoders.protocols import Encoder
from rag.errors import IngestError
from rag.store.library import Library


def ingest_remotely(library: Library, encoder: Encoder, names: Sequence[str]) -> Report:
    """Ingest pages and feeds by URL, and files and folders by path.

    Pages must be on the public internet, files and folders inside a folder that was ingested on
    this machine. Raises IngestError for any others, before anything is read.
    """
    if not names:
        raise IngestError("name what to ingest: URLs, files or folders")
    urls = [name for name in names if name.lower().startswith(WEB)]
    local = discover(_allowed(library, [name for name in names if name not in urls]))
    with library.snapshot() as snapshot:
        origins = snapshot.origins()
    with TemporaryDirectory(prefix="article-qa-fetched-") as folder, PoliteClient() as client:
        fetched = fetch(client, urls, origins, Path(folder)) if urls else Sources()
        return sync(library, local | fetched, encoder)


def _allowed(library: Library, names: Sequence[str]) -> list[Path]:
    """Return the paths with links resolved, if all are inside the allowed folders."""
    folders = library.allowed_folders()
    paths = []
    for name in names:
        path = _resolved(name)
        if path is None or not any(path.is_relative_to(folder) for folder in folders):
            # The message is the same whether the file exists or not.
            raise IngestError(f"{name!r} is not inside a folder that was ingested on this machine")
        paths.append(path)
    return paths


def _resolved(name: str) -> Path | None:
    try:
        return Path(name).resolve()
    except (OSError, RuntimeError, ValueError):  # circular links, or not a path at all
        return None

"""What others may have ingested over a network: less than who sits at this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.inputs.sources import Sources, discover
from ingest.sync import Report, sync
from ingest.web.client import PoliteClient
from ingest.web.fetch import fetch
from rag.answering.render import WEB
from rag.errors import IngestError
from rag.store.embedded.library import Library

_FOLDERS = "folders.json"


def take_in(library: Library, named: Sequence[str]) -> Report:
    """Bring pages, feeds, files and folders into the library, or up to date.

    Pages are those of the public internet; files and folders lie in folders that were ingested
    on this machine. Raises IngestError for others, before anything is read.
    """
    if not named:
        raise IngestError("name what to ingest: URLs, files or folders")
    urls = [each for each in named if each.lower().startswith(WEB)]
    local = discover(_allowed(library.home, [each for each in named if each not in urls]))
    with library.catalog.reading() as catalog:
        known = catalog.origins()
    with TemporaryDirectory(prefix="article-qa-fetched-") as folder, PoliteClient() as visitor:
        fetched = fetch(visitor, urls, known, Path(folder)) if urls else Sources()
        return sync(library, local | fetched)


def remember(home: Path, folders: Sequence[Path]) -> None:
    """Note which folders were ingested on this machine; what is inside may be asked for again."""
    known = remembered(home)
    new = [folder for folder in folders if folder not in known]
    if not new:
        return
    part = home / f"{_FOLDERS}.part"
    part.write_text(json.dumps([str(each) for each in (*known, *new)], indent=2), encoding="utf-8")
    part.replace(home / _FOLDERS)


def remembered(home: Path) -> list[Path]:
    """The folders that were ingested on this machine."""
    try:
        written = json.loads((home / _FOLDERS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [Path(folder) for folder in written]


def _allowed(home: Path, named: Sequence[str]) -> list[Path]:
    """Where paths lead, links followed, if that is inside the folders."""
    folders = remembered(home)
    paths = []
    for each in named:
        path = _resolved(each)
        if path is None or not any(path.is_relative_to(folder) for folder in folders):
            # The same is said whether there is such a file or not.
            raise IngestError(f"{each!r} lies in no folder that was ingested on the machine itself")
        paths.append(path)
    return paths


def _resolved(named: str) -> Path | None:
    try:
        return Path(named).resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle, or what no path can be
        return None

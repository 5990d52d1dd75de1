"""Paths -> the files to read, by the URI of their origin."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.formats.loaders import LOADERS
from ingest.metadata import Metadata
from rag.errors import IngestError


@dataclass(frozen=True, slots=True)
class Item:
    """A file to read, with its `name` in reports and `metadata` from elsewhere.

    `shown` is what readers see instead of its path. `address` is where a page was found, and
    `etag` and `last_modified` are the validators that its server sent.
    """

    path: Path
    name: str
    metadata: Metadata = field(default_factory=Metadata)
    shown: str | None = None
    address: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A file, page or part of one that could not be read, and the reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What an ingest works on: the files to read by URI, and the folders that were searched.

    `unchanged` maps the URIs of pages that did not have to be fetched again to their digests.
    `named` are the URIs that were given explicitly: articles removed from them by hand return.
    """

    folders: tuple[Path, ...] = ()
    items: Mapping[str, Item] = field(default_factory=dict)
    unchanged: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    named: frozenset[str] = frozenset()

    def missing(self, origins: Iterable[str]) -> list[str]:
        """Return the URIs of `origins` that lie in one of the folders but no longer exist."""
        prefixes = tuple(f"{folder.as_uri()}/" for folder in self.folders)
        return [uri for uri in origins if uri.startswith(prefixes) and uri not in self.items]

    def __or__(self, other: Sources) -> Sources:
        return Sources(
            self.folders + other.folders,
            {**self.items, **other.items},
            {**self.unchanged, **other.unchanged},
            self.failures + other.failures,
            self.named | other.named,
        )


def discover(paths: Sequence[str | Path], *, may_be_empty: bool = False) -> Sources:
    """Find the files of supported formats among `paths` and in the folders among them.

    Hidden files and folders are skipped. Raises IngestError if a path does not exist, or a folder
    cannot be read or contains no such file; `may_be_empty` allows the latter.
    """
    if not all(map(str, paths)):
        raise IngestError("a path is empty; name a folder or a file")
    roots = [Path(path).resolve() for path in paths]
    files = [path for root in roots for path in _files(root, may_be_empty)]
    items = {path.as_uri(): Item(path, str(path)) for path in files}
    folders = tuple(root for root in roots if root.is_dir())
    return Sources(folders, items, named=frozenset(root.as_uri() for root in roots) & items.keys())


def formats() -> str:
    """Return the suffixes of the supported formats, separated by commas."""
    return ", ".join(LOADERS)


def _files(root: Path, may_be_empty: bool) -> list[Path]:
    if root.is_dir():
        paths = sorted(
            Path(folder, name)
            for folder, folders, names in os.walk(root, onerror=_unreadable)
            for name in _visible(folders, names)
        )
        if not paths and not may_be_empty:
            raise IngestError(
                f"{root} contains no articles ({formats()}), so nothing was changed; "
                "use --prune-all to remove everything that was ingested from it"
            )
        return paths
    if not root.exists():
        raise IngestError(f"{root} does not exist")
    if root.suffix.lower() not in LOADERS:
        raise IngestError(f"{root} has an unsupported format; supported: {formats()}")
    return [root]


def _visible(folders: list[str], names: list[str]) -> Iterator[str]:
    folders[:] = sorted(name for name in folders if not name.startswith("."))
    for name in names:
        if not name.startswith(".") and Path(name).suffix.lower() in LOADERS:
            yield name


def _unreadable(error: OSError) -> None:
    raise IngestError(f"{error.filename} cannot be read: {error.strerror}")

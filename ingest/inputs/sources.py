"""What was named on the command line -> the files to read."""

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
    """A file to read: how a report calls it, and what was told about it elsewhere.

    `shown` stands for its path where a reader sees that; `address` is where a page was found.
    """

    path: Path
    name: str
    told: Metadata = field(default_factory=Metadata)
    shown: str | None = None
    address: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The folders that were named, and every file to read, by the URI of its origin.

    `unchanged` are URIs with their digests of what was not even fetched again. Of what somebody
    `named` itself, articles that were removed by hand come back.
    """

    folders: tuple[Path, ...] = ()
    items: Mapping[str, Item] = field(default_factory=dict)
    unchanged: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    named: frozenset[str] = frozenset()

    def gone(self, known: Iterable[str]) -> list[str]:
        """What is known from inside the folders, but is there no longer."""
        inside = tuple(f"{folder.as_uri()}/" for folder in self.folders)
        return [uri for uri in known if uri.startswith(inside) and uri not in self.items]

    def __or__(self, other: Sources) -> Sources:
        return Sources(
            self.folders + other.folders,
            {**self.items, **other.items},
            {**self.unchanged, **other.unchanged},
            self.failures + other.failures,
            self.named | other.named,
        )


def discover(paths: Sequence[str | Path], *, may_be_empty: bool = False) -> Sources:
    """The files of known formats in folders, hidden ones left out, and the files that are named.

    Raises IngestError when a path does not exist, a folder cannot be read, or one holds no
    articles, unless it `may_be_empty`.
    """
    if not all(map(str, paths)):
        raise IngestError("an empty path names nothing; name a folder or a file")
    roots = [Path(path).resolve() for path in paths]
    found = [path for root in roots for path in _find(root, may_be_empty)]
    items = {path.as_uri(): Item(path, str(path)) for path in found}
    folders = tuple(root for root in roots if root.is_dir())
    return Sources(folders, items, named=frozenset(root.as_uri() for root in roots) & items.keys())


def _find(root: Path, may_be_empty: bool) -> list[Path]:
    if root.is_dir():
        paths = sorted(
            Path(folder, name)
            for folder, folders, names in os.walk(root, onerror=_unreadable)
            for name in _visible(folders, names)
        )
        if not paths and not may_be_empty:
            raise IngestError(
                f"{root} holds no articles ({formats()}), so nothing was changed; "
                "to remove all that came from it, say --prune-all"
            )
        return paths
    if not root.exists():
        raise IngestError(f"{root} does not exist")
    if root.suffix.lower() not in LOADERS:
        raise IngestError(f"{root} is none of {formats()}")
    return [root]


def _visible(folders: list[str], names: list[str]) -> Iterator[str]:
    folders[:] = sorted(name for name in folders if not name.startswith("."))
    for name in names:
        if not name.startswith(".") and Path(name).suffix.lower() in LOADERS:
            yield name


def _unreadable(error: OSError) -> None:
    raise IngestError(f"{error.filename} cannot be read: {error.strerror}")


def formats() -> str:
    """The suffixes of the files that are read."""
    return ", ".join(LOADERS)

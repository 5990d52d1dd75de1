"""What was named on the command line -> the files to read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.loaders import LOADERS
from rag.errors import IngestError


@dataclass(frozen=True, slots=True)
class Sources:
    """The folders that were named, and every file to read, by its URI."""

    folders: tuple[Path, ...]
    files: Mapping[str, Path]

    def gone(self, known: Iterable[str]) -> list[str]:
        """What is known from inside the folders, but is there no longer."""
        inside = tuple(f"{folder.as_uri()}/" for folder in self.folders)
        return [uri for uri in known if uri.startswith(inside) and uri not in self.files]


def discover(paths: Sequence[str | Path], *, may_be_empty: bool = False) -> Sources:
    """The files of known formats in folders, hidden ones left out, and the files that are named.

    Raises IngestError when a path does not exist, a folder cannot be read, or one holds no
    articles, unless it `may_be_empty`.
    """
    roots = [Path(os.path.abspath(path)) for path in paths]
    files = {path.as_uri(): path for root in roots for path in _find(root, may_be_empty)}
    return Sources(tuple(root for root in roots if root.is_dir()), files)


def _find(root: Path, may_be_empty: bool) -> list[Path]:
    if root.is_dir():
        paths = sorted(
            Path(folder, name)
            for folder, folders, names in os.walk(root, onerror=_unreadable)
            for name in _visible(folders, names)
        )
        if not paths and not may_be_empty:
            raise IngestError(
                f"{root} holds no articles ({_formats()}), so nothing was changed; "
                "to remove all that came from it, say --prune-all"
            )
        return paths
    if not root.exists():
        raise IngestError(f"{root} does not exist")
    if root.suffix.lower() not in LOADERS:
        raise IngestError(f"{root} is none of {_formats()}")
    return [root]


def _visible(folders: list[str], names: list[str]) -> Iterator[str]:
    folders[:] = sorted(name for name in folders if not name.startswith("."))
    for name in names:
        if not name.startswith(".") and Path(name).suffix.lower() in LOADERS:
            yield name


def _unreadable(error: OSError) -> None:
    raise IngestError(f"{error.filename} cannot be read: {error.strerror}")


def _formats() -> str:
    return ", ".join(LOADERS)

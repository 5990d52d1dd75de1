"""Folders and files -> the library: a pure plan of what changed, then its application."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.loaders import LOADERS, Loaded, load
from ingest.passages import digest, split
from rag.catalog import Origin
from rag.encoder import Encoder
from rag.errors import IngestError, LoadError
from rag.library import Edition, Library
from rag.types import Article, Passage

# Part of every origin's digest: raise it when files are read or divided differently.
RECIPE = "1"

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The folders that were named, and every file to read, by its URI."""

    folders: tuple[Path, ...]
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run has to do, as URIs of origins."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]

    @property
    def to_read(self) -> tuple[str, ...]:
        return self.added + self.changed


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, in files, and how many passages it embedded."""

    added: int
    changed: int
    removed: int
    unchanged: int
    failures: tuple[Failure, ...]
    embedded: int
    seconds: float


def plan(found: Mapping[str, str], known: Mapping[str, Origin], gone: Iterable[str]) -> Plan:
    """Compare the digests that were found with those that are known; `gone` says what vanished."""
    return Plan(
        added=tuple(uri for uri in found if uri not in known),
        changed=tuple(uri for uri in found if uri in known and known[uri].digest != found[uri]),
        removed=tuple(uri for uri in gone if uri in known),
        unchanged=tuple(uri for uri in found if uri in known and known[uri].digest == found[uri]),
    )


def sync(library: Library, sources: Sources, *, progress: Progress | None = None) -> Report:
    """Make the library hold what the sources hold: added, changed and removed.

    A file that cannot be read is reported, and what the library had of it stays.
    """
    started = time.perf_counter()
    files = sources.files
    failures: list[Failure] = []
    found = _digests(files, failures)

    def planned(known: Mapping[str, Origin]) -> Plan:
        return plan(found, known, _gone(sources, known))

    with library.catalog.reading() as catalog:
        todo = planned(catalog.origins())
    embedded = 0
    if todo.to_read or todo.removed:
        with library.writing() as edition:
            todo = planned(edition.origins())
            for uri in todo.removed:
                edition.remove(uri)
            for done, uri in enumerate(todo.to_read):
                if progress:
                    progress(done, len(todo.to_read))
                _put(edition, files[uri], Origin(uri, found[uri]), library.encoder, failures)
        embedded = edition.embedded
        if progress:
            progress(len(todo.to_read), len(todo.to_read))
    failed = {failure.path for failure in failures}
    return Report(
        added=sum(str(files[uri]) not in failed for uri in todo.added),
        changed=sum(str(files[uri]) not in failed for uri in todo.changed),
        removed=len(todo.removed),
        unchanged=len(todo.unchanged),
        failures=tuple(failures),
        embedded=embedded,
        seconds=time.perf_counter() - started,
    )


def discover(paths: Sequence[str | Path]) -> Sources:
    """The files of known formats in folders, hidden ones left out, and the files that are named.

    Raises IngestError when a path does not exist or a folder holds no articles.
    """
    roots = [Path(os.path.abspath(path)) for path in paths]
    files = {path.as_uri(): path for root in roots for path in _find(root)}
    return Sources(tuple(root for root in roots if root.is_dir()), files)


def _find(root: Path) -> Iterator[Path]:
    if root.is_file():
        if root.suffix.lower() not in LOADERS:
            raise IngestError(f"{root} is none of {_formats()}")
        yield root
        return
    if not root.is_dir():
        raise IngestError(f"{root} does not exist")
    paths = sorted(
        Path(folder, name)
        for folder, folders, names in os.walk(root, onerror=_unreadable)
        for name in _visible(folders, names)
    )
    if not paths:
        raise IngestError(f"{root} holds no articles ({_formats()})")
    yield from paths


def _visible(folders: list[str], names: list[str]) -> list[str]:
    folders[:] = sorted(name for name in folders if not name.startswith("."))
    return [n for n in names if not n.startswith(".") and Path(n).suffix.lower() in LOADERS]


def _unreadable(error: OSError) -> None:
    raise IngestError(f"{error.filename} cannot be read: {error.strerror}")


def _formats() -> str:
    return ", ".join(LOADERS)


def _digests(files: Mapping[str, Path], failures: list[Failure]) -> dict[str, str]:
    found = {}
    for uri, path in files.items():
        try:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "blake2b").hexdigest()
        except OSError as error:
            failures.append(Failure(str(path), error.strerror or str(error)))
        else:
            found[uri] = digest(RECIPE, content)
    return found


def _gone(sources: Sources, known: Iterable[str]) -> list[str]:
    """What is known from inside the folders, but is there no longer."""
    inside = tuple(folder.as_uri() + "/" for folder in sources.folders)
    return [uri for uri in known if uri.startswith(inside) and uri not in sources.files]


def _put(
    edition: Edition, path: Path, origin: Origin, encoder: Encoder, failures: list[Failure]
) -> None:
    try:
        loaded = load(path, path.read_bytes())
    except (LoadError, OSError) as error:
        failures.append(Failure(str(path), str(error)))
        return
    edition.put(
        origin,
        [_divided(each, number, origin.uri, encoder) for number, each in enumerate(loaded)],
    )


def _divided(
    loaded: Loaded, number: int, uri: str, encoder: Encoder
) -> tuple[Article, tuple[Passage, ...]]:
    known = loaded.metadata
    article = Article(
        id=digest(uri, str(number)),
        text=loaded.text,
        title=known.title or uri.rsplit("/", 1)[-1],
        url=known.url or uri,
        origin=uri,
        published=known.published,
        source=known.source,
        author=known.author,
        place=known.place,
        language=known.language,
    )
    return article, split(article, encoder)

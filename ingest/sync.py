"""Files -> the library: a pure plan of what changed, then its application, all or nothing."""

from __future__ import annotations

import hashlib
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ingest.loaders import Loaded, load
from ingest.passages import digest, split
from ingest.sources import Sources
from rag.catalog import Origin
from rag.encoder import Encoder
from rag.errors import LoadError
from rag.library import Edition, Library
from rag.types import Article

# Part of every origin's digest: raise it when files are read or divided differently.
RECIPE = "1"

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


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

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, in files; how many passages it embedded, and in how many seconds."""

    added: int
    changed: int
    removed: int
    unchanged: int
    failures: tuple[Failure, ...]
    embedded: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """The digest of each file that could be read, and the others with their reasons."""

    digests: Mapping[str, str]
    failures: tuple[Failure, ...]


def plan(found: Mapping[str, str], known: Mapping[str, Origin], gone: Iterable[str]) -> Plan:
    """Compare the digests that were found with those that are known; `gone` says what vanished."""
    return Plan(
        added=tuple(uri for uri in found if uri not in known),
        changed=tuple(uri for uri in found if uri in known and known[uri].digest != found[uri]),
        removed=tuple(uri for uri in gone if uri in known),
        unchanged=tuple(uri for uri in found if uri in known and known[uri].digest == found[uri]),
    )


def look(sources: Sources) -> Found:
    """Read every file once, for its digest alone."""
    digests: dict[str, str] = {}
    failures: list[Failure] = []
    for uri, path in sources.files.items():
        try:
            digests[uri] = _digest(path)
        except OSError as error:
            failures.append(Failure(str(path), error.strerror or str(error)))
        except LoadError as error:
            failures.append(Failure(str(path), str(error)))
    return Found(digests, tuple(failures))


def sync(
    library: Library,
    sources: Sources,
    *,
    keep_missing: bool = False,
    wait: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Make the library hold what the sources hold: added, changed and removed, all or nothing.

    A file that cannot be read is reported, and what the library had of it stays. What vanished
    from a folder goes, unless `keep_missing`. Raises LibraryBusyError when somebody else is
    writing, unless it is to `wait`.
    """
    started = time.perf_counter()
    found = look(sources)
    failures = list(found.failures)

    def planned(known: Mapping[str, Origin]) -> Plan:
        return plan(found.digests, known, () if keep_missing else sources.gone(known))

    with library.catalog.reading() as catalog:
        todo = planned(catalog.origins())
    embedded = 0
    if not todo.is_empty:
        with library.writing(wait=wait) as edition:
            todo = planned(edition.origins())
            for uri in todo.removed:
                edition.remove(uri)
            for done, uri in enumerate(todo.to_read):
                if progress:
                    progress(done, len(todo.to_read))
                origin = Origin(uri, found.digests[uri])
                failures += _put(edition, sources.files[uri], origin, library.encoder)
            if progress:
                progress(len(todo.to_read), len(todo.to_read))
        embedded = edition.embedded
    failed = {failure.path for failure in failures}
    return Report(
        added=sum(str(sources.files[uri]) not in failed for uri in todo.added),
        changed=sum(str(sources.files[uri]) not in failed for uri in todo.changed),
        removed=len(todo.removed),
        unchanged=len(todo.unchanged),
        failures=tuple(failures),
        embedded=embedded,
        seconds=time.perf_counter() - started,
    )


def _digest(path: Path) -> str:
    if not stat.S_ISREG(path.stat().st_mode):
        raise LoadError("it is not a regular file")
    with path.open("rb") as file:
        return digest(RECIPE, hashlib.file_digest(file, "blake2b").hexdigest())


def _put(edition: Edition, path: Path, origin: Origin, encoder: Encoder) -> Iterator[Failure]:
    """Read a file and write what it holds, or yield why it cannot be read."""
    try:
        loaded = load(path, path.read_bytes())
    except (LoadError, OSError) as error:
        yield Failure(str(path), str(error))
        return
    articles = [_article(each, number, origin.uri) for number, each in enumerate(loaded)]
    edition.put(origin, [(article, split(article, encoder)) for article in articles])


def _article(loaded: Loaded, number: int, uri: str) -> Article:
    known = loaded.metadata
    return Article(
        id=digest(uri, str(number)),
        text=loaded.text,
        title=known.title or unquote(uri.rsplit("/", 1)[-1]),
        url=known.url or uri,
        origin=uri,
        published=known.published,
        source=known.source,
        author=known.author,
        place=known.place,
        language=known.language,
    )

"""Files -> the library: a pure plan of what changed, then its application, all or nothing."""

from __future__ import annotations

import hashlib
import stat
import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote

from ingest.formats.loaders import load, summary
from ingest.formats.records import RECORDS, USUAL, Fields
from ingest.formats.text import Loaded, Skipped
from ingest.inputs.sources import Failure, Item, Sources
from ingest.passages import digest, split
from rag.encoders.sentence_transformer import Encoder
from rag.errors import LoadError
from rag.store.embedded.library import Edition, Library
from rag.store.embedded.reader import Reader
from rag.types import Article, Origin

# Part of every origin's digest: raise it when files are read or divided differently.
RECIPE = "2"

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run has to do, as URIs of origins.

    `left_out` is how many articles of what is unchanged stay out because they were removed by hand.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    left_out: int = 0

    @property
    def to_read(self) -> tuple[str, ...]:
        return self.added + self.changed

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, in files; how many passages it embedded, and in how many seconds.

    `left_out` is how many articles stay out because they were removed by hand.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    left_out: int
    failures: tuple[Failure, ...]
    embedded: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """The digest of each file that could be read, and the others with their reasons."""

    digests: Mapping[str, str]
    failures: tuple[Failure, ...]


def plan(
    found: Mapping[str, str],
    known: Mapping[str, Origin],
    gone: Iterable[str],
    *,
    removed: Mapping[str, int] = MappingProxyType({}),
    named: Container[str] = (),
) -> Plan:
    """Compare the digests that were found with those that are known; `gone` says what vanished.

    `removed` says how many articles of an origin were removed by hand: it counts as changed when
    it is `named`, so that they come back.
    """
    changed = {
        uri
        for uri in found.keys() & known.keys()
        if known[uri].digest != found[uri] or (uri in removed and uri in named)
    }
    unchanged = tuple(uri for uri in found if uri in known and uri not in changed)
    return Plan(
        added=tuple(uri for uri in found if uri not in known),
        changed=tuple(uri for uri in found if uri in changed),
        removed=tuple(uri for uri in gone if uri in known),
        unchanged=unchanged,
        left_out=sum(removed.get(uri, 0) for uri in unchanged),
    )


def look(sources: Sources, fields: Fields = USUAL) -> Found:
    """Read every file once, for its digest alone; in records, it depends on the `fields`, too."""
    digests = dict(sources.unchanged)
    failures = list(sources.failures)
    for uri, item in sources.items.items():
        try:
            digests[uri] = _digest(item.path, fields)
        except OSError as error:
            failures.append(Failure(item.name, error.strerror or str(error)))
        except LoadError as error:
            failures.append(Failure(item.name, str(error)))
    return Found(digests, tuple(failures))


def sync(
    library: Library,
    sources: Sources,
    *,
    fields: Fields = USUAL,
    keep_missing: bool = False,
    wait: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Make the library hold what the sources hold: added, changed and removed, all or nothing.

    A file that cannot be read is reported, and what the library had of it stays. What vanished
    from a folder goes, unless `keep_missing`. What was removed by hand stays out until it changes
    or is named itself. Raises LibraryBusyError when somebody else is writing, unless it is to
    `wait`.
    """
    started = time.perf_counter()
    found = look(sources, fields)
    failures = list(found.failures)

    def planned(library: Reader | Edition) -> Plan:
        known = library.origins()
        gone = () if keep_missing else sources.gone(known)
        removed = library.removed()
        return plan(found.digests, known, gone, removed=removed, named=sources.named)

    with library.catalog.reading() as catalog:
        todo = planned(catalog)
    embedded = left_out = 0
    failed: set[str] = set()
    if not todo.is_empty:
        with library.writing(wait=wait) as edition:
            todo = planned(edition)
            for uri in todo.removed:
                edition.remove(uri)
            for done, uri in enumerate(todo.to_read):
                if progress:
                    progress(done, len(todo.to_read))
                item = sources.items.get(uri)
                if item is None:  # not fetched, since it was known; another run has removed it
                    failures.append(Failure(uri, "another run removed it; ingest it again"))
                    failed.add(uri)
                    continue
                origin = Origin(
                    uri, found.digests[uri], item.address, item.etag, item.last_modified
                )
                if uri in sources.named:
                    edition.readmit(uri)
                try:
                    failures += _put(edition, item, origin, library.encoder, fields)
                except LoadError as error:
                    failures.append(Failure(item.name, str(error)))
                    failed.add(uri)
            if progress:
                progress(len(todo.to_read), len(todo.to_read))
        embedded, left_out = edition.embedded, edition.left_out
    return Report(
        added=len(set(todo.added) - failed),
        changed=len(set(todo.changed) - failed),
        removed=len(todo.removed),
        unchanged=len(todo.unchanged),
        left_out=todo.left_out + left_out,
        failures=tuple(failures),
        embedded=embedded,
        seconds=time.perf_counter() - started,
    )


def _digest(path: Path, fields: Fields) -> str:
    if not stat.S_ISREG(path.stat().st_mode):
        raise LoadError("it is not a regular file")
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "blake2b").hexdigest()
    named = [repr(fields)] if path.suffix.lower() in RECORDS and fields != USUAL else []
    return digest(RECIPE, *named, content)


def _put(
    edition: Edition, item: Item, origin: Origin, encoder: Encoder, fields: Fields
) -> list[Failure]:
    """Read a file and write what it holds; what of it could not be read, in a line.

    Raises LoadError when that is all of it.
    """
    skipped: list[Skipped] = []
    try:
        data = item.path.read_bytes()
    except OSError as error:
        raise LoadError(error.strerror or str(error)) from None
    loaded = load(item.path, data, fields=fields, skipped=skipped)
    articles = [_article(each, number, item, origin.uri) for number, each in enumerate(loaded)]
    edition.put(origin, [(article, split(article, encoder)) for article in articles])
    return [Failure(item.name, summary(skipped))] if skipped else []


def _article(loaded: Loaded, number: int, item: Item, uri: str) -> Article:
    known = item.told.or_else(loaded.metadata)
    return Article(
        id=digest(uri, "key", loaded.key) if loaded.key else digest(uri, str(number)),
        text=loaded.text,
        title=known.title or unquote(uri.rsplit("/", 1)[-1]),
        # A page may claim any address as its own; the one where it was found is certain.
        url=uri if item.address else known.url or item.shown or uri,
        origin=uri,
        published=known.published,
        source=known.source,
        author=known.author,
        place=known.place,
        language=known.language,
        pages=loaded.pages,
    )

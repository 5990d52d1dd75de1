"""Files -> the library: whatever changed is applied, all of it or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.embedding import ThreadEmbedder, embed
from ingest.formats.records import USUAL, Fields
from ingest.inputs.sources import Failure, Item, Sources
from ingest.planning import Inspection, Plan, inspect, plan
from ingest.read import Document, Reading, read
from rag.encoders.protocols import Encoder
from rag.errors import LoadError
from rag.store.library import Embedder, Library, Snapshot, Unembedded, Update
from rag.types import Origin

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, counted in files and pages.

    `articles` is how many articles were read from the added and changed ones, `embedded` how many
    passages were embedded, `left_out` how many articles stay out because somebody removed them.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    left_out: int
    failures: tuple[Failure, ...]
    articles: int
    embedded: int
    seconds: float


def sync(
    library: Library,
    sources: Sources,
    encoder: Encoder,
    *,
    embedder: Embedder | None = None,
    fields: Fields = USUAL,
    keep_missing: bool = False,
    wait: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Make the library hold what the sources hold: added, changed and removed, all or nothing.

    A file that cannot be read is reported, and what the library has of it stays. What disappeared
    from a folder is removed, unless `keep_missing` is set. An article that somebody removed stays
    out until it changes or its file is named. `embedder` computes the vectors, by default on
    threads. Raises LibraryBusyError if another update is running, unless `wait` is set.
    """
    started = time.perf_counter()
    run = _Run(sources, inspect(sources, fields), encoder, fields, keep_missing)
    with library.snapshot() as snapshot:
        todo = run.plan(snapshot)
    outcome = _Outcome(list(run.inspection.failures))
    if not todo.is_empty:
        with library.update(wait=wait) as update:
            todo = run.plan(update)
            for uri in todo.removed:
                update.remove(uri)
            texts = run.put(update, todo, outcome, progress or _ignore)
            outcome.embedded = embed(update, texts, embedder or ThreadEmbedder(encoder))
        outcome.articles, outcome.left_out = update.articles, update.left_out
    return Report(
        added=sum(uri not in outcome.failed for uri in todo.added),
        changed=sum(uri not in outcome.failed for uri in todo.changed),
        removed=len(todo.removed),
        unchanged=len(todo.unchanged),
        left_out=todo.left_out + outcome.left_out,
        failures=tuple(outcome.failures),
        articles=outcome.articles,
        embedded=outcome.embedded,
        seconds=time.perf_counter() - started,
    )


@dataclass(slots=True)
class _Outcome:
    """What has happened so far; `failed` are the URIs of the failures among the planned files."""

    failures: list[Failure]
    failed: set[str] = field(default_factory=set)
    articles: int = 0
    embedded: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Run:
    sources: Sources
    inspection: Inspection
    encoder: Encoder
    fields: Fields
    keep_missing: bool

    def plan(self, library: Snapshot | Update) -> Plan:
        known = library.origins()
        gone = () if self.keep_missing else self.sources.gone(known)
        named = self.sources.named
        digests = self.inspection.digests
        return plan(digests, known, gone, removed=library.removed(), named=named)

    def put(
        self, update: Update, todo: Plan, outcome: _Outcome, progress: Progress
    ) -> Iterator[Sequence[Unembedded]]:
        """Read the planned files one after another; yield the texts to embed of each."""
        for done, uri in enumerate(todo.to_read):
            progress(done, len(todo.to_read))
            item = self.sources.items.get(uri)
            if item is None:  # not fetched, since it was known; another run has removed it
                outcome.failures.append(Failure(uri, "another run removed it; ingest it again"))
                outcome.failed.add(uri)
                continue
            try:
                reading = self._read(uri, item)
            except LoadError as error:
                outcome.failures.append(Failure(item.name, str(error)))
                outcome.failed.add(uri)
                continue
            if reading.skipped:
                outcome.failures.append(Failure(item.name, reading.skipped))
            if uri in self.sources.named:
                update.readmit(uri)
            yield update.put(self._origin(uri, item), reading.articles)
        progress(len(todo.to_read), len(todo.to_read))

    def _read(self, uri: str, item: Item) -> Reading:
        try:
            data = item.path.read_bytes()
        except OSError as error:
            raise LoadError(error.strerror or str(error)) from None
        document = Document(
            uri, item.path.name, data, known=item.told, address=item.address, shown=item.shown
        )
        return read(document, self.encoder, self.fields)

    def _origin(self, uri: str, item: Item) -> Origin:
        digest = self.inspection.digests[uri]
        return Origin(uri, digest, item.address, item.etag, item.last_modified)


def _ignore(done: int, total: int) -> None:
    """Report progress to nobody."""

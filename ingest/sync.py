"""Sources -> the library: all changes are applied, or none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

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
"""Called with the number of files that are done and the number of all files."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    `added`, `changed`, `removed` and `unchanged` count files and pages. `articles` is how many
    articles were read from the added and changed ones, `embedded` how many passages were new, and
    `left_out` how many articles stay out because they were removed by hand.
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
    """Bring the library up to date with the sources. If anything raises, nothing has changed.

    Files that have disappeared from a folder are removed, unless `keep_missing` is set. A file that
    cannot be read is reported; its articles in the library stay as they are. `embedder` computes
    the vectors, by default on threads.

    Raises LibraryBusyError if another update is running, unless `wait` is set.
    """
    started = time.perf_counter()
    run = _Run(sources, inspect(sources, fields), encoder, fields, keep_missing)
    outcome = _Outcome(list(run.inspection.failures))
    with library.snapshot() as snapshot:
        changes = run.plan(snapshot)
    if not changes.is_empty:
        with library.update(wait=wait) as update:
            changes = run.plan(update)  # another run may have finished since
            for uri in changes.removed:
                update.remove(uri)
            texts = run.put(update, changes.to_read, outcome, progress or _ignore)
            outcome.embedded = embed(update, texts, embedder or ThreadEmbedder(encoder))
        outcome.articles, outcome.left_out = update.articles, update.left_out
    return outcome.report(changes, time.perf_counter() - started)


@dataclass(slots=True)
class _Outcome:
    """The results so far; `failed` are the planned URIs that could not be read."""

    failures: list[Failure]
    failed: set[str] = field(default_factory=set)
    articles: int = 0
    embedded: int = 0
    left_out: int = 0

    def fail(self, uri: str, failure: Failure) -> None:
        self.failures.append(failure)
        self.failed.add(uri)

    def report(self, changes: Plan, seconds: float) -> Report:
        return Report(
            added=sum(uri not in self.failed for uri in changes.added),
            changed=sum(uri not in self.failed for uri in changes.changed),
            removed=len(changes.removed),
            unchanged=len(changes.unchanged),
            left_out=changes.left_out + self.left_out,
            failures=tuple(self.failures),
            articles=self.articles,
            embedded=self.embedded,
            seconds=seconds,
        )


@dataclass(frozen=True, slots=True)
class _Run:
    sources: Sources
    inspection: Inspection
    encoder: Encoder
    fields: Fields
    keep_missing: bool

    def plan(self, library: Snapshot | Update) -> Plan:
        origins = library.origins()
        return plan(
            self.inspection.digests,
            origins,
            () if self.keep_missing else self.sources.missing(origins),
            removed=library.removed(),
            named=self.sources.named,
        )

    def put(
        self, update: Update, uris: Sequence[str], outcome: _Outcome, progress: Progress
    ) -> Iterator[Sequence[Unembedded]]:
        """Read one file after another; yield the texts to embed of each."""
        for done, uri in enumerate(uris):
            progress(done, len(uris))
            item = self.sources.items.get(uri)
            if item is None:  # an unchanged page was not fetched, and has been removed since
                outcome.fail(uri, Failure(uri, "another run has removed it; ingest it again"))
                continue
            try:
                reading = self._read(uri, item)
            except LoadError as error:
                outcome.fail(uri, Failure(item.name, str(error)))
                continue
            if reading.skipped:
                outcome.failures.append(Failure(item.name, reading.skipped))
            if uri in self.sources.named:
                update.readmit(uri)
            yield update.put(self._origin(uri, item), reading.articles)
        progress(len(uris), len(uris))

    def _read(self, uri: str, item: Item) -> Reading:
        try:
            data = item.path.read_bytes()
        except OSError as error:
            raise LoadError(error.strerror or str(error)) from None
        document = Document(
            uri,
            item.path.name,
            data,
            metadata=item.metadata,
            address=item.address,
            shown=item.shown,
            latest=date.today() + timedelta(days=1),  # where it is tomorrow already
        )
        return read(document, self.encoder, self.fields)

    def _origin(self, uri: str, item: Item) -> Origin:
        digest = self.inspection.digests[uri]
        return Origin(uri, digest, item.address, item.etag, item.last_modified)


def _ignore(done: int, total: int) -> None:
    """Report progress to nobody."""

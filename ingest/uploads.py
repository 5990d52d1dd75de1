"""Uploaded files, web addresses and the sample articles -> the library, while it keeps answering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.inputs.sources import Sources, discover
from ingest.inputs.uploads import MEGABYTE, Upload, accept
from ingest.runs import BUSY, Outcome, Run, Runner
from ingest.sync import Report, sync
from ingest.web.client import PoliteClient
from ingest.web.fetch import fetch
from rag.corrections import correct
from rag.encoders.protocols import Encoder
from rag.errors import IngestError, LibraryBusyError
from rag.store.library import Library
from rag.types import Entry, Origin

MAX_ADDRESSES = 50  # in one run


@dataclass(frozen=True, slots=True)
class State:
    """The library's version, the latest run of this service, and whether another process writes."""

    version: str
    run: Run | None
    is_busy_elsewhere: bool

    @property
    def is_running(self) -> bool:
        return self.run is not None and not self.run.is_over


class UploadService:
    """Ingests, corrects and removes articles on behalf of visitors.

    Uploaded files are kept, so that they can be ingested again; a new one replaces the kept one
    with the same name. `limit` is in megabytes per file, `total` in megabytes for all kept files.
    A service that `is_closed` refuses every change. Addresses of private networks are fetched only
    with `allow_private`.
    """

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        *,
        limit: int = 20,
        total: int = 2000,
        is_closed: bool = False,
        allow_private: bool = False,
    ) -> None:
        self._library = library
        self._encoder = encoder
        self._is_closed = is_closed
        self._allow_private = allow_private
        self._uploads = library.uploads
        self._runner = Runner(library.is_being_written)
        self._max_total = total * MEGABYTE
        self.largest = limit * MEGABYTE
        self.samples = _samples()

    def state(self) -> State:
        """Return the present state. It is cheap to poll."""
        version = self._library.version()
        return State(version, *self._runner.status())

    def add(self, uploads: Sequence[Upload], addresses: Sequence[str] = ()) -> None:
        """Start to ingest files and addresses; `state` reports the progress.

        Raises LibraryBusyError if an ingest is running, IngestError if there is nothing to ingest
        or too much.
        """
        self.refuse_strangers()
        if not uploads and not addresses:
            raise IngestError("name a file or an address to add")
        if len(addresses) > MAX_ADDRESSES:
            raise IngestError(f"too many addresses; add up to {MAX_ADDRESSES} at a time")
        self._runner.start(lambda: self._add(uploads, addresses))

    def add_samples(self) -> None:
        """Start to ingest the sample articles of the project."""
        self.refuse_strangers()
        if self.samples is None:
            raise IngestError("the sample articles are only in the project’s repository")
        sources = discover([self.samples])
        items = {uri: replace(item, name=item.path.name) for uri, item in sources.items.items()}
        self._runner.start(lambda: self._ingest(replace(sources, items=items)))

    def remove(self, article_id: str) -> Entry | None:
        """Remove an article, and its uploaded file if nothing else came from that.

        Returns the entry of the article, or None if there is no such article.
        """
        self.refuse_strangers()
        with self._library.snapshot() as snapshot:
            entry = snapshot.entry(article_id)
        if entry is None:
            return None
        try:
            with self._library.update() as update:
                was_last = update.remove_article(article_id)
                is_obsolete = was_last and self.is_upload(entry.origin)
                if is_obsolete:
                    update.remove(entry.origin)
        except LibraryBusyError:
            raise LibraryBusyError(BUSY) from None
        if is_obsolete:
            self._uploads.delete(entry.origin)
        return entry

    def correct(self, article_id: str, *, title: str, published: str, source: str) -> None:
        """Correct what is known of an article; see rag.corrections.correct."""
        self.refuse_strangers()
        try:
            correct(self._library, article_id, title=title, published=published, source=source)
        except LibraryBusyError:
            raise LibraryBusyError(BUSY) from None

    def refuse_strangers(self) -> None:
        """Raise IngestError if the service is closed."""
        if self._is_closed:
            raise IngestError(
                "this window is open to everyone, so nothing can be ingested, corrected or removed here"
            )

    def is_upload(self, origin: str) -> bool:
        """Return whether an origin is an uploaded file."""
        return self._uploads.owns(origin)

    def _add(self, uploads: Sequence[Upload], addresses: Sequence[str]) -> Outcome:
        with self._uploads.staging() as folder:
            files = accept(
                uploads,
                folder,
                self._uploads,
                max_size=self.largest,
                max_total=self._max_total,
            )
            pages = self._fetch(addresses, folder) if addresses else Sources()
            outcome = self._ingest(files | pages)
            ingested = {*outcome.added, *outcome.changed, *outcome.unchanged}
            for item in files.items.values():
                if item.name in ingested:
                    self._uploads.keep(item.path, item.name)
        return outcome

    def _fetch(self, addresses: Sequence[str], folder: Path) -> Sources:
        step, done = "Fetching pages", 0

        def advance(_: str) -> None:
            nonlocal done
            done += 1
            self._runner.show(step, done)

        self._runner.show(step)
        pages = folder / ".pages"
        pages.mkdir()
        # Removed articles are to return, so the pages that they came from are fetched in full.
        known = {uri: origin for uri, (origin, removed) in self._origins().items() if not removed}
        with PoliteClient(allow_private=self._allow_private) as client:
            return fetch(client, addresses, known, pages, on_progress=advance)

    def _ingest(self, sources: Sources) -> Outcome:
        """Ingest sources as if each had been named, so that articles removed from them return."""
        self._runner.show("Reading files")
        before = self._origins()
        named = replace(sources, named=frozenset(sources.items))
        report = sync(self._library, named, self._encoder, progress=self._advance)
        return _outcome(sources, before, self._origins(), report)

    def _advance(self, done: int, total: int) -> None:
        if done < total:
            self._runner.show("Ingesting", done, total)
        else:  # most passages are still to be embedded, and it is unknown how long that takes
            self._runner.show("Embedding passages")

    def _origins(self) -> dict[str, tuple[Origin, int]]:
        """Return each origin, and how many of its articles were removed by hand."""
        with self._library.snapshot() as snapshot:
            origins, removed = snapshot.origins(), snapshot.removed()
        return {uri: (origin, removed.get(uri, 0)) for uri, origin in origins.items()}


def _outcome(
    sources: Sources, before: Mapping[str, object], after: Mapping[str, object], report: Report
) -> Outcome:
    """Compare what the library held of each source `before` and `after` the run."""
    names = {uri: item.name for uri, item in sources.items.items()}
    names |= {uri: uri for uri in sources.unchanged}
    failed = {failure.path for failure in report.failures}
    added, changed, unchanged = [], [], []
    for uri, name in names.items():
        if uri not in after:
            continue
        if uri not in before:
            added.append(name)
        elif after[uri] != before[uri]:
            changed.append(name)
        elif name not in failed:
            unchanged.append(name)
    return Outcome(tuple(added), tuple(changed), tuple(unchanged), report.failures, report.articles)


def _samples() -> Path | None:
    """Return the folder of sample articles if this is a checkout of the project."""
    project = Path(__file__).parents[1]
    folder = project / "seeds"
    return folder if (project / "pyproject.toml").is_file() and folder.is_dir() else None

"""What visitors hand in -> the library: files, addresses and the samples, one run at a time."""

from __future__ import annotations

import logging
import re
import shutil
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.formats.loaders import LOADERS
from ingest.inputs.sources import Failure, Item, Sources, discover, formats
from ingest.sync import sync
from ingest.web.client import PoliteClient
from ingest.web.fetch import fetch
from rag.encoders.protocols import Encoder
from rag.errors import ArticleQAError, IngestError, LibraryBusyError
from rag.store.library import Library
from rag.types import Entry, Origin

MOST_ADDRESSES = 50  # in one run
MEGABYTE = 1_000_000
_LONGEST_NAME = 200  # bytes; file systems take 255
_UNSEEN = ("C", "Zl", "Zp")  # categories of characters that have no place in a name
_BUSY = "an ingest is running; try again when it has finished"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in: its name and size as somebody claims, and where it lies.

    `path` is None when it was not even transferred.
    """

    name: str
    size: int
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, by the names of files and pages; the failures with their reasons."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A run as far as it has come; in the end its outcome, or the problem that ended it.

    `total` is 0 while nobody knows how much there is to do.
    """

    doing: str = ""
    done: int = 0
    total: int = 0
    outcome: Outcome | None = None
    problem: str = ""

    @property
    def is_over(self) -> bool:
        return self.outcome is not None or bool(self.problem)


@dataclass(frozen=True, slots=True)
class State:
    """Where the library stands: its version, the latest run here, and whether others write."""

    version: str
    run: Run | None
    is_running: bool
    is_busy_elsewhere: bool


class UploadService:
    """Takes in files and addresses while the library goes on answering.

    Files that were handed in are kept in the library's home, so that they can be ingested again;
    one with the name of an earlier one replaces it. `limit` is in megabytes a file, `total` in
    megabytes of all files that are kept. What `is_closed` changes nothing: strangers may ask it,
    and no more.
    """

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        *,
        limit: int = 20,
        total: int = 2000,
        is_closed: bool = False,
    ) -> None:
        self._library = library
        self._encoder = encoder
        self._is_closed = is_closed
        self._uploads = library.uploads
        self._gate = threading.Lock()
        self._run: Run | None = None
        self._most = total * MEGABYTE
        self.largest = limit * MEGABYTE
        self.samples = _samples()

    def state(self) -> State:
        version = self._library.version()
        with self._gate:
            is_running = self._is_running()
            elsewhere = not is_running and self._library.is_being_written()
            return State(version, self._run, is_running, elsewhere)

    def add(self, uploads: Sequence[Upload], addresses: Sequence[str] = ()) -> None:
        """Begin to ingest; `state` says how it goes.

        Raises LibraryBusyError when an ingest is running, IngestError for nothing or too much.
        """
        if not uploads and not addresses:
            raise IngestError("name a file or an address to add")
        if len(addresses) > MOST_ADDRESSES:
            raise IngestError(f"{MOST_ADDRESSES} addresses at a time are the most")
        self._begin(lambda: self._take_in(uploads, addresses))

    def add_samples(self) -> None:
        """Begin to ingest the sample articles of the project, where they are."""
        folder = self.samples
        if folder is None:
            raise IngestError("the sample articles come with the project, not with the package")
        found = discover([folder])
        named = {uri: replace(item, name=item.path.name) for uri, item in found.items.items()}
        self._begin(lambda: self._ingest(replace(found, items=named)))

    def remove(self, article_id: str) -> Entry | None:
        """Take an article out, and the uploaded file from which nothing else came."""
        self.refuse_strangers()
        with self._library.snapshot() as snapshot:
            entry = snapshot.entry(article_id)
        if entry is None:
            return None
        try:
            with self._library.update() as update:
                is_last = update.remove_article(article_id)
                is_done_with = is_last and self.is_upload(entry.origin)
                if is_done_with:
                    update.remove(entry.origin)
        except LibraryBusyError:
            raise LibraryBusyError(_BUSY) from None
        if is_done_with:
            self._uploads.delete(entry.origin)
        return entry

    def refuse_strangers(self) -> None:
        """Raise IngestError where whoever asks may change nothing."""
        if self._is_closed:
            raise IngestError(
                "this window is open to everyone, so nothing can be ingested or removed here"
            )

    def is_upload(self, origin: str) -> bool:
        """Whether an origin is a file that was handed in."""
        return self._uploads.owns(origin)

    def _is_running(self) -> bool:
        return self._run is not None and not self._run.is_over

    def _begin(self, work: Callable[[], Outcome]) -> None:
        self.refuse_strangers()
        with self._gate:
            if self._is_running() or self._library.is_being_written():
                raise LibraryBusyError(_BUSY)
            self._run = Run("Starting")
        threading.Thread(target=self._carry_out, args=(work,), daemon=True).start()

    def _carry_out(self, work: Callable[[], Outcome]) -> None:
        try:
            self._run = Run(outcome=work())
        except LibraryBusyError:
            self._run = Run(problem=_BUSY)
        except ArticleQAError as error:
            self._run = Run(problem=str(error))
        except Exception:  # whoever waits is told, and whoever runs the window finds the cause
            logging.getLogger(__name__).exception("an ingest failed")
            self._run = Run(problem="something went wrong; the window’s log says what")

    def _take_in(self, uploads: Sequence[Upload], addresses: Sequence[str]) -> Outcome:
        with self._uploads.staging() as folder:
            handed = self._accepted(uploads, folder)
            fetched = self._fetched(addresses, folder) if addresses else Sources()
            outcome = self._ingest(handed | fetched)
            taken = {*outcome.added, *outcome.changed, *outcome.unchanged}
            for item in handed.items.values():
                if item.name in taken:
                    self._uploads.keep(item.path, item.name)
        return outcome

    def _accepted(self, uploads: Sequence[Upload], folder: Path) -> Sources:
        """The files that may be read, moved into a folder under plain names."""
        kept = self._uploads.sizes()
        room = self._most - sum(kept.values())
        items: dict[str, Item] = {}
        failures: list[Failure] = []
        for upload in uploads:
            name = plain_name(upload.name)
            uri = self._uploads.uri(name or "_")
            reason = _refusal(name, upload, self.largest)
            if uri in items:
                reason = "another file of this name came with it"
            more = _size(upload) - kept.get(name, 0)  # than the file that it replaces
            if not reason and more > room:
                reason = (
                    f"with it, all uploads have more than {self._most // MEGABYTE:,} MB; remove "
                    "articles that were uploaded, or raise ARTICLE_QA_UPLOAD_TOTAL"
                )
            if reason or upload.path is None:
                failures.append(Failure(name or upload.name, reason))
            else:
                path = Path(shutil.move(upload.path, folder / name))
                items[uri] = Item(path, name, shown=name)
                room -= more
        return Sources(items=items, failures=tuple(failures))

    def _fetched(self, addresses: Sequence[str], folder: Path) -> Sources:
        read = 0

        def told(_: str) -> None:
            nonlocal read
            read += 1
            self._run = Run("Fetching pages", read)

        self._run = Run("Fetching pages")
        place = folder / ".pages"
        place.mkdir()
        with PoliteClient() as visitor:
            known = self._known().items()
            # A page of which something was removed is fetched whole, since it is to come back.
            whole = {uri: origin for uri, (origin, removed) in known if not removed}
            return fetch(visitor, addresses, whole, place, on_progress=told)

    def _ingest(self, sources: Sources) -> Outcome:
        """Ingest what somebody handed in, so that what was removed of it before comes back."""
        self._run = Run("Reading files")
        before = self._known()
        named = replace(sources, named=frozenset(sources.items))
        report = sync(self._library, named, self._encoder, progress=self._ingested)
        return _outcome(sources, before, self._known(), report.failures)

    def _ingested(self, done: int, total: int) -> None:
        # When all files are read, most passages are still to be embedded, and nobody knows how long.
        self._run = Run("Ingesting", done, total) if done < total else Run("Embedding passages")

    def _known(self) -> dict[str, tuple[Origin, int]]:
        """What was read of each origin, and how many of its articles were removed."""
        with self._library.snapshot() as snapshot:
            removed = snapshot.removed()
            origins = snapshot.origins()
        return {uri: (origin, removed.get(uri, 0)) for uri, origin in origins.items()}


def plain_name(claimed: str) -> str:
    """A file's name without anything that leads elsewhere or hides it; empty if nothing is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", claimed))[-1]
    seen = "".join(c for c in last if not unicodedata.category(c).startswith(_UNSEEN))
    name = " ".join(seen.split()).lstrip(". ")
    suffix = Path(name).suffix
    stem = name.removesuffix(suffix).encode()[: _LONGEST_NAME - len(suffix.encode())]
    return stem.decode(errors="ignore") + suffix if stem else ""


def _refusal(name: str, upload: Upload, largest: int) -> str:
    """Why a file is not read; empty if nothing speaks against it."""
    if not name:
        return "its name cannot be used"
    if Path(name).suffix.lower() not in LOADERS:
        return f"files of this kind are not read; these are: {formats()}"
    if (size := _size(upload)) > largest:
        return f"it has {size / MEGABYTE:,.1f} MB; {largest // MEGABYTE} MB are the most"
    return "" if upload.path else "its transfer failed"


def _size(upload: Upload) -> int:
    return upload.path.stat().st_size if upload.path else upload.size


def _outcome(
    sources: Sources,
    before: Mapping[str, object],
    after: Mapping[str, object],
    failures: tuple[Failure, ...],
) -> Outcome:
    """What became of each file and page, told from what the library knew before and knows after."""
    names = {uri: item.name for uri, item in sources.items.items()}
    names |= {uri: uri for uri in sources.unchanged}
    failed = {failure.path for failure in failures}
    fates: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
    for uri, name in names.items():
        if uri in after and uri not in before:
            fates["added"].append(name)
        elif uri in after and after[uri] != before[uri]:
            fates["changed"].append(name)
        elif uri in after and name not in failed:
            fates["unchanged"].append(name)
    return Outcome(**{fate: tuple(found) for fate, found in fates.items()}, failures=failures)


def _samples() -> Path | None:
    """The folder of sample articles, where this runs from a copy of the project."""
    project = Path(__file__).parents[1]
    folder = project / "seeds"
    return folder if (project / "pyproject.toml").is_file() and folder.is_dir() else None

"""The vectors in generations: one directory each, which is never changed once it is in use."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import portalocker

from rag.errors import StoreError
from rag.store.embedded.vectors import FLUSHES_PER_SIZE, VectorIndex

_SIZES = "sizes.json"

OpenVectors = Callable[[], VectorIndex]
"""Returns the vectors of a generation, opened once. Raises StoreError if they are damaged."""


@dataclass(slots=True)
class _Lease:
    """An open generation: shared by threads, and locked so that no process deletes it."""

    opening: threading.Lock = field(default_factory=threading.Lock)
    index: VectorIndex | None = None
    lock: portalocker.Lock | None = None
    users: int = 0

    def close(self) -> None:
        if self.index:
            self.index.close()
        if self.lock:
            self.lock.release()


class Generations:
    """The directories, side by side. `flushes` is passed on to the vector index."""

    def __init__(self, folder: Path, *, flushes: float = FLUSHES_PER_SIZE) -> None:
        self._folder = folder
        self._flushes = flushes
        self._leases: dict[str, _Lease] = {}
        self._current = ""
        self._lock = threading.Lock()  # guards the two above, and is never held while files open

    @contextmanager
    def reading(self, name: str) -> Iterator[OpenVectors]:
        """Keep a generation from being deleted; yield what opens its vectors when they are needed.

        They stay open until another generation is current. Raises FileNotFoundError if they have
        been deleted.
        """
        with self._lock:
            lease = self._leases.setdefault(name, _Lease())
            self._current = name
            lease.users += 1
        try:
            with lease.opening:
                if lease.lock is None:
                    lease.lock = self._locked(name)
            self._close_unused()
            yield lambda: self._opened(name, lease)
        finally:
            with self._lock:
                lease.users -= 1
                if lease.lock is None and not lease.users and self._leases.get(name) is lease:
                    del self._leases[name]
            self._close_unused()

    def draft(self, name: str, *, after: str) -> Draft:
        """Begin a generation as a copy of `after`, or empty if that is "".

        Raises StoreError if there is no room for it.
        """
        target = self._folder / name
        try:
            with _file_errors(self._folder):
                if after:
                    _check_sizes(self._folder / after)
                    shutil.copytree(self._folder / after, target)
                else:
                    target.mkdir(parents=True)
            index = VectorIndex.open(target, create=not after, flushes=self._flushes)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        return Draft(name, target, index)

    def sweep(self, *, keep: str) -> None:
        """Delete every generation but one, except those that somebody is reading."""
        with self._lock:
            self._current = keep
        self._close_unused()
        for path in self._folder.glob("*/"):
            if path.name == keep:
                continue
            lock = self._lock_of(path.name, portalocker.LockFlags.EXCLUSIVE)
            try:
                lock.acquire()
            except portalocker.LockException:
                continue
            shutil.rmtree(path, ignore_errors=True)
            Path(lock.filename).unlink(missing_ok=True)
            lock.release()

    def close(self) -> None:
        with self._lock:
            self._current = ""
        self._close_unused()

    def _opened(self, name: str, lease: _Lease) -> VectorIndex:
        with lease.opening:
            if lease.index is None:
                _check_sizes(self._folder / name)
                lease.index = VectorIndex.open(self._folder / name)
            return lease.index

    def _locked(self, name: str) -> portalocker.Lock:
        """Lock a generation against deletion. Raises FileNotFoundError if it has been deleted."""
        if not (self._folder / name).is_dir():
            raise FileNotFoundError(name)
        lock = self._lock_of(name, portalocker.LockFlags.SHARED)
        try:
            with _file_errors(self._folder):
                lock.acquire()
        except portalocker.LockException:  # it is being deleted
            raise FileNotFoundError(name) from None
        if not (self._folder / name).is_dir():
            lock.release()
            raise FileNotFoundError(name)
        return lock

    def _lock_of(self, name: str, kind: portalocker.LockFlags) -> portalocker.Lock:
        flags = kind | portalocker.LockFlags.NON_BLOCKING
        return portalocker.Lock(self._folder / f"{name}.lock", mode="a", timeout=0, flags=flags)

    def _close_unused(self) -> None:
        with self._lock:
            unused = [
                name
                for name, lease in self._leases.items()
                if not lease.users and name != self._current
            ]
            leases = [self._leases.pop(name) for name in unused]
        for lease in leases:
            lease.close()


class Draft:
    """A generation that is being written and that nobody else sees."""

    def __init__(self, name: str, folder: Path, index: VectorIndex) -> None:
        self.name = name
        self.index = index
        self._folder = folder

    def finish(self) -> None:
        """Write everything to disk, ready to be made current."""
        self.index.flush()
        self.index.close()
        with _file_errors(self._folder):
            _write_sizes(self._folder)
            _sync_to_disk(self._folder)

    def discard(self) -> None:
        """Delete the draft."""
        self.index.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _write_sizes(folder: Path) -> None:
    sizes = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.name != _SIZES
    }
    (folder / _SIZES).write_text(json.dumps(sizes), encoding="utf-8")


def _check_sizes(folder: Path) -> None:
    """Raise StoreError if a file was cut short: Chroma would read it and return less from then on."""
    try:
        sizes = json.loads((folder / _SIZES).read_text(encoding="utf-8"))
        for name, size in sizes.items():
            if (folder / name).stat().st_size < size:
                raise _damaged(folder, f"{name} was cut short")
    except FileNotFoundError as error:
        raise _damaged(folder, f"{Path(error.filename).name} is missing") from None
    except (OSError, ValueError, AttributeError) as error:
        raise _damaged(folder, f"{_SIZES} cannot be read: {error}") from None


def _damaged(folder: Path, how: str) -> StoreError:
    return StoreError(f"the vectors in {folder} are damaged ({how}); run: article-qa rebuild")


@contextmanager
def _file_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"{folder} cannot be written: {reason}") from error


def _sync_to_disk(folder: Path) -> None:
    """Flush the operating system's cache: what it holds would be lost in a power cut."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""The vectors in generations: one directory each, never changed once it is in use."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import portalocker

from rag.errors import StoreError
from rag.store.embedded.vectors import VectorIndex

_SIZES = "sizes.json"


@dataclass(slots=True)
class _Shared:
    index: VectorIndex
    lease: portalocker.Lock
    users: int = 0


class Generations:
    """The directories side by side. Whoever reads one holds a shared lock, so it is not swept away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, _Shared] = {}
        self._current = ""
        self._lock = threading.Lock()

    @contextmanager
    def reading(self, name: str) -> Iterator[VectorIndex]:
        """The vectors of a generation, kept open for the next reader until another one is current.

        Raises FileNotFoundError when they were swept away meanwhile.
        """
        with self._lock:
            shared = self._open.get(name) or self._lease(name)
            self._open[name] = shared
            self._current = name
            shared.users += 1
            self._close_idle()
        try:
            yield shared.index
        finally:
            with self._lock:
                shared.users -= 1
                self._close_idle()

    @contextmanager
    def writing(self, name: str, *, after: str) -> Iterator[VectorIndex]:
        """A copy of the generation `after` that may be changed; thrown away by an exception.

        An empty `after` begins an empty one. Raises StoreError when there is no room for it.
        """
        target = self._folder / name
        try:
            with _file_errors(self._folder):
                if after:
                    _check_sizes(self._folder / after)
                    shutil.copytree(self._folder / after, target)
                else:
                    target.mkdir(parents=True)
            index = VectorIndex.open(target, create=not after)
            try:
                yield index
                index.flush()
            finally:
                index.close()
            with _file_errors(self._folder):
                _note_sizes(target)
                _to_disk(target)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise

    def sweep(self, *, keep: str) -> None:
        """Remove every generation but one, save those that somebody is reading."""
        with self._lock:
            self._current = keep
            self._close_idle()
        for path in self._folder.glob("*/"):
            if path.name == keep:
                continue
            lease = self._lock_of(path.name, portalocker.LockFlags.EXCLUSIVE)
            try:
                lease.acquire()
            except portalocker.LockException:
                continue
            shutil.rmtree(path, ignore_errors=True)
            Path(lease.filename).unlink(missing_ok=True)
            lease.release()

    def close(self) -> None:
        with self._lock:
            self._current = ""
            self._close_idle()

    def _lease(self, name: str) -> _Shared:
        if not (self._folder / name).is_dir():
            raise FileNotFoundError(name)
        lease = self._lock_of(name, portalocker.LockFlags.SHARED)
        try:
            with _file_errors(self._folder):
                lease.acquire()
        except portalocker.LockException:  # it is being swept away
            raise FileNotFoundError(name) from None
        if not (self._folder / name).is_dir():
            lease.release()
            raise FileNotFoundError(name)
        try:
            _check_sizes(self._folder / name)
            return _Shared(VectorIndex.open(self._folder / name), lease)
        except BaseException:
            lease.release()
            raise

    def _lock_of(self, name: str, kind: portalocker.LockFlags) -> portalocker.Lock:
        flags = kind | portalocker.LockFlags.NON_BLOCKING
        return portalocker.Lock(self._folder / f"{name}.lock", mode="a", timeout=0, flags=flags)

    def _close_idle(self) -> None:
        for name, shared in list(self._open.items()):
            if shared.users == 0 and name != self._current:
                shared.index.close()
                shared.lease.release()
                del self._open[name]


def _note_sizes(folder: Path) -> None:
    sizes = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    (folder / _SIZES).write_text(json.dumps(sizes), encoding="utf-8")


def _check_sizes(folder: Path) -> None:
    """Chroma reads a file that was cut short without a word, and finds less from then on."""
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


def _to_disk(folder: Path) -> None:
    """What the operating system still holds in memory would be lost with its power."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

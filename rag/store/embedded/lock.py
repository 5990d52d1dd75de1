"""The lock that lets one process write to a library at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

import portalocker

from rag.errors import LibraryBusyError, StoreError

_PATIENCE = 0.2  # seconds; `is_held` holds the lock for a moment, too


class WriterLock:
    """A lock file in a library's folder. The operating system releases it with its process."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / "writer.lock"

    @contextmanager
    def held(self, *, wait: bool) -> Iterator[None]:
        """Hold the lock. Raises LibraryBusyError if another holds it, unless it is to `wait`."""
        lock = self._lock(timeout=inf if wait else _PATIENCE)
        try:
            lock.acquire()
        except portalocker.LockException:
            raise LibraryBusyError(
                f"another process is writing to {self._home}; "
                "try again when it has finished, or use --wait"
            ) from None
        except OSError as error:
            raise StoreError(f"{self._home} cannot be written: {error.strerror}") from None
        try:
            yield
        finally:
            lock.release()

    def is_held(self) -> bool:
        """Return whether somebody holds the lock at this moment."""
        if not self._path.exists():
            return False
        try:
            with self._lock(timeout=0):
                return False
        except portalocker.LockException:
            return True
        except OSError:  # nobody can write there
            return False

    def _lock(self, timeout: float) -> portalocker.Lock:
        return portalocker.Lock(self._path, mode="a", timeout=timeout, check_interval=0.05)

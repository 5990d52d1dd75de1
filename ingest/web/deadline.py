"""Time limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag.errors import LoadError


class Deadline:
    """A time limit in seconds; polite pauses do not count."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.clock = clock
        self._sleep = sleep
        self._seconds = 0.0
        self._until = 0.0

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Limit the time of the block; an outer limit is paused meanwhile."""
        outer, started = (self._seconds, self._until), self.clock()
        self._seconds, self._until = seconds, started + seconds
        try:
            yield
        finally:
            self._seconds = outer[0]
            self._until = outer[1] + self.clock() - started

    def left(self) -> float:
        """Return the seconds that are left. Raises LoadError if there are none."""
        left = self._until - self.clock()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> LoadError:
        return LoadError(f"it took longer than {self._seconds:g} seconds")

    def pause(self, seconds: float) -> None:
        """Wait, and extend the deadline accordingly."""
        if seconds > 0:
            self._sleep(seconds)
            self._until += seconds

"""Ingests in the background, one at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from ingest.inputs.sources import Failure
from rag.answering.render import WEB, counted
from rag.errors import ArticleQAError, LibraryBusyError

BUSY = "an ingest is already running; try again when it has finished"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, as the names of files and pages; `articles` is how many it read from them."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    failures: tuple[Failure, ...]
    articles: int = 0

    @property
    def summary(self) -> str:
        """The numbers in one line, such as "2 files added, 1 failed; 40 articles read"."""
        fates = {"added": self.added, "changed": self.changed, "unchanged": self.unchanged}
        parts: list[str] = []
        for fate, names in fates.items():
            if names and not parts:
                noun = "page" if all(name.startswith(WEB) for name in names) else "file"
                parts.append(f"{counted(len(names), noun)} {fate}")
            elif names:
                parts.append(f"{len(names):,} {fate}")
        if self.failures:
            parts.append(f"{len(self.failures):,} failed")
        line = ", ".join(parts) or "Nothing was found there"
        return f"{line}; {counted(self.articles, 'article')} read" if self.articles else line


@dataclass(frozen=True, slots=True)
class Run:
    """A run so far; when it is over, its outcome or the problem that ended it.

    `doing` is the present step, and `total` is 0 while the amount of work is unknown.
    """

    doing: str = ""
    done: int = 0
    total: int = 0
    outcome: Outcome | None = None
    problem: str = ""

    @property
    def is_over(self) -> bool:
        return self.outcome is not None or bool(self.problem)


class Runner:
    """Executes one run at a time on a thread, and remembers the latest.

    `is_busy` tells whether the library is being written, by this process or another.
    """

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._starting = threading.Lock()
        self._run: Run | None = None

    def status(self) -> tuple[Run | None, bool]:
        """Return the latest run, and whether another process is writing."""
        with self._starting:
            run = self._run
            return run, not _is_active(run) and self._is_busy()

    def start(self, work: Callable[[], Outcome]) -> None:
        """Begin a run and return at once. Raises LibraryBusyError if one is in progress."""
        with self._starting:
            if _is_active(self._run) or self._is_busy():
                raise LibraryBusyError(BUSY)
            self._run = Run("Starting")
        threading.Thread(target=self._execute, args=(work,), daemon=True).start()

    def show(self, doing: str, done: int = 0, total: int = 0) -> None:
        """Set the progress of the run."""
        self._run = Run(doing, done, total)

    def _execute(self, work: Callable[[], Outcome]) -> None:
        try:
            self._run = Run(outcome=work())
        except LibraryBusyError:
            self._run = Run(problem=BUSY)
        except ArticleQAError as error:
            self._run = Run(problem=str(error))
        except Exception:  # a thread has no caller: users see the problem, operators the cause
            logging.getLogger(__name__).exception("an ingest failed")
            self._run = Run(problem="the ingest failed unexpectedly; see the server’s log")


def _is_active(run: Run | None) -> bool:
    return run is not None and not run.is_over

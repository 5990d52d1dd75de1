"""How long a question takes in a new process, with and without the exported model:
python -m evals.cold [--pairs N].
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.sources import discover
from ingest.sync import sync
from rag.export import ExportedEncoder
from rag.library import Library
from rag.runtime import FOLDER
from rag.settings import Settings

QUESTION = "When did North Korea fire a missile over Japan?"
SEEDS = Path(__file__).parents[1] / "seeds"


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds that a command took: on the clock, and of all cores together."""

    wall: float
    cpu: float


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.cold", description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="how often both are measured, in turn")
    pairs = parser.parse_args(argv).pairs
    with TemporaryDirectory(prefix="article-qa-eval-") as folder:
        home = Path(folder)
        _ingest(home)
        with_it, without = [], []
        ask(home)  # the page cache is warm from here on
        for _ in range(pairs):
            with_it.append(ask(home))
            (home / FOLDER).rename(home / "elsewhere")
            without.append(ask(home))
            (home / "elsewhere").rename(home / FOLDER)
    for name, taken in (("exported model", with_it), ("sentence-transformers", without)):
        print(f"{name:22} {_spread('wall', taken)}   {_spread('cpu', taken)}")
    return 0


def ask(home: Path) -> Taken:
    """Ask one question in a new process."""
    command = [sys.executable, "-m", "ui.cli", "ask", "--home", str(home), QUESTION]
    started, before = time.perf_counter(), _children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return Taken(time.perf_counter() - started, _children() - before)


def _ingest(home: Path) -> None:
    library = Library.create(home, ExportedEncoder.from_settings(Settings.load(home=home)))
    sync(library, discover([SEEDS]))
    library.close()


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _spread(what: str, taken: Sequence[Taken]) -> str:
    seconds = [getattr(each, what) for each in taken]
    return f"{what} {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


if __name__ == "__main__":
    sys.exit(main())

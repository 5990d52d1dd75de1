"""Ingest many short articles: memory, rate, and a second run that finds nothing to do.

python -m evals.scale [--articles N ...]
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.crash import article


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.scale", description=__doc__)
    parser.add_argument("--articles", type=int, nargs="+", default=[5_000, 20_000])
    print("| articles | first run | articles a second | peak memory | second run | on disk |")
    print("|---|---|---|---|---|---|", flush=True)
    for articles in parser.parse_args(argv).articles:
        print(measure(articles), flush=True)
    return 0


def measure(articles: int) -> str:
    """A row of the table; each run is a process of its own, as cron would start it."""
    chance = random.Random(articles)  # noqa: S311 - to repeat a run, not to keep a secret
    with TemporaryDirectory(prefix="article-qa-scale-") as temporary:
        work = Path(temporary)
        (work / "articles").mkdir()
        for number in range(articles):
            path = work / "articles" / f"{number}.txt"
            path.write_text(article(chance, paragraphs=1), encoding="utf-8")
        first, peak = _ingest(work)
        second, _ = _ingest(work)
        disk = sum(path.stat().st_size for path in (work / "home").rglob("*") if path.is_file())
    return (
        f"| {articles:,} | {first:.0f} s | {articles / first:.0f} | {peak / 1024:.0f} MB |"
        f" {second:.1f} s | {disk / 1e6:.0f} MB |"
    )


def _ingest(work: Path) -> tuple[float, int]:
    """Seconds that an ingest took, and the most memory that it held, in kB."""
    code = (
        "import resource, sys; from ingest.cli import main; status = main(sys.argv[1:]);"
        "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(status)"
    )
    command = [sys.executable, "-c", code, str(work / "articles"), "--home", str(work / "home")]
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - this very project
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True
    )
    peak = re.search(r"peak (\d+)", done.stdout)
    assert peak is not None
    return time.perf_counter() - started, int(peak[1])


if __name__ == "__main__":
    sys.exit(main())

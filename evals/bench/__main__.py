"""Speed beside LangChain's own recipe, and over size: python -m evals.bench SQUAD.json [--largest N].

Writes the tables into the documentation and draws the plots. Each measurement is a process of its
own; what is compared is measured in turn, and the median is reported with its spread.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evals import plots
from evals.bench import scale, speed
from evals.bench.measures import REAL, ROOT

SIZES = (1_000, 10_000, 50_000, 100_000)
_START, _END = "<!-- bench -->", "<!-- /bench -->"
PARTS: dict[str, Callable[..., Any]] = {
    part.__name__: part
    for part in (
        speed.ingest,
        speed.start,
        speed.threads,
        scale.build,
        scale.ask,
        scale.scopes,
        scale.resync,
    )
}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument("squad", type=Path, help="a SQuAD JSON file: real text, and questions")
    parser.add_argument("--pairs", type=int, default=4, help="how often each pair is measured")
    parser.add_argument("--largest", type=int, help="measure this many passages, too")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.part:
        name, folder, *rest = arguments.part
        print(json.dumps(PARTS[name](arguments.squad, Path(folder), *rest)))
        return 0
    with TemporaryDirectory(prefix="article-qa-bench-") as folder:
        results = run(arguments, Path(folder))
    path = ROOT / "docs" / "bench.json"
    # What was measured once stays until it is measured again.
    before = json.loads(path.read_text(encoding="utf-8"))["sizes"] if path.exists() else {}
    sizes = before | results["sizes"]
    results["sizes"] = dict(sorted(sizes.items(), key=lambda size: int(size[0])))
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    plots.draw(results, ROOT / "docs" / "images")
    _write(plots.table(results))
    print(plots.table(results))
    return 0


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    def part(name: str, *rest: object) -> Any:
        print(f"{time.strftime('%H:%M:%S')} {' '.join(map(str, (name, *rest)))}", file=sys.stderr)
        command = [sys.executable, "-m", "evals.bench", str(arguments.squad), "--part", name]
        done = subprocess.run(  # noqa: S603 - this very package
            [*command, *map(str, rest)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])

    results: dict[str, Any] = {
        "ingest": part("ingest", work, arguments.pairs),
        "start": part("start", work, arguments.pairs),
        "sizes": {},
    }
    for size in (*SIZES, *([arguments.largest] if arguments.largest else ())):
        home = work / str(size)
        measured = part("build", home, size) | part("ask", home)
        if size >= scale.SCOPED:
            measured |= part("scopes", home)
        results["sizes"][str(size)] = measured | part("resync", home)
    results["threads"] = part("threads", work / str(REAL))
    return results


def _write(table: str) -> None:
    path = ROOT / "docs" / "benchmarks.md"
    before, _, rest = path.read_text(encoding="utf-8").partition(_START)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_START}\n{table}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

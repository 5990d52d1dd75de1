"""The results of evals.bench as Markdown tables and plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

_MEGABYTE = 1e6
_STEPS = {
    "embed": "embed the question",
    "search": "search",
    "read": "read passages",
    "rest": "all else",
}
_COLOURS = ("#2a6f97", "#61a5c2", "#e09f3e", "#9a9a9a")


def table(found: dict[str, Any]) -> str:
    """Return the tables of docs/benchmarks.md as Markdown."""
    ingest, start, threads = found["ingest"], found["start"], found["threads"]
    pairs = [ours / theirs for ours, theirs in zip(ingest["ours"], ingest["theirs"], strict=True)]
    sizes = list(found["sizes"].values())
    faster = [recipe / ask for ask, recipe in zip(start["ask"], start["recipe"], strict=True)]
    rows = [
        ("", "article-qa", "LangChain’s recipe", "ratio"),
        ("---", "---", "---", "---"),
        (
            "a question in a new process",
            f"{_spread(start['ask'])} s, with its answer",
            f"{_spread(start['recipe'])} s, ten passages",
            f"{_spread(faster, 1)}",
        ),
        (
            "ingest, characters a second",
            _spread(ingest["ours"], 0),
            _spread(ingest["theirs"], 0),
            _spread(pairs, 1),
        ),
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines += [
        "",
        f"`import rag` takes {_spread(start['import'])} s, `article-qa --help` {_spread(start['help'])} s."
        f" Embedding reaches {median(ingest['share']):.0%} of the {ingest['precision']} peak of a"
        f" matrix product in the same run ({median(ingest['peak']) / 1e9:,.0f} GFLOP a second); the"
        f" ten passages nearest to each question are the original’s to {ingest['overlap']:.1%}.",
        "",
        "| passages | ingest, a second | 100 more articles | p50 | p95 | index finds of the true ten "
        "| memory | disk | open |",
        "|---|---|---|---|---|---|---|---|---|",
        *map(_row, sizes),
        "",
        "Answers a second through one `ArticleQA`, by threads that ask: "
        + ", ".join(f"{rate:.0f} ({n})" for n, rate in threads["rates"].items())
        + f"; {threads['different']} of them differ from those to one thread.",
        "",
        "![Six curves over the number of passages: ingest, sync, question, recall, memory, disk]"
        "(images/bench-scale.svg)",
        "",
        "![Where the milliseconds of a question go](images/bench-ask.svg)",
    ]
    return "\n".join(lines)


def _row(of: dict[str, Any]) -> str:
    """Return the row of one library size."""
    stored = "" if of["own"] else " stored"
    cells = (
        f"{of['passages']:,}",
        f"{of['rate']:,.0f}{stored}",
        f"{of['sync']:.1f} s",
        f"{of['p50'] * 1e3:.0f} ms",
        f"{of['p95'] * 1e3:.0f} ms",
        f"{of['recall']:.1%}",
        f"{of['memory'] / _MEGABYTE:,.0f} MB",
        f"{(of['disk'] - of['runtime']) / _MEGABYTE:,.0f} + {of['runtime'] / _MEGABYTE:.0f} MB",
        f"{of['open']:.2f} s",
    )
    return f"| {' | '.join(cells)} |"


def draw(found: dict[str, Any], folder: Path) -> None:
    """Write bench-scale.svg and bench-ask.svg into a folder."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "article-qa", "font.size": 9, "axes.titlesize": 10})
    sizes = list(found["sizes"].values())
    _draw_scale(sizes, folder / "bench-scale.svg")
    _draw_steps(sizes, folder / "bench-ask.svg")


def _draw_scale(sizes: Sequence[dict[str, Any]], path: Path) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 3, figsize=(9, 4.6), layout="constrained")
    count = [size["passages"] for size in sizes]
    whole, stored = ([s["rate"] if s["own"] is own else None for s in sizes] for own in (True, False))  # fmt: skip
    curves: list[tuple[str, dict[str, list[Any]]]] = [
        ("ingest, passages a second", {"whole": whole, "without embedding": stored}),
        ("100 more articles, seconds", {"": [size["sync"] for size in sizes]}),
        (
            "a question, milliseconds",
            {name: [size[name] * 1e3 for size in sizes] for name in ("p50", "p95")},
        ),
        ("index finds of the true ten, %", {"": [size["recall"] * 100 for size in sizes]}),
        ("memory, MB", {"": [size["memory"] / _MEGABYTE for size in sizes]}),
        ("disk, MB", {"": [size["disk"] / _MEGABYTE for size in sizes]}),
    ]
    for axis, (title, lines) in zip(axes.flat, curves, strict=True):
        for (name, values), colour in zip(lines.items(), _COLOURS[::2], strict=False):
            axis.plot(count, values, marker="o", color=colour, label=name or None)
        axis.set(title=title, xscale="log")
        high = max(value for values in lines.values() for value in values if value is not None)
        axis.set_ylim(*((90, 101) if title.endswith("%") else (0, high * 1.15)))
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#e5e5e5")
        if len(lines) > 1:
            axis.legend(frameon=False)
    for axis in axes[1]:
        axis.set_xlabel("passages")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _draw_steps(sizes: Sequence[dict[str, Any]], path: Path) -> None:
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(9, 0.9 + 0.45 * len(sizes)), layout="constrained")
    names = [f"{size['passages']:,} passages" for size in sizes]
    begins = [0.0] * len(sizes)
    for (step, title), colour in zip(_STEPS.items(), _COLOURS, strict=True):
        widths = [_milliseconds(size["steps"], step) for size in sizes]
        axis.barh(names, widths, left=begins, color=colour, label=title, height=0.6)
        begins = [begin + width for begin, width in zip(begins, widths, strict=True)]
    axis.invert_yaxis()
    axis.set_xlabel("milliseconds of the median question")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _milliseconds(steps: dict[str, float], name: str) -> float:
    if name == "rest":
        return 1e3 * sum(steps[each] for each in ("rewrite", "write", "check", "compare"))
    return 1e3 * steps[name]


def _spread(values: Sequence[float], digits: int = 2) -> str:
    low, middle, high = (f"{v:,.{digits}f}" for v in (min(values), median(values), max(values)))
    return f"{middle} ({low} to {high})"

"""The results of evals.bench as Markdown tables and plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

_MEGABYTE = 1e6
_STEPS = {
    "embed": "embed the question",
    "search": "search",
    "read": "read the passages",
    "rest": "other",
}
_COLOURS = ("#2a6f97", "#61a5c2", "#e09f3e", "#9a9a9a")


def table(results: dict[str, Any]) -> str:
    """Return the tables of docs/benchmarks.md as Markdown."""
    sizes = list(results["sizes"].values())
    rates = ", ".join(f"{rate:.0f} ({n})" for n, rate in results["threads"]["rates"].items())
    return "\n".join(
        (
            *_comparison(results["ingest"], results["start"]),
            "",
            "| Passages | Ingestion, passages/s | Adding 100 articles | Question, p50 | p95 "
            "| Recall@10 of the index | Memory | Disk | Opening |",
            "|---|---|---|---|---|---|---|---|---|",
            *map(_row, sizes),
            "",
            *_scopes(sizes),
            f"Answers per second through one `ArticleQA`, by number of threads: {rates}. "
            f"{results['threads']['different']} of them differ from the answers to one thread.",
            "",
            "![Six plots over the number of passages: ingestion, adding articles, question time, "
            "recall, memory, disk](images/bench-scale.svg)",
            "",
            "![The steps of a question in milliseconds](images/bench-ask.svg)",
        )
    )


def _comparison(ingest: dict[str, Any], start: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that compare article-qa with the recipe."""
    rates = [ours / theirs for ours, theirs in zip(ingest["ours"], ingest["theirs"], strict=True)]
    starts = [recipe / ask for ask, recipe in zip(start["ask"], start["recipe"], strict=True)]
    yield "| | article-qa | LangChain’s recipe | Ratio |"
    yield "|---|---|---|---|"
    yield (
        f"| First question in a new process | {_spread(start['ask'])} s, with its answer "
        f"| {_spread(start['recipe'])} s, ten passages | {_spread(starts, 1)} |"
    )
    yield (
        f"| Ingestion, characters per second | {_spread(ingest['ours'], 0)} "
        f"| {_spread(ingest['theirs'], 0)} | {_spread(rates, 1)} |"
    )
    yield ""
    yield (
        f"`import rag` takes {_spread(start['import'])} s, `article-qa --help` "
        f"{_spread(start['help'])} s. Embedding reaches {median(ingest['share']):.0%} of the "
        f"{ingest['precision']} peak of a matrix product in the same run "
        f"({median(ingest['peak']) / 1e9:,.0f} GFLOP/s). The ten passages nearest to each question "
        f"agree with those of the original model to {ingest['overlap']:.1%}."
    )


def _scopes(sizes: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a table of questions limited by date or source, if they were measured."""
    rows = [
        f"| {size['passages']:,} | {'no filter' if name == 'none' else name} "
        f"| {scope['p50'] * 1e3:.0f} ms | {scope['ratio']:.2f} | {scope['search'] * 1e3:.0f} ms "
        f"| {scope['slowest'] * 1e3:.0f} ms | {scope['recall']:.1%} |"
        for size in sizes
        for name, scope in size.get("scopes", {}).items()
    ]
    if rows:
        yield (
            "| Passages | Share in the filter | Question, p50 | Relative to no filter "
            "| Search, p50 | Slowest question | Recall@50 |"
        )
        yield "|---|---|---|---|---|---|---|"
        yield from rows
        yield ""


def _row(size: dict[str, Any]) -> str:
    """Return the row of one library size."""
    stored = "" if size["own"] else " stored"
    cells = (
        f"{size['passages']:,}",
        f"{size['rate']:,.0f}{stored}",
        f"{size['sync']:.1f} s",
        f"{size['p50'] * 1e3:.0f} ms",
        f"{size['p95'] * 1e3:.0f} ms",
        f"{size['recall']:.1%}",
        f"{size['memory'] / _MEGABYTE:,.0f} MB",
        f"{(size['disk'] - size['runtime']) / _MEGABYTE:,.0f} + {size['runtime'] / _MEGABYTE:.0f} MB",
        f"{size['open']:.2f} s",
    )
    return f"| {' | '.join(cells)} |"


def draw(results: dict[str, Any], folder: Path) -> None:
    """Write bench-scale.svg and bench-ask.svg into a folder."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "article-qa", "font.size": 9, "axes.titlesize": 10})
    sizes = list(results["sizes"].values())
    _draw_scale(sizes, folder / "bench-scale.svg")
    _draw_steps(sizes, folder / "bench-ask.svg")


def _draw_scale(sizes: Sequence[dict[str, Any]], path: Path) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 3, figsize=(9, 4.6), layout="constrained")
    count = [size["passages"] for size in sizes]
    whole, stored = ([s["rate"] if s["own"] is own else None for s in sizes] for own in (True, False))  # fmt: skip
    curves: list[tuple[str, dict[str, list[Any]]]] = [
        ("ingestion, passages per second", {"with embedding": whole, "without embedding": stored}),
        ("adding 100 articles, seconds", {"": [size["sync"] for size in sizes]}),
        (
            "question, milliseconds",
            {name: [size[name] * 1e3 for size in sizes] for name in ("p50", "p95")},
        ),
        ("recall@10 of the index, %", {"": [size["recall"] * 100 for size in sizes]}),
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
    axis.set_xlabel("milliseconds (median question)")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _milliseconds(steps: dict[str, float], name: str) -> float:
    if name == "rest":
        return 1e3 * sum(steps[step] for step in ("rewrite", "write", "check", "compare"))
    return 1e3 * steps[name]


def _spread(values: Sequence[float], digits: int = 2) -> str:
    low, middle, high = (f"{v:,.{digits}f}" for v in (min(values), median(values), max(values)))
    return f"{middle} ({low} to {high})"

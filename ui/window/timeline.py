"""The corpus over time as a picture: articles a month, or a year, by source, as SVG."""

from __future__ import annotations

from calendar import month_abbr
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from rag.answering.render import counted
from rag.text.words import in_one_line

MOST_MONTHS = 48  # a longer time is shown by years
MOST_SOURCES = 5  # with a colour of their own; the others share one
_FEWEST = 8  # columns, so that none is as broad as a wall
_HEIGHT = 100
_STEP = 10
_OTHERS = "Others"
_NO_SOURCE = "No source"

Months = Sequence[tuple[str | None, str | None, int]]
"""How many articles a month ("2022-10") and a source have; None where either is unknown."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns from the earliest to the latest, each with its name and its articles by source."""

    unit: str
    columns: tuple[tuple[str, Counter[str]], ...]
    sources: tuple[str, ...]
    undated: int

    @property
    def filled(self) -> list[tuple[str, Counter[str]]]:
        return [(name, counts) for name, counts in self.columns if counts]


def timeline(months: Months) -> str:
    """The picture with its legend and the same figures as a table, as HTML."""
    chart = _chart(months)
    undated = f"{counted(chart.undated, 'article')} without a date" if chart.undated else ""
    if not chart.columns:
        return f'<p class="aside">{undated}</p>' if undated else ""
    name, counts = max(chart.filled, key=lambda column: column[1].total())
    said = (
        f"Articles a {chart.unit} by source, from {chart.filled[0][0]} to {chart.filled[-1][0]}; "
        f"most in {name}: {counts.total():,}"
    )
    first, last = chart.columns[0][0], chart.columns[-1][0]
    return (
        f"<figure><figcaption>Articles a {chart.unit}</figcaption>"
        f'<p class="top" aria-hidden="true">{counts.total():,}</p>'
        f"{_drawing(chart, said, counts.total())}"
        f'<p class="ends" aria-hidden="true"><span>{first}</span><span>{last}</span></p>'
        f"{_legend(chart)}</figure>"
        + (f'<p class="aside">{undated}</p>' if undated else "")
        + f"<details><summary>As a table</summary>{_table(chart)}</details>"
    )


def _chart(months: Months) -> Chart:
    dated = [(month, source or _NO_SOURCE, count) for month, source, count in months if month]
    totals: Counter[str] = Counter()
    for _, source, count in dated:
        totals[source] += count
    sources = [source for source, _ in totals.most_common(MOST_SOURCES)]
    if len(totals) > len(sources):
        sources.append(_OTHERS)
    numbers = [_number(month) for month, *_ in dated]
    by_years = bool(numbers) and max(numbers) - min(numbers) >= MOST_MONTHS
    unit = 12 if by_years else 1
    counts: dict[int, Counter[str]] = {}
    for month, source, count in dated:
        column = counts.setdefault(_number(month) // unit, Counter())
        column[source if source in sources else _OTHERS] += count
    return Chart(
        "year" if by_years else "month",
        tuple((_name(each, unit), counts.get(each, Counter())) for each in _places(counts)),
        tuple(sources),
        sum(count for month, _, count in months if not month),
    )


def _places(counts: Iterable[int]) -> range:
    """Every month or year from the first to the last, and some around them if they are few."""
    places = list(counts)
    if not places:
        return range(0)
    missing = max(0, _FEWEST - (max(places) - min(places) + 1))
    return range(max(0, min(places) - missing // 2), max(places) + 1 + (missing + 1) // 2)


def _number(month: str) -> int:
    """Months since the year 1, which has number 0."""
    year, _, of_year = month.partition("-")
    return (int(year) - 1) * 12 + int(of_year) - 1


def _name(number: int, unit: int) -> str:
    if unit == 12:
        return str(number + 1)
    years, month = divmod(number, 12)
    return f"{month_abbr[month + 1]} {years + 1}"


def _drawing(chart: Chart, said: str, most: int) -> str:
    bars = "".join(
        bar
        for place, (name, counts) in enumerate(chart.columns)
        for bar in _column(chart, place * _STEP, name, counts, most)
    )
    return (
        f'<svg viewBox="0 0 {len(chart.columns) * _STEP} {_HEIGHT}" preserveAspectRatio="none"'
        f' role="img" aria-label="{escape(said)}">{bars}</svg>'
    )


def _column(chart: Chart, left: int, name: str, counts: Counter[str], most: int) -> Iterable[str]:
    base = float(_HEIGHT)
    for number, source in enumerate(chart.sources):
        if count := counts[source]:
            height = count / most * _HEIGHT
            base -= height
            words = escape(f"{name}, {in_one_line(source)}: {counted(count, 'article')}")
            yield (
                f'<rect class="s{_colour(number, source)}" x="{left + _STEP * 0.1:g}" y="{base:.2f}"'
                f' width="{_STEP * 0.8:g}" height="{height:.2f}"><title>{words}</title></rect>'
            )


def _legend(chart: Chart) -> str:
    totals: Counter[str] = Counter()
    for _, counts in chart.filled:
        totals.update(counts)
    items = (
        f'<li><span class="swatch s{_colour(number, source)}"></span>'
        f"{escape(in_one_line(source))} <b>{totals[source]:,}</b></li>"
        for number, source in enumerate(chart.sources)
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _table(chart: Chart) -> str:
    heads = "".join(
        f'<th scope="col">{escape(in_one_line(source))}</th>' for source in chart.sources
    )
    rows = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(f"<td>{counts[source]:,}</td>" for source in chart.sources)
        + "</tr>"
        for name, counts in chart.filled
    )
    head = f'<tr><th scope="col">{chart.unit.capitalize()}</th>{heads}</tr>'
    return f"<div><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>"


def _colour(number: int, source: str) -> int:
    return MOST_SOURCES if source == _OTHERS else number

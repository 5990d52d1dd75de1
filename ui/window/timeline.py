"""The articles over time as a bar chart: by month or year, and by source."""

from __future__ import annotations

from calendar import month_abbr
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ui.window.templates import render

MAX_MONTHS = 48  # a longer time is shown by years
MAX_SOURCES = 5  # with a colour of their own; the others share one
_MIN_COLUMNS = 8  # so that a column is not as broad as the chart
_HEIGHT = 100
_COLUMN_WIDTH = 10
_OTHERS = "Others"
_NO_SOURCE = "No source"

Months = Sequence[tuple[str | None, str | None, int]]
"""(month, source, articles) such as ("2022-10", "TDI", 3); None where unknown."""


@dataclass(frozen=True, slots=True)
class Column:
    """A month or year with its number of articles by source."""

    name: str
    counts: Counter[str]

    @property
    def total(self) -> int:
        return self.counts.total()


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns from the earliest to the latest, empty ones included."""

    unit: str
    columns: tuple[Column, ...]
    sources: tuple[str, ...]
    undated: int
    height: int = _HEIGHT

    @property
    def filled(self) -> list[Column]:
        """The columns that have articles."""
        return [column for column in self.columns if column.counts]

    @property
    def highest(self) -> Column:
        return max(self.filled, key=lambda column: column.total)

    @property
    def width(self) -> int:
        return len(self.columns) * _COLUMN_WIDTH

    def total(self, source: str) -> int:
        """Return the number of articles of a source."""
        return sum(column.counts[source] for column in self.columns)

    def colour(self, source: str) -> int:
        """Return the number of a source's colour in the style sheet."""
        return MAX_SOURCES if source == _OTHERS else self.sources.index(source)


@dataclass(frozen=True, slots=True)
class Bar:
    """The articles of one source in one column; lengths are in units of the drawing."""

    column: str
    source: str
    count: int
    colour: int
    x: str
    y: str
    height: str
    width: str = f"{_COLUMN_WIDTH * 0.8:g}"


def timeline(months: Months) -> str:
    """Return the chart with its legend and a table of the same figures; empty without articles."""
    chart = _chart(months)
    bars = list(_bars(chart)) if chart.columns else []
    return render("timeline.html", chart=chart, bars=bars)


def _chart(months: Months) -> Chart:
    dated = [(month, source or _NO_SOURCE, count) for month, source, count in months if month]
    totals: Counter[str] = Counter()
    for _, source, count in dated:
        totals[source] += count
    sources = [source for source, _ in totals.most_common(MAX_SOURCES)]
    if len(totals) > len(sources):
        sources.append(_OTHERS)
    numbers = [_number(month) for month, *_ in dated]
    by_years = bool(numbers) and max(numbers) - min(numbers) >= MAX_MONTHS
    unit = 12 if by_years else 1
    counts: dict[int, Counter[str]] = {}
    for month, source, count in dated:
        column = counts.setdefault(_number(month) // unit, Counter())
        column[source if source in sources else _OTHERS] += count
    return Chart(
        unit="year" if by_years else "month",
        columns=tuple(
            Column(_name(number, unit), counts.get(number, Counter()))
            for number in _consecutive(counts)
        ),
        sources=tuple(sources),
        undated=sum(count for month, _, count in months if not month),
    )


def _consecutive(numbers: Iterable[int]) -> range:
    """Return all months or years from the first to the last, and some around them if few."""
    present = list(numbers)
    if not present:
        return range(0)
    missing = max(0, _MIN_COLUMNS - (max(present) - min(present) + 1))
    return range(max(0, min(present) - missing // 2), max(present) + 1 + (missing + 1) // 2)


def _number(month: str) -> int:
    """Return the number of months since January of the year 1."""
    year, _, of_year = month.partition("-")
    return (int(year) - 1) * 12 + int(of_year) - 1


def _name(number: int, unit: int) -> str:
    if unit == 12:
        return str(number + 1)
    years, month = divmod(number, 12)
    return f"{month_abbr[month + 1]} {years + 1}"


def _bars(chart: Chart) -> Iterator[Bar]:
    """Yield the bars; those of a column are stacked, and the highest column fills the drawing."""
    highest = chart.highest.total
    for place, column in enumerate(chart.columns):
        top = float(_HEIGHT)
        for source in chart.sources:
            if count := column.counts[source]:
                height = count / highest * _HEIGHT
                top -= height
                yield Bar(
                    column.name,
                    source,
                    count,
                    chart.colour(source),
                    x=f"{(place + 0.1) * _COLUMN_WIDTH:g}",
                    y=f"{top:.2f}",
                    height=f"{height:.2f}",
                )

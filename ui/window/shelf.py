"""The corpus as HTML: its articles, what an ingest does, what a removal means. All is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from urllib.parse import unquote

from ingest.runs import Outcome, Run
from ingest.uploads import State
from rag.answering.render import WEB, counted
from rag.text.words import in_one_line
from rag.types import Entry

MOST_NAMES = 8  # of files that went well, in a report
MOST_FAILURES = 100
_DASH = '<span aria-label="unknown">–</span>'


def rows(entries: Iterable[Entry]) -> str:
    """A row of the table for each article."""
    return "".join(map(_row, entries))


def count(found: int, among: int, *, is_filtered: bool) -> str:
    """How many articles are listed."""
    if not among:
        return ""
    held = counted(among, "article")
    return f"{found:,} of {held}" if is_filtered else held


def nothing_yet(*, has_samples: bool) -> str:
    """What an empty library offers."""
    samples = (
        '<button type="button" class="primary samples">Ingest the sample articles</button>'
        if has_samples
        else ""
    )
    or_else = "or add articles of your own" if has_samples else "Add articles"
    return (
        '<section class="turn start"><h2>Nothing is ingested yet</h2>'
        "<p>Questions are answered from articles alone, and there are none so far.</p>"
        f'{samples}<button type="button" class="to-corpus">{or_else}</button>'
        '<div class="progress" role="status"></div></section>'
    )


def progress(state: State) -> str:
    """What an ingest is doing, or has done."""
    if state.is_busy_elsewhere:
        return "<p>Another process is ingesting. What it adds is seen here when it is done.</p>"
    run = state.run
    if run is None:
        return ""
    if run.problem:
        return problem(run.problem)
    return report(run.outcome) if run.outcome else _doing(run)


def problem(reason: str) -> str:
    line = in_one_line(reason)
    return f'<p class="problem">{escape(line[:1].upper() + line[1:])}</p>'


def report(outcome: Outcome) -> str:
    """What was added, changed and unchanged, and each failure with its reason."""
    fates = {"added": outcome.added, "changed": outcome.changed}
    named = "".join(
        f"<p><b>{fate.capitalize()}</b> {_names(names)}</p>"
        for fate, names in fates.items()
        if names
    )
    return f'<p class="sum">{escape(outcome.summary)}</p>{named}{_failures(outcome)}'


def removal(entry: Entry, *, is_upload: bool) -> str:
    """The question before an article is taken out, and what that means for what it came from."""
    name = f"“{escape(unquote(entry.origin.rsplit('/', 1)[-1]))}”"
    if is_upload:
        fate = f"It was uploaded as {name}; that copy is deleted with the last article from it."
    elif entry.origin.startswith(WEB):
        fate = (
            f"It stays out until the page changes, or until {escape(entry.origin)} is added here "
            "again."
        )
    else:
        fate = (
            f"The file {name} is left where it is. Ingesting its folder again does not bring the "
            "article back, unless it has changed; naming the file itself does."
        )
    return (
        '<h2 id="removal">Remove this article?</h2>'
        f'<p class="which">{escape(in_one_line(entry.title))}</p>'
        f"<p>No answer will draw on it any more. {fate}</p>"
        '<div class="choice"><button type="button" data-keep autofocus>Keep it</button>'
        f'<button type="button" class="primary" data-confirm="{escape(entry.id)}">Remove</button></div>'
    )


def _row(entry: Entry) -> str:
    title, key = escape(in_one_line(entry.title)), escape(entry.id)
    published = _day(entry.published) if entry.published else _DASH
    source = escape(in_one_line(entry.source)) if entry.source else _DASH
    plural = "" if entry.passages == 1 else "s"
    taken_in = f"{entry.ingested:%Y-%m-%d, %H:%M} UTC"
    return (
        '<tr role="row"><th role="rowheader" scope="row">'
        f'<button type="button" data-read="{key}">{title}</button></th>'
        f'<td role="cell" class="source"{_hint(entry.source)}>{source}</td>'
        f'<td role="cell" class="date">{published}</td>'
        f'<td role="cell" class="passages">{entry.passages:,}<span> passage{plural}</span></td>'
        f'<td role="cell" class="ingested" title="{taken_in}"><span>ingested </span>'
        f"{_day(entry.ingested.date())}</td>"
        f'<td role="cell"><button type="button" data-remove="{key}" aria-label="Remove {title}">'
        "Remove</button></td></tr>"
    )


def _hint(source: str | None) -> str:
    """A name that may be too long for its column, to be had in full."""
    return f' title="{escape(in_one_line(source))}"' if source else ""


def _day(day: date) -> str:
    return f'<time datetime="{day.isoformat()}">{day.day} {day:%b %Y}</time>'


def _doing(run: Run) -> str:
    if not run.total:
        so_far = f", {run.done:,} so far" if run.done else ""
        return f"<p>{escape(run.doing)}{so_far}…</p><progress></progress>"
    known = f'value="{run.done}" max="{run.total}"'
    return (
        f"<p>{escape(run.doing)}: {run.done:,} of {run.total:,}</p>"
        f'<progress {known} aria-label="{escape(run.doing)}"></progress>'
    )


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    listed = ", ".join(escape(in_one_line(name)) for name in names[:MOST_NAMES])
    return f"{listed} and {more:,} more" if more > 0 else listed


def _failures(outcome: Outcome) -> str:
    items = [
        f"<li><b>{escape(in_one_line(each.path))}</b> {escape(in_one_line(each.reason))}</li>"
        for each in outcome.failures[:MOST_FAILURES]
    ]
    if more := len(outcome.failures) - MOST_FAILURES:
        items += [f"<li>and {more:,} more</li>"] if more > 0 else []
    return f'<ul class="failures">{"".join(items)}</ul>' if items else ""

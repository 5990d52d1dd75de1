"""What an ingest is doing, and what it has done."""

from __future__ import annotations

from ingest.runs import Outcome
from ingest.uploads import State
from ui.window.messages import problem
from ui.window.templates import render

MAX_NAMES = 8  # of files that were ingested, in a report
MAX_FAILURES = 100


def status(state: State) -> str:
    """Return the progress of an ingest, or its result; empty if there has been none."""
    run = state.run
    if state.is_busy_elsewhere:
        return render("ingest_running.html", is_elsewhere=True)
    if run is None:
        return ""
    if run.problem:
        return problem(run.problem)
    if run.outcome:
        return report(run.outcome)
    return render("ingest_running.html", is_elsewhere=False, run=run)


def report(outcome: Outcome) -> str:
    """Return what was added, changed and unchanged, and each failure with its reason."""
    changes = [
        (change, files[:MAX_NAMES], max(0, len(files) - MAX_NAMES))
        for change, files in (("added", outcome.added), ("changed", outcome.changed))
        if files
    ]
    return render(
        "ingest_report.html",
        summary=outcome.summary,
        changes=changes,
        failures=outcome.failures[:MAX_FAILURES],
        more_failures=max(0, len(outcome.failures) - MAX_FAILURES),
    )

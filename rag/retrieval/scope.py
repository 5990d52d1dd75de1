"""Scopes from the dates and sources that people type."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date, datetime

from rag.errors import QuestionError
from rag.types import Scope

_PARTS = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def scope_of(
    after: date | str | None = None,
    before: date | str | None = None,
    source: str | Sequence[str] | None = None,
) -> Scope:
    """Return a scope. Dates may be written as 2022-10-04, 2022-10 or 2022.

    Raises QuestionError for a date that is not valid.
    """
    sources = [source] if isinstance(source, str) else list(source or ())
    return Scope(
        _day(after, last=False),
        _day(before, last=True),
        tuple(dict.fromkeys(name.strip() for name in sources if name and name.strip())),
    )


def _day(written: date | str | None, *, last: bool) -> date | None:
    """Return a date; for a year or a month, its first or its `last` day."""
    if isinstance(written, datetime):
        return written.date()
    if written is None or isinstance(written, date):
        return written
    if not str(written).strip():
        return None
    match = _PARTS.fullmatch(str(written).strip())
    try:
        if match:
            year, month = int(match[1]), int(match[2] or (12 if last else 1))
            end = calendar.monthrange(year, month)[1]
            return date(year, month, int(match[3] or (end if last else 1)))
    except ValueError:
        pass
    raise QuestionError(
        f"{written!r} is not a date; write a day like 2022-10-04, a month like 2022-10, or a year"
    )

"""The time that a question is about: "this week", "in September", "latest", "since Monday"."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from rag.errors import QuestionError
from rag.text.english import any_of, months, weekdays

_PRESENT = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|recent(?:ly)?|current(?:ly)?|now|nowadays|so far|still|today"
    r"|tonight|what(?:’|'| i)?s (?:new|happening|going on)|will|going to|upcoming|scheduled"
    r"|next (?:week|month|year)|when (?:do|does|is|are))\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?P<which>this|last|past|previous)\s+(?:(?P<count>\d{1,3}|two|three|four|five|six|seven|few|couple of)\s+)?"
    r"(?P<unit>day|week|weekend|month|quarter|year|decade|century|night|morning|evening|afternoon)s?\b",
    re.IGNORECASE,
)
_DAY_AGO = re.compile(r"\b(?P<day>today|yesterday|tonight|this (?:morning|afternoon|evening))\b", re.IGNORECASE)  # fmt: skip
_AGO = re.compile(r"\b(?P<count>\d{1,3}|a|two|three|few)\s+(?P<unit>day|week|month|year)s?\s+ago\b", re.IGNORECASE)  # fmt: skip
_PAST = re.compile(
    r"\b(?:originally|historically|history of|ancient|medieval|century|decades? ago|years ago|first ever|founded"
    r"|invented|born|died in|used to)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(1[0-9]\d\d|20\d\d)s?\b")
_COUNTS = {"a": 1, "two": 2, "couple of": 2, "three": 3, "few": 3, "four": 4, "five": 5, "six": 6, "seven": 7}  # fmt: skip
_DAYS = {"day": 1, "night": 1, "week": 7, "month": 31, "quarter": 92, "year": 366, "decade": 3653}
_RECENT = timedelta(days=400)  # a period that ended longer ago is in the past


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a question names, both inclusive, and which tense it asks in.

    `is_present`: it asks about now. `is_past`: it asks about a time that is long over, so that new
    articles have no advantage. Neither is set if its words do not tell.
    """

    first: date | None = None
    last: date | None = None
    is_present: bool = False
    is_past: bool = False

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def as_day(value: date | str | None) -> date | None:
    """Return a day that is given as a date or as YYYY-MM-DD. Raises QuestionError for another one."""
    if value is None or type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise QuestionError(f"{value!r} is not a day; write it as in 2025-06-12") from None


def period_of(question: str, today: date) -> Period:
    """Return the period that a question is about, as seen from `today`."""
    span = _relative(question, today) or _since(question, today) or _calendar(question, today)
    if span is None:
        is_present = _PRESENT.search(question) is not None
        return Period(
            is_present=is_present, is_past=not is_present and bool(_PAST.search(question))
        )
    first, last = span
    is_past = last is not None and last < today - _RECENT
    return Period(first, last, is_present=not is_past, is_past=is_past)


def _relative(question: str, today: date) -> tuple[date, date | None] | None:
    """Return the period of "yesterday", "this week", "last 3 months" or "two weeks ago"."""
    if match := _AGO.search(question):
        length = _DAYS[match["unit"].lower()]
        middle = today - timedelta(days=_count(match["count"]) * length)
        return middle - timedelta(days=length // 2), middle + timedelta(days=length // 2)
    if match := _RELATIVE.search(question):
        return _span(match["which"].lower(), match["count"], match["unit"].lower(), today)
    if match := _DAY_AGO.search(question):
        day = today - timedelta(days=match["day"].lower() == "yesterday")
        return day, day
    return None


def _span(  # noqa: PLR0911 - one line for each unit
    which: str, count: str | None, unit: str, today: date
) -> tuple[date, date] | None:
    is_current = which == "this"
    if unit in ("night", "morning", "evening", "afternoon", "day"):
        days = _count(count) if count else int(not is_current)
        return today - timedelta(days=days), today
    if unit == "century":
        return None
    if count or which == "past":
        return today - timedelta(days=_count(count or "a") * _DAYS[unit.replace("end", "")]), today
    if unit in ("week", "weekend"):
        monday = today - timedelta(days=today.weekday())
        # On a Monday, "this week" includes what has just happened.
        first = monday - timedelta(days=3 if is_current else 7)
        return first, today if is_current else monday + timedelta(days=1)
    if unit == "month":
        first = today.replace(day=1)
        before = (first - timedelta(days=1)).replace(day=1)
        return (first, today) if is_current else (before, first - timedelta(days=1))
    if unit == "year":
        year = today.year - (not is_current)
        return date(year, 1, 1), date(year, 12, 31)
    return today - timedelta(days=_DAYS[unit] * (1 if is_current else 2)), today


def _since(question: str, today: date) -> tuple[date, None] | None:
    """Return the period of "since Monday" or "since March"."""
    days, names = any_of(weekdays()), any_of(months())
    match = re.search(
        rf"\bsince\s+(?:last\s+)?(?:({days})|({names})\b\.?)", question, re.IGNORECASE
    )
    if match is None:
        return None
    if match[1]:
        return _weekday(match[1], today), None
    return _month(match[2], None, today)[0], None


def _calendar(question: str, today: date) -> tuple[date, date] | None:
    """Return the period of "on Monday", "on 3 June", "in September 2024" or "in 1912"."""
    days, names = any_of(weekdays()), any_of(months())
    if match := re.search(rf"\b(?:on|last)\s+({days})\b", question, re.IGNORECASE):
        day = _weekday(match[1], today)
        return day, day + timedelta(days=1)
    # Without a preposition before them, "may" and "march" are verbs.
    match = re.search(
        rf"\b(?:in|of|during|on|by|for|early|late|mid)[\s-](?:the\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?)?({names})\b\.?"
        r"(?:\s+\d{1,2}(?:st|nd|rd|th)?,?(?!\d))?(?:,?\s+(\d{4}))?",
        question,
        re.IGNORECASE,
    )
    if match:
        return _month(match[1], int(match[2]) if match[2] else None, today)
    if match := _YEAR.search(question):
        year = int(match[1])
        return (date(year, 1, 1), date(year, 12, 31)) if year <= today.year else None
    return None


def _weekday(name: str, today: date) -> date:
    """Return the latest such day of the week that is not after today."""
    number = [day.lower() for day in calendar.day_name].index(name.lower())
    return today - timedelta(days=(today.weekday() - number) % 7)


def _month(name: str, year: int | None, today: date) -> tuple[date, date]:
    """Return the first and last day of a month; without a year, of the latest one that has begun."""
    full = months()[name.lower()]
    number = [month.lower() for month in calendar.month_name].index(full)
    if year is None:
        year = today.year - (number > today.month)
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


def _count(written: str) -> int:
    return int(written) if written.isdigit() else _COUNTS[written.lower()]

"""What a request for articles is limited to: "about tariffs from USA Today since May"."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from rag.text.english import COMMON_OPENERS, PREPOSITIONS, any_of, months, weekdays
from rag.text.words import words
from rag.types import Scope

_OPENING = re.compile(
    r"(?:^| )(?:(?:that|which) )?(?:are )?"
    r"(about|on|mention(?:ing)?|from|by|since|after|before|until|in) ",
    re.IGNORECASE,
)
_TOPICS = frozenset("about on mention mentioning from by".split())  # openings of a topic
_LIBRARY = frozenset("library corpus collection database total all general".split())
_SUFFIX = re.compile(r"\.(?:com|org|net|co\.uk|gov|edu|[a-z]{2})$")
_ARTICLE = re.compile(r"^(?:the|a|an) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filters:
    """The topic in the visitor's words, and the scope."""

    topic: str
    scope: Scope


def filters(
    about: str, scope: Scope, sources: Sequence[str], *, today: date | None = None
) -> Filters | None:
    """Return what the words after "articles" say, within a scope.

    None if they say something that is no topic, source or time.
    """
    topic: list[str] = []
    for opening, value in _parts(about):
        if days := _days(value, today or date.today()):
            scope = _narrowed(scope, opening, days)
        elif matching := [name for name in sources if _spelt(name) == _spelt(value)]:
            scope = replace(scope, sources=tuple(matching))
        elif topic:
            topic += [opening, value]  # "about the war in Ukraine"
        elif opening in _TOPICS:
            topic.append(value)
        elif _LIBRARY.isdisjoint(words(value)):
            return None
    return Filters(" ".join(topic), scope)


def topic_words(topic: str) -> list[str]:
    """Return the words of a topic that articles about it contain."""
    terms = words(topic)
    content = [term for term in terms if term not in COMMON_OPENERS | PREPOSITIONS]
    return content or terms


def bare(topic: str) -> str:
    """Return a topic without an article before it."""
    return _ARTICLE.sub("", topic).strip(" “”\"'?.!")


def _parts(tail: str) -> Iterator[tuple[str, str]]:
    """Yield each preposition with the words after it."""
    openings = list(_OPENING.finditer(tail))
    ends = [*(opening.start() for opening in openings), len(tail)][1:]
    for opening, end in zip(openings, ends, strict=True):
        yield opening[1].lower(), tail[opening.end() : end].strip()


def _days(value: str, today: date) -> tuple[date, date] | None:
    """Return the first and the last day of a time; None if the words are none."""
    is_time = (
        rf"\d|\b{any_of({*months(), *weekdays(), 'today', 'yesterday'})}\b|\b(?:week|month|year)\b"
    )
    if not re.search(is_time, value, re.IGNORECASE):
        return None
    from dateparser.date import DateDataParser

    parser = DateDataParser(
        languages=["en"],
        settings={
            "PREFER_DATES_FROM": "past",
            "RELATIVE_BASE": datetime.combine(today, datetime.min.time()),
        },
    )
    parsed = parser.get_date_data(_ARTICLE.sub("", value))
    if parsed.date_obj is None:
        return None
    day = parsed.date_obj.date()
    if parsed.period == "year":
        return day.replace(month=1, day=1), day.replace(month=12, day=31)
    if parsed.period == "month":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.replace(day=1), day.replace(day=last)
    if parsed.period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    return day, day


def _narrowed(scope: Scope, opening: str, days: tuple[date, date]) -> Scope:
    """Return the part of a scope since, before or in a time."""
    first, last = days
    one = timedelta(days=1)
    after, before = {
        "since": (first, None),
        "from": (first, None),
        "after": (last + one, None),
        "before": (None, first - one),
        "until": (None, last),
        "by": (None, last),
    }.get(opening, (first, last))
    return replace(
        scope,
        after=max(filter(None, (scope.after, after)), default=None),
        before=min(filter(None, (scope.before, before)), default=None),
    )


def _spelt(source: str) -> str:
    """Return the name of a source by which its spellings are equal: "usatoday" for "USA Today"."""
    name = _ARTICLE.sub("", source.casefold().strip()).removeprefix("www.")
    return re.sub(r"[\W_]", "", _SUFFIX.sub("", name)).removeprefix("the")

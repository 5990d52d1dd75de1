"""Dates as people and programs write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from email.utils import parsedate

from ingest.metadata.values import Metadata, as_line

FIRST_NEWSPAPER = date(1605, 1, 1)  # the Relation of Strasbourg; no article is older
_LONGEST = 80  # characters; dateparser is very slow on long texts
_OF_FEEDS = re.compile(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}")
_NUMERIC = re.compile(r"(?<![\d./-])\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d(?![\d./-])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:1[6-9]|20)\d\d"
_DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
_WRITTEN = re.compile(
    rf"(?<![\w/-])(?:"
    rf"(?P<m1>{MONTH})[.\s]\s*(?P<d1>{_DAY})[,\s]\s*(?P<y1>{_YEAR})(?!\w)"
    rf"|(?P<d2>{_DAY})[\s.-]+(?:of\s+)?(?P<m2>{MONTH})[.,\s-]\s*(?P<y2>{_YEAR})(?!\w)"
    rf"|(?P<y3>{_YEAR})(?P<between>[-/.])(?P<m3>\d\d?)(?P=between)(?P<d3>\d\d?)(?![\w/-])"
    rf"|(?P<y4>{_YEAR})-(?P<m4>\d\d)-(?P<d4>\d\d)(?=T\d)"
    rf")",
    re.IGNORECASE,
)


def as_date(value: object) -> date | None:
    """Return the only date that a value can mean; None if there is none, or more than one."""
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    text = as_line(value)
    if not text or len(text) > _LONGEST or not re.search(r"\d{4}", text):
        return None
    if _OF_FEEDS.match(text) and (parts := parsedate(text)):  # RFC 822
        return day(*map(str, parts[:3]))
    written = {found for _, found in dates(text)}
    if written:
        return written.pop() if len(written) == 1 else None
    return _parsed(text)


def dates(text: str) -> Iterator[tuple[re.Match[str], date | None]]:
    """Yield each date in a text, with None for one that does not exist or is ambiguous."""
    matches = [*_WRITTEN.finditer(text), *_NUMERIC.finditer(text)]
    for match in sorted(matches, key=lambda match: match.start()):
        if match.re is _NUMERIC:
            yield match, _parsed(match[0])
        else:
            named = {name[0]: part for name, part in match.groupdict().items() if part}
            yield match, day(named["y"], named["m"], re.sub(r"\D", "", named["d"]))


def day(year: str, month: str, day: str) -> date | None:
    """Return a date, of a month in digits or in letters; None if it does not exist."""
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None


def believable(metadata: Metadata, latest: date | None) -> Metadata:
    """Return metadata without dates on which no article can have appeared; `latest` is the last."""

    def known(day: date | None) -> date | None:
        return day if day and FIRST_NEWSPAPER <= day <= (latest or date.max) else None

    return replace(metadata, published=known(metadata.published), updated=known(metadata.updated))


def _parsed(text: str) -> date | None:
    """Parse a date whose order of day and month may be unknown; None if it is ambiguous."""
    import dateparser

    readings = {
        parsed.date() if parsed else None
        for order in ("DMY", "MDY")
        for parsed in [
            dateparser.parse(
                text,
                languages=["en"],
                settings={
                    "STRICT_PARSING": True,
                    "DATE_ORDER": order,
                    "PARSERS": ["absolute-time"],
                    "RETURN_AS_TIMEZONE_AWARE": False,
                },
            )
        ]
    }
    return readings.pop() if len(readings) == 1 else None

"""Lines that say who wrote an article, when it appeared and where, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from ingest.metadata.dates import dates
from ingest.metadata.fields import USUAL, folded, from_mapping
from ingest.metadata.outlets import outlet
from ingest.metadata.values import Metadata

_LONGEST = 200  # characters
_ZONES = (
    "ACDT|ACST|AEDT|AEST|AWST|BST|CDT|CES?T|CT|EDT|EES?T|EST|ET|GMT|HKT|HST|IST|JST|KST|MDT|MSK|MST"
    "|MT|NZDT|NZST|PDT|PHT|PKT|PST|PT|SGT|UTC|WIB|Eastern|Central|Pacific|local time"
)
_TIME = re.compile(
    rf"(?<!\d)\d{{1,2}}(?:(?:[:.h]\d\d){{1,2}}(?:\.\d+)?\s*(?:[ap]\.?\s?m\b\.?)?|\s*[ap]\.?\s?m\b\.?)\s*"
    rf"(?:Z\b|[+-]\d\d:?\d\d|\(?\b(?:{_ZONES})\b\)?(?:\s?[+-]\d\d?)?)?(?!\d)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d[:.h]\d\d|\d\s*[ap]\.?m|T\d\d", re.IGNORECASE)
_WEEKDAY = re.compile(
    r"\b(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:r|rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?", re.IGNORECASE
)
_UPDATED = r"updated?|modified|modification|edited|revised|corrected|amended"
_LABEL = re.compile(
    rf"\b(?:(?P<updated>{_UPDATED})|published|posted|publication|first|originally|last|filed|issued"
    r"|released|created|date|dated|on|at|time)\b",
    re.IGNORECASE,
)
_STATED = re.compile(rf"\b(?:{_UPDATED}|published|posted|publication)\b", re.IGNORECASE)
_BY = re.compile(
    r"(?:(?:written|reported|reporting|story|words|report|analysis|opinion|commentary|review)\s+)?"
    r"(?:by\b|from\b|author:|authors:)[:\s]\s*",
    re.IGNORECASE,
)
_ELSE = re.compile(
    r"(?:photo|image|picture|video|graphic|illustration|contribut|birth|born|died|release date)",
    re.IGNORECASE,
)
_PLACED = re.compile(r"(?<=\w) \([A-Z][\w., ]{1,24}\)(?= [A-Z])")  # York (Pa.) Daily Record
_SPECIAL = re.compile(r",?\s*\bspecial (?:to|for)\b(?-i: the\b)?", re.IGNORECASE)
_ROLE = re.compile(
    r"(?:an? |the |our |senior |chief |guest |staff |special |contributing |deputy |associate )*"
    r"(?:\w+ ){0,2}(?:writers?|reporters?|correspondents?|editors?|columnists?|contributors?"
    r"|journalists?|producers?|analysts?|staff|fellow|(?:staff|wire) reports?)(?: (?:in|for|at|of) [\w .]+)?",
    re.IGNORECASE,
)
# What sites write beside a byline: how long an article is, how old, and what can be done with it.
_IDLE = re.compile(
    r"(?:\d+|one|two|three|five)[ -]?(?:min(?:ute)?s?|m|h|hours?|d|days?|weeks?)(?: (?:read|ago))?"
    r"|share|(?:\d+ )?comments?|save|listen|e-?mail|print|opinion|exclusive|(?:in )?[\w. ]+ bureau"
    r"|in [A-Z]\w+",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"\s*(?:[|•·,;/()\[\]]|\s[-–—−]+(?=\s|$)|^[-–—−]+\s|:(?=\s|$)|\s{3,}|\t)\s*"
)
_BETWEEN = re.compile(r"\s+(?:and|&)\s+")
_EMPLOYED = re.compile(r"\s+(?:of|for|at|from|in)\s+(?=the\s|The\s|[A-Z])")
_NAME = re.compile(
    r"[A-ZÀ-ÞŠŽ][^\W\d_]*[.’'-]?(?:[^\W\d_][.’'-]?)*(?:\s(?:[A-ZÀ-ÞŠŽ](?:[^\W\d_]|[.’'-])*|al|bin|da|de|del|den|der|di|dos|el|la|le|van"
    r"|von)){0,4}"
)
_EDGES = " .:-–—−"
_VIA = re.compile(r"\b(?:source|via|credit|text)\s*:", re.IGNORECASE)
_UNMISTAKABLE = frozenset((*USUAL["title"], *USUAL["url"], *USUAL["source"]))
_FIELD = re.compile(r"(?P<name>[A-Za-z][A-Za-z _-]{2,19}?)\s*:\s+(?P<value>\S.*)")


def byline(line: str) -> Metadata | None:
    """Return what a line says about its article; None for a line that is part of its text.

    "By Jane Doe | Reuters", "Jan. 6, 2025 / 4:10 PM EST / CBS News", "Source: TDI",
    "Published 12 June 2025, updated 13 June 2025".
    """
    text = " ".join(line.split()).strip(" *_#>") if len(line) <= _LONGEST else ""
    if not text or _ELSE.match(text):
        return None
    if (match := _FIELD.fullmatch(text)) and folded(match["name"]) in _UNMISTAKABLE:
        return _field(match)
    return _bare(_plain(text)) or (_field(match) if match else None)


def is_name(line: str) -> bool:
    """Return whether a line looks like the name of a person: two to four capitalized words."""
    return 2 <= len(line.split()) <= 4 and _NAME.fullmatch(line) is not None


def says_when(line: str) -> bool:
    """Return whether a line names the moment of publication: by a word for it, or a time of day."""
    return bool(_STATED.search(line) or _CLOCK.search(line))


def _plain(text: str) -> str:
    """Return a line with "by" for the other ways of saying so, and without asides in names."""
    text = _SPECIAL.sub(" |", _PLACED.sub("", text))
    return _VIA.sub("|", re.sub(r"\bby\s*:\s*", "by ", text, flags=re.IGNORECASE))


def _bare(text: str) -> Metadata | None:
    """Read a line in which there is nothing but dates, people, outlets and the words for them."""
    published, updated, rest = _days(text)
    people: list[str] = []
    source: str | None = None
    by = has_role = False
    for piece in (piece for part in _SEPARATOR.split(rest or text) for piece in _pieces(part)):
        match = _BY.match(piece)
        words = piece[match.end() :] if match else piece
        by = by or match is not None
        if named := outlet(words) or (words if words.startswith("The ") and by else None):
            source = source or named
        elif _ROLE.fullmatch(words):
            has_role = True
        elif _IDLE.fullmatch(words):
            continue
        elif not _is_person(words):
            return None
        elif match or not (people and source):  # after both it is a place: "..., CNN, Atlanta"
            people.append(words)
    is_dated = rest is not None
    if not is_dated and not (source or (people and (by or has_role))):
        return None
    # Beside a date alone, a name may be a place or an outlet, too.
    author = ", ".join(dict.fromkeys(people)) if by or source or has_role else ""
    return Metadata(published=published, updated=updated, source=source, author=author or None)


def _pieces(part: str) -> Iterator[str]:
    """Yield the names in a part of a line: "By Jane Doe and Ann Poe of Reuters" has three."""
    part = part.strip(_EDGES) if len(part) > 3 else part.strip(" -–—")
    match = _BY.match(part)
    if not part or _ROLE.fullmatch(part) or outlet(part[match.end() :] if match else part):
        yield from [part] if part else []
        return
    start = match.end() if match else 0
    for number, name in enumerate(_BETWEEN.split(part[start:])):
        first, *employers = _EMPLOYED.split(name, maxsplit=1)
        yield part[:start] + first if not number else first
        yield from employers


def _is_person(words: str) -> bool:
    return len(words) <= 40 and _NAME.fullmatch(words) is not None


def _days(text: str) -> tuple[date | None, date | None, str | None]:
    """Return the day of publication, that of an update, and the text without what dates it.

    The text is None if there is no date in it.
    """
    published: list[date | None] = []
    updated: list[date | None] = []
    rest: list[str] = []
    end = 0
    for match, day in dates(text):
        before = text[end : match.start()]
        labels = list(_LABEL.finditer(before))
        is_update = any(label["updated"] for label in labels)
        (updated if is_update else published).append(day)
        rest.append(before)
        end = match.end()
    if not rest:
        return None, None, None
    remaining = " | ".join([*rest, text[end:]])
    for pattern in (_TIME, _WEEKDAY, _LABEL):
        remaining = pattern.sub(" | ", remaining)
    return _only(published), _only(updated), remaining


def _only(days: list[date | None]) -> date | None:
    distinct = set(days)
    return distinct.pop() if len(distinct) == 1 else None


def _field(match: re.Match[str]) -> Metadata | None:
    """Read a line such as "Source: TDI" or "Title: ..."."""
    found = from_mapping({match["name"]: match["value"]})
    return found if found != Metadata() else None

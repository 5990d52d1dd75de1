"""Dates in addresses and in the names of files and folders."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import unquote, urlsplit

from ingest.metadata.dates import MONTH, day

_YEAR, _MONTH, _DAY = r"(?P<year>(?:19|20)\d\d)", r"(?P<month>\d\d?|[a-z]{3,9})", r"(?P<day>\d\d?)"
_FOLDERS = re.compile(rf"/{_YEAR}/{_MONTH}/{_DAY}(?=/|$)", re.IGNORECASE)
# A number of eight digits inside a name may be anything: bbc.co.uk/news/world-asia-20250612.
_STARTS = re.compile(
    r"(?:(?P<year>(?:19|20)\d\d)(?P<between>[-_. ])(?P<month>\d\d?)(?P=between)(?P<day>\d\d?)"
    r"|(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d))(?!\d)"
)
_ENDS = re.compile(
    r"(?:[-_ ](?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)"
    r"|_(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d))(?=$|_)"
)
_SUFFIX = re.compile(r"\.[a-z]{1,8}$", re.IGNORECASE)


def date_in_url(url: str | None) -> date | None:
    """Return the day in the path of an address: /2025/06/12/, /2025/jun/12/ or /2025-06-12-slug."""
    try:
        path = unquote(urlsplit(url or "").path)
    except ValueError:
        return None
    found = {_of(match) for match in _FOLDERS.finditer(path)}
    found |= {_in_name(name) for name in path.split("/")}
    return _only(found)


def date_in_path(path: str) -> date | None:
    """Return the day in a file's name, at its start or its end, or in the folders that hold it.

    Folders count only directly above the file, as in 2025/06/12/slug.txt or 2025-06-12/slug.txt. A
    month alone is not a day.
    """
    *folders, name = ["", *path.strip("/").split("/")]
    if _SUFFIX.sub("", name).lower() in ("index", "readme") and folders:
        name = folders.pop()
    above = "/".join(folders)
    nested = [match for match in _FOLDERS.finditer(above) if match.end() == len(above)]
    return _in_name(name) or _only({_in_name(folders[-1]), *map(_of, nested)})


def _in_name(name: str) -> date | None:
    stem = _SUFFIX.sub("", name)
    matches = (_STARTS.match(stem), _ENDS.search(stem))
    return _only({_of(match) for match in matches if match})


def _of(match: re.Match[str]) -> date | None:
    named = {name[0]: part for name, part in match.groupdict().items() if part}
    if not named["m"].isdigit() and not re.fullmatch(MONTH, named["m"], re.IGNORECASE):
        return None
    return day(named["y"], named["m"], named["d"])


def _only(days: set[date | None]) -> date | None:
    distinct = days - {None}
    return distinct.pop() if len(distinct) == 1 else None

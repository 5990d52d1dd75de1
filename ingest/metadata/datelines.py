"""Datelines: "Tokyo, 4 October 2022 (TDI): ..." """

from __future__ import annotations

import re

from ingest.metadata.dates import as_date
from ingest.metadata.outlets import outlet
from ingest.metadata.values import Metadata

_DATELINE = re.compile(
    r"(?P<head>[^\n:–—]{3,80}?)\s*(?:\((?P<source>[^()\n]{2,40})\)|/(?P<slashed>[A-Z][A-Za-z -]{1,20})/\.?)?"
    r"\s*(?:(?::|–|—|−|--|(?<=\s)-|(?<=/\.)|(?<=/))\s+|--)(?=\S)"
)
# "CNN —" and "New York CNN Business —", also on a line of their own.
_DASHED = re.compile(r"(?P<head>[^\n:–—(]{2,60}?)\s*(?:–|—|−|--|(?<=\s)-)(?:\s+|$)")
_BRACKETED = re.compile(r"\((?P<source>[A-Z][^()\n]{1,20})\)\s*(?:[-–—−]+\s*)?(?=[\w“\"'‘])")
# Without a date, only the name of an agency makes a beginning a dateline.
_AGENCY = re.compile(r"[A-Z]{2,6}|(?:[A-Z]\w+ ){1,3}(?:News|Agency|Press|Service)")
_NO_PLACE = re.compile(
    r"correction|clarification|update|editor|note|published|posted|last|first|date|day|by|from|on|in"
    r"|since|until|after|before",
    re.IGNORECASE,
)
_PARTICLES = frozenset(("al", "am", "an", "and", "da", "de", "del", "den", "der", "di", "do", "la", "le", "of", "upon"))  # fmt: skip


def dateline(text: str) -> Metadata | None:
    """Return place, date and agency from a beginning such as "Tokyo, 4 October 2022 (TDI): ..."."""
    return _dated(text) or _unplaced(text)


def after_dateline(text: str) -> int:
    """Return the offset at which the text after a dateline begins; 0 if there is none."""
    for pattern, read in ((_DATELINE, _dated), (_DASHED, _unplaced), (_BRACKETED, _unplaced)):
        match = pattern.match(text)
        if match and read(text):
            return match.end()
    return 0


def is_place(parts: list[str]) -> bool:
    """Return whether words look like a place, such as "Rio de Janeiro": few, and capitalized."""
    words = " ".join(parts).split()
    if not words or _NO_PLACE.fullmatch(words[0].rstrip("d:s")):
        return False
    return len(words) <= 6 and all(w[0].isupper() or w in _PARTICLES for w in words)


def _dated(text: str) -> Metadata | None:
    match = _DATELINE.match(text)
    if match is None:
        return None
    source = match["source"] or match["slashed"]
    parts = [part.strip(" .") for part in match["head"].split(",")]
    for first in range(1, len(parts)):
        published = as_date(", ".join(parts[first:]))
        if published and is_place(parts[:first]):
            return Metadata(place=", ".join(parts[:first]), published=published, source=source)
    if source and (_AGENCY.fullmatch(source) or outlet(source)) and is_place(parts[:1]):
        dated = re.search(r"\d", match["head"]) is not None
        return Metadata(place=parts[0] if dated else ", ".join(parts), source=source)
    return None


def _unplaced(text: str) -> Metadata | None:
    """Read "CNN — ...", "New York CNN Business — ..." and "(CNN) ..."."""
    if match := _BRACKETED.match(text):
        source = outlet(match["source"])
        return Metadata(source=source) if source else None
    match = _DASHED.match(text)
    words = match["head"].split() if match else []
    for first in range(len(words)):
        source = outlet(" ".join(words[first:]))
        if source and (not first or is_place(words[:first])):
            return Metadata(place=" ".join(words[:first]).strip(",") or None, source=source)
    return None

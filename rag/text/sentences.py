"""The sentences of a paragraph, at exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.text.english import COMMON_OPENERS
from rag.text.numbers import names_time
from rag.types import Span

# A full stop may be followed by closing quotes and by the marks of notes, as in "so it was.[5][6]".
SENTENCE_END = re.compile(r"[.!?…。！？:;।۔؟](?:[\"'”’»)\]]|\[[^\]\n]{1,20}\])*$")

_CHUNK = 10_000  # characters; sentencex takes quadratic time over quotes that are never closed
_ENDS_IN_INITIAL = re.compile(r"(?:^|[\W_])[A-Z]\.\s*$")
_STARTS_WITH_INITIAL = re.compile(r"[A-Z]\.?(?:[\s,;]|$)")
_ORDINAL = re.compile(r"\d{1,3}[.)]")
# Times of day: "11 a.m. ET on Thursday", "4 p.m. Monday local time".
_ENDS_IN_TIME = re.compile(r"\b[ap]\.\s?m\.$", re.IGNORECASE)
_ZONE = re.compile(r"(?:[A-Z]{1,3}T|UTC|CEST|AEST|Eastern|Central|Pacific|Mountain)\b|\d|[a-z(]")
_PLACE = re.compile(r"(?:^|\s)(?:Ft|Mt|St|Pt)\.$")
# What remains of a quotation: its closing mark, or who asked: “Is it over?” Smith asked.
_ENDS_IN_QUESTION = re.compile(r"[?!][\"”’»]+$")
_ATTRIBUTION = re.compile(
    r"(?:[\w.’'-]+ ){1,5}(?:said|says|asked|asks|wrote|added|told|replied|shouted|joked)\b"
)
_WORD = re.compile(r"[^\W\d_]+")


def sentences(text: str, paragraph: Span, language: str | None = None) -> Iterator[Span]:
    """Return the sentences of a paragraph of the text, without surrounding white space.

    The spans are in order, do not overlap, and leave out nothing but white space.
    """
    pending: Span | None = None
    for span in _boundaries(text, paragraph, language or "en"):
        if pending is None:
            pending = span
        elif _is_continued(text[pending.start : pending.end], text[span.start : span.end]):
            pending = Span(pending.start, span.end)
        else:
            yield pending
            pending = span
    if pending is not None:
        yield pending


def nonempty(text: str, start: int, end: int) -> Iterator[Span]:
    """Return the range without surrounding white space, or nothing if it has only that."""
    span = stripped(text, start, end)
    if span.start < span.end:
        yield span


def stripped(text: str, start: int, end: int) -> Span:
    """Return the range without surrounding white space."""
    content = text[start:end]
    lead = len(content) - len(content.lstrip())
    return Span(start + lead, start + lead + len(content.strip()))


def _boundaries(text: str, paragraph: Span, language: str) -> Iterator[Span]:
    """Return the sentences as sentencex finds them, in chunks that it processes fast."""
    from sentencex import get_sentence_boundaries

    start = paragraph.start
    while start < paragraph.end:
        end = min(start + _CHUNK, paragraph.end)
        if end < paragraph.end:
            end = max(text.rfind(" ", start, end), text.rfind("\n", start, end)) + 1 or end
        for boundary in get_sentence_boundaries(language, text[start:end]):
            yield from nonempty(
                text, start + boundary["start_index"], start + boundary["end_index"]
            )
        start = end


def _is_continued(sentence: str, following: str) -> bool:
    """Return whether what follows belongs to the sentence, which was cut too early."""
    if not any(map(str.isalnum, following)):
        return True
    if _ENDS_IN_INITIAL.search(sentence) and _STARTS_WITH_INITIAL.match(following):
        return True  # as in "Japan-U. S alliance"
    first = _WORD.match(following)
    if _ENDS_IN_TIME.search(sentence):
        return bool(_ZONE.match(following)) or (first is not None and names_time(first.group()))
    if _PLACE.search(sentence):
        return first is not None and first.group().lower() not in COMMON_OPENERS
    if _ENDS_IN_QUESTION.search(sentence):
        return _ATTRIBUTION.match(following) is not None
    return _ORDINAL.fullmatch(sentence) is not None

"""A paragraph as sentences, at exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.types import Span

# A full stop may be followed by closing quotes and by the marks of notes, as in "so it was.[5][6]".
SENTENCE_END = re.compile(r"[.!?…。！？:;।۔؟](?:[\"'”’»)\]]|\[[^\]\n]{1,20}\])*$")

_AT_ONCE = 10_000  # characters; sentencex takes quadratic time over quotes that nothing closes
_ENDS_IN_INITIAL = re.compile(r"(?:^|[\W_])[A-Z]\.\s*$")
_ORDINAL = re.compile(r"\d{1,3}[.)]")
_STARTS_WITH_INITIAL = re.compile(r"[A-Z]\.?(?:\s|$)")


def sentences(text: str, paragraph: Span, language: str | None = None) -> Iterator[Span]:
    """Ranges of the sentences of a paragraph, without the white space around them."""
    pending: Span | None = None
    for span in _boundaries(text, paragraph, language or "en"):
        if pending is None:
            pending = span
        elif _goes_on(text[pending.start : pending.end], text[span.start : span.end]):
            pending = Span(pending.start, span.end)
        else:
            yield pending
            pending = span
    if pending is not None:
        yield pending


def _boundaries(text: str, paragraph: Span, language: str) -> Iterator[Span]:
    """What the library takes for sentences; it is asked for no more at once than it can do fast."""
    from sentencex import get_sentence_boundaries

    start = paragraph.start
    while start < paragraph.end:
        end = min(start + _AT_ONCE, paragraph.end)
        if end < paragraph.end:
            end = max(text.rfind(" ", start, end), text.rfind("\n", start, end)) + 1 or end
        for found in get_sentence_boundaries(language, text[start:end]):
            yield from nonempty(text, start + found["start_index"], start + found["end_index"])
        start = end


def _goes_on(before: str, after: str) -> bool:
    """Initials torn apart, as in "the Japan-U. S alliance", and "1." alone end no sentence."""
    is_initial = _ENDS_IN_INITIAL.search(before) and _STARTS_WITH_INITIAL.match(after)
    return bool(is_initial or _ORDINAL.fullmatch(before))


def nonempty(text: str, start: int, end: int) -> Iterator[Span]:
    span = stripped(text, start, end)
    if span.start < span.end:
        yield span


def stripped(text: str, start: int, end: int) -> Span:
    words = text[start:end]
    lead = len(words) - len(words.lstrip())
    return Span(start + lead, start + lead + len(words.strip()))

"""The sentences of a paragraph, at exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.types import Span

# A full stop may be followed by closing quotes and by the marks of notes, as in "so it was.[5][6]".
SENTENCE_END = re.compile(r"[.!?…。！？:;।۔؟](?:[\"'”’»)\]]|\[[^\]\n]{1,20}\])*$")

_CHUNK = 10_000  # characters; sentencex takes quadratic time over quotes that are never closed
_ENDS_IN_INITIAL = re.compile(r"(?:^|[\W_])[A-Z]\.\s*$")
_STARTS_WITH_INITIAL = re.compile(r"[A-Z]\.?(?:\s|$)")
_ORDINAL = re.compile(r"\d{1,3}[.)]")


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
    """Return whether a sentence was cut at an initial, as in "Japan-U. S alliance", or after "1."."""
    is_initial = _ENDS_IN_INITIAL.search(sentence) and _STARTS_WITH_INITIAL.match(following)
    return bool(is_initial or _ORDINAL.fullmatch(sentence))

"""A text as paragraphs and sentences, at exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.types import Span

# Text that was wrapped by hand has no line longer than this, so there a line break is only a space.
WRAPPED = 100
LIST_ITEM = re.compile(r"\s*(?:[-*+•‣▪–]|\d{1,3}[.)])\s(?!(?:\s*[-*_]){2,}\s*(?:\n|$))")
# A full stop may be followed by closing quotes and by the marks of notes, as in "so it was.[5][6]".
SENTENCE_END = re.compile(r"[.!?…。！？:;।۔؟](?:[\"'”’»)\]]|\[[^\]\n]{1,20}\])*$")

_AT_ONCE = 10_000  # characters; sentencex takes quadratic time over quotes that nothing closes
_LONGEST_HEADLINE = 120
_SHORT = 0.6  # of the longest line under it: a line so short was not wrapped, but ends there
_BLANK_LINES = re.compile(r"\n\s*\n")
_LINE_BREAK = re.compile(r"\n")
_BEFORE_LIST_ITEM = re.compile(rf"\n(?={LIST_ITEM.pattern})")
_ENDS_IN_INITIAL = re.compile(r"(?:^|[\W_])[A-Z]\.\s*$")
_ORDINAL = re.compile(r"\d{1,3}[.)]")
_STARTS_WITH_INITIAL = re.compile(r"[A-Z]\.?(?:\s|$)")


def headline(text: str) -> Span | None:
    """The first line, where it stands above a story without being its first sentence."""
    block = next(_between(_BLANK_LINES, text, Span(0, len(text))), None)
    if block is None:
        return None
    first, *others = text[block.start : block.end].splitlines()
    alone = not others and block.end < len(text.rstrip())
    short = bool(others) and len(first) < _SHORT * max(map(len, others))
    if len(first) > _LONGEST_HEADLINE or SENTENCE_END.search(first.rstrip()):
        return None
    return _strip(text, block.start, block.start + len(first)) if alone or short else None


def paragraphs(text: str) -> Iterator[Span]:
    """Ranges between blank lines; also single lines where the text was never wrapped by hand."""
    head = headline(text)
    if head:
        yield head
    for block in _between(_BLANK_LINES, text, Span(head.end if head else 0, len(text))):
        lines = text[block.start : block.end].splitlines()
        wrapped = max(map(len, lines), default=0) <= WRAPPED
        yield from _between(_BEFORE_LIST_ITEM if wrapped else _LINE_BREAK, text, block)


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
            yield from _nonempty(text, start + found["start_index"], start + found["end_index"])
        start = end


def _goes_on(before: str, after: str) -> bool:
    """Initials torn apart, as in "the Japan-U. S alliance", and "1." alone end no sentence."""
    is_initial = _ENDS_IN_INITIAL.search(before) and _STARTS_WITH_INITIAL.match(after)
    return bool(is_initial or _ORDINAL.fullmatch(before))


def _between(separator: re.Pattern[str], text: str, within: Span) -> Iterator[Span]:
    start = within.start
    for match in separator.finditer(text, within.start, within.end):
        yield from _nonempty(text, start, match.start())
        start = match.end()
    yield from _nonempty(text, start, within.end)


def _nonempty(text: str, start: int, end: int) -> Iterator[Span]:
    span = _strip(text, start, end)
    if span.start < span.end:
        yield span


def _strip(text: str, start: int, end: int) -> Span:
    words = text[start:end]
    lead = len(words) - len(words.lstrip())
    return Span(start + lead, start + lead + len(words.strip()))

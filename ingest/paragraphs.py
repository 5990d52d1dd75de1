"""A text as paragraphs, at exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.text.sentences import SENTENCE_END, nonempty, stripped
from rag.types import Span

# Hard-wrapped text has no longer line than this; its line breaks are only spaces.
WRAPPED = 100
LIST_ITEM = re.compile(r"\s*(?:[-*+•‣▪–]|\d{1,3}[.)])\s(?!(?:\s*[-*_]){2,}\s*(?:\n|$))")

_LONGEST_HEADLINE = 120
_SHORT = 0.6  # of the longest line below it: such a short line was not wrapped
_BLANK_LINES = re.compile(r"\n\s*\n")
_LINE_BREAK = re.compile(r"\n")
_BEFORE_LIST_ITEM = re.compile(rf"\n(?={LIST_ITEM.pattern})")


def headline(text: str) -> Span | None:
    """Return the first line, if it is a headline and not the first sentence."""
    block = next(_between(_BLANK_LINES, text, Span(0, len(text))), None)
    if block is None:
        return None
    first, *others = text[block.start : block.end].splitlines()
    alone = not others and block.end < len(text.rstrip())
    short = bool(others) and len(first) < _SHORT * max(map(len, others))
    if len(first) > _LONGEST_HEADLINE or SENTENCE_END.search(first.rstrip()):
        return None
    return stripped(text, block.start, block.start + len(first)) if alone or short else None


def paragraphs(text: str) -> Iterator[Span]:
    """Yield the ranges between blank lines, and single lines if the text is not hard-wrapped."""
    head = headline(text)
    if head:
        yield head
    for block in _between(_BLANK_LINES, text, Span(head.end if head else 0, len(text))):
        lines = text[block.start : block.end].splitlines()
        wrapped = max(map(len, lines), default=0) <= WRAPPED
        yield from _between(_BEFORE_LIST_ITEM if wrapped else _LINE_BREAK, text, block)


def _between(separator: re.Pattern[str], text: str, within: Span) -> Iterator[Span]:
    start = within.start
    for match in separator.finditer(text, within.start, within.end):
        yield from nonempty(text, start, match.start())
        start = match.end()
    yield from nonempty(text, start, within.end)

"""An article's text as paragraphs in which quotations are marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.types import Span

Kind = Literal["", "cited", "other"]
"""Plain text, the words of the chosen citation, or other words that the same answer cites."""

_BLANK_LINES = re.compile(r"\n\s*\n")
_HEADING = re.compile(r"(?![-*•] )[^\n]{0,79}[\w)]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A range of characters to mark."""

    span: Span
    kind: Kind = "cited"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters that are all marked in the same way."""

    text: str
    mark: Kind = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, cut into pieces. A short line without punctuation is taken for a heading."""

    is_heading: bool
    pieces: tuple[Piece, ...]


def paragraphs(text: str, title: str, marks: Sequence[Mark]) -> list[Paragraph]:
    """Return a text as paragraphs; `marks` must be in reading order and may span paragraphs.

    A first paragraph that only repeats the title is left out unless it is marked.
    """
    result: list[Paragraph] = []
    for block in _blocks(text):
        content = text[block.start : block.end].strip()
        is_marked = any(overlaps(mark.span, block) for mark in marks)
        is_title = content == title and not result and not is_marked
        if content and not is_title:
            is_heading = _HEADING.fullmatch(content) is not None
            result.append(Paragraph(is_heading, tuple(_pieces(text, block, marks))))
    return result


def overlaps(first: Span, second: Span) -> bool:
    """Return whether two ranges have a character in common."""
    return first.start < second.end and second.start < first.end


def _blocks(text: str) -> Iterable[Span]:
    start = 0
    for blank in _BLANK_LINES.finditer(text):
        yield Span(start, blank.start())
        start = blank.end()
    yield Span(start, len(text))


def _pieces(text: str, block: Span, marks: Sequence[Mark]) -> Iterator[Piece]:
    position = block.start
    for mark in marks:
        start, end = max(mark.span.start, position), min(mark.span.end, block.end)
        if start < end:
            yield Piece(text[position:start])
            yield Piece(text[start:end], mark.kind)
            position = end
    yield Piece(text[position : block.end])

"""Lines on pages -> text in paragraphs, with the offset at which each page begins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, takewhile
from statistics import median_high

from ingest.paragraphs import WRAPPED

_FULL_STOP = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_LIST_ITEM = re.compile(r"(?:[-*+•‣▪–◦·]|\d{1,3}[.)])\s")
_WORD = re.compile(r"\w+(?:-\w+)*")
_FIRST_HALF = re.compile(r"(\w+)-$")
_SECOND_HALF = re.compile(r"[^\W\d_A-Z]\w*")
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")  # Chinese and Japanese
_SOFT_HYPHEN = "\u00ad"
_NUMBER = re.compile(r"\d{1,5}")
_USUAL_STEP = 1.2  # between two baselines, in sizes of the letters
_WIDER = 1.15  # than usual is the step to a new paragraph
_OTHER_SIZE = 1.1
_LONG = 40  # characters of a line that is one of several of its paragraph
_EDGE = 2  # lines at the head and at the foot of a page
_REPEATED = 3  # pages with a line that counts them; one that is the same must be on a third of all


@dataclass(frozen=True, slots=True)
class Line:
    """A line on a page: the position of its first letter, in points, and its font size.

    The size is 0 where only the order of the lines is known.
    """

    text: str
    x: float = 0
    y: float = 0
    size: float = 0


def flow(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    """Return the text of the pages, and the offset at which each begins.

    Running heads and feet are left out. A word that was divided at the end of a line is made whole
    where other lines show how it is written.
    """
    told = _without_running_lines(pages)
    pages = told if any(told) else pages
    step = _usual_step(pages)
    lines = [line.text for page in pages for line in page]
    known = Counter(word for line in lines for word in _WORD.findall(line.lower()))
    space = "\n" if max(map(len, lines), default=0) <= WRAPPED else " "
    text = ""
    written: list[str] = []
    length = 0
    offsets = []
    before: Line | None = None
    for page in pages:
        offsets.append(length + (len(before.text) if before else 0))  # if it is empty
        for number, line in enumerate(page):
            if before:
                apart = _begins_paragraph(
                    before, line, page[number + 1 : number + 2], step, not number
                )
                text, joint = _join(before.text, line.text, known, "\n\n" if apart else space)
                written += text, joint
                length += len(text) + len(joint)
                offsets[-1] = offsets[-1] if number else length
            before = line
    in_order = tuple(accumulate(reversed(offsets), min))[::-1]
    return "".join(written) + (before.text if before else ""), in_order


def largest(page: Sequence[Line]) -> str:
    """Return the text in the largest letters of a page, which is probably its title, or ""."""
    size = max((line.size for line in page), default=0)
    first = next((place for place, line in enumerate(page) if line.size == size), 0)
    title = [line.text for line in takewhile(lambda line: line.size == size, page[first:])]
    usual = median_high(line.size for line in page) if page else 0
    return " ".join(title) if size > usual * _OTHER_SIZE else ""


def _join(before: str, line: str, known: Mapping[str, int], joint: str) -> tuple[str, str]:
    """Return a line as it precedes the next one, and the separator between the two."""
    if before.endswith(_SOFT_HYPHEN):
        return before[:-1], "" if joint != "\n\n" else joint
    if joint == "\n\n":
        return before, joint
    if _UNSPACED.match(before[-1]) and _UNSPACED.match(line[0]):
        return before, ""
    first, second = _FIRST_HALF.search(before.lower()), _SECOND_HALF.match(line)
    if first and second:
        if known[f"{first[1]}-{second[0].lower()}"]:
            return before, ""
        if known[first[1] + second[0].lower()]:
            return before[:-1], ""
    return before, "\n" if _LIST_ITEM.match(line) else joint


def _begins_paragraph(
    before: Line, line: Line, following: Sequence[Line], step: float, turned: bool
) -> bool:
    """Return whether a line begins a paragraph; `turned` means that it begins a page."""
    ended = _FULL_STOP.search(before.text) is not None
    if not (before.size and line.size):
        return turned and ended
    larger, smaller = max(before.size, line.size), min(before.size, line.size)
    if larger > smaller * _OTHER_SIZE:
        return True
    down = before.y - line.y
    if turned or down <= 0:  # on the next page, or at the head of the next column
        return ended
    if down > step * larger * _WIDER:
        return True
    indented = any(line.x > each.x + line.size / 2 for each in following)
    return indented and ended


def _usual_step(pages: Sequence[Sequence[Line]]) -> float:
    """Return the usual distance between two lines of a paragraph, in font sizes."""
    steps = Counter(
        round((before.y - line.y) / line.size, 1)
        for page in pages
        for before, line in pairwise(page)
        if min(len(before.text), len(line.text)) >= _LONG
        and before.size == line.size > 0
        and 0 < before.y - line.y < 4 * line.size
    )
    return steps.most_common(1)[0][0] if steps else _USUAL_STEP


def _without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages without running heads and feet, which repeat but for the page number."""
    edges = [{line.text for line in (*page[:_EDGE], *page[-_EDGE:])} for page in pages]
    same = Counter(text for edge in edges for text in edge)
    counted = Counter(
        form
        for number, edge in enumerate(edges)
        for form in {form for text in edge for form in _counted(text, number)}
    )

    def runs(line: Line, number: int) -> bool:
        return same[line.text] >= max(_REPEATED, len(pages) / 3) or any(
            counted[form] >= _REPEATED for form in _counted(line.text, number)
        )

    return [
        [
            line
            for place, line in enumerate(page)
            if _EDGE <= place < len(page) - _EDGE or not runs(line, number)
        ]
        for number, page in enumerate(pages)
    ]


def _counted(text: str, page: int) -> Iterator[str]:
    """Yield a line with its first, and its last, number relative to the page number."""
    numbers = list(_NUMBER.finditer(text))
    for found in (*numbers[:1], *numbers[1:][-1:]):
        yield f"{text[: found.start()]}#{int(found[0]) - page}{text[found.end() :]}"

"""A language model's draft -> plain sentences, each with the passages that it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.answering import replies
from rag.text.sentences import sentences
from rag.text.words import in_one_line
from rag.types import Span

_NUMBERS = r"\^?\d{1,3}(?:\s*(?:[,;–-]|and|&)\s*\^?\d{1,3})*"
_WORD = r"(?:(?:see\s+)?(?:passages?|sources?|articles?|documents?|refs?\.?|references?|citations?|nos?\.|#)\s*:?\s*)"
_PAGE = r"(?:\s*,\s*pp?\.\s*\d+(?:\s*[–-]\s*\d+)?)?"
_PAGE_NUMBERS = re.compile(_PAGE)
# Marks as models write them: [1], [passage 1], [1, p. 3], (1), (Source: 1), 【1†source】.
# A number in round brackets may be anything, so without a word it counts only after a word or a
# full stop, and up to 99.
_MARK = re.compile(
    rf"(?<!\s)\s*(?:\[\s*{_WORD}?{_NUMBERS}{_PAGE}\s*\](?:\s*(?:,|and|&)(?=\s*\[\s*\d))?|【\s*{_WORD}?{_NUMBERS}[^】]*】"
    rf"|\(\s*{_WORD}{_NUMBERS}{_PAGE}\s*\)"
    r"|(?<=[\w.!?”\"’')\]])\s*\(\s*\d{1,2}(?:\s*[,;]\s*\d{1,2})*\s*\)"
    r"(?=\s*(?:[.,;:!?(\[]|$|\n|\s(?-i:[A-Z]))))",
    re.IGNORECASE | re.MULTILINE,
)
# "According to [1], ..." and "Passage [1] says that ...": the mark stays, the words go.
_LEAD = re.compile(
    rf"(?:(?:according\s+to|as\s+(?:stated|reported|noted|mentioned|described)\s+in|based\s+on|per)\s+{_WORD}?"
    rf"(?P<mark>\[\s*{_WORD}?{_NUMBERS}{_PAGE}\s*\])\s*,?\s*"
    rf"|{_WORD}(?P<other>\[?{_NUMBERS}\]?)\s+(?:says?|states?|reports?|mentions?|notes?|explains?|indicates?)\s+(?:that\s+)?)(?P<next>\w)",
    re.IGNORECASE,
)
_SUPERSCRIPT = re.compile(rf"<sup>\s*\[?({_NUMBERS})\]?\s*</sup>", re.IGNORECASE)
_LIST_OF_SOURCES = re.compile(
    r"^\W*(?:sources?|references?|citations?|passages?)\b[\W\d]*$", re.IGNORECASE | re.MULTILINE
)
_UNFINISHED = re.compile(
    r"(?<!\s)\s*(?:\[(?:[\s\d,;^–-]|passages?|sources?)*|【[^】]*|<\|?\w{0,8}|\((?:\d{1,2}|sources?:?[\s\d]*))\Z",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)(?:\s*[–-]\s*\^?(\d+))?")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_CODE_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
_LINK_DEFINITION = re.compile(r"^\s*\[[^\]]+\]:\s*\S+.*$", re.MULTILINE)
_TAG = re.compile(r"<(?:/?[A-Za-z][^<>]*|!--.*?--)>", re.DOTALL)
_LINE_PREFIX = re.compile(r"^\s*(?:#{1,6}\s+|[-*+•>]\s+|\d{1,2}[.)]\s+)+", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*{1,3}|(?<!\w)_{1,3}|`+)(?=\S)(.+?)(?<=\S)\1")
_LABEL = re.compile(r"^(?:answer|final answer)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence of a draft without its marks, and the numbers of the passages that it cites."""

    text: str
    marks: tuple[int, ...]

    @property
    def is_remark(self) -> bool:
        """Whether it cites nothing and says that the sources do not say something."""
        return not self.marks and replies.is_remark(self.text)


def sentences_of(draft: str) -> list[DraftSentence]:
    """Return the distinct sentences of a draft as plain text. The targets of links are dropped."""
    text = _LEAD.sub(_without_lead, _plain(draft))
    bare, marks = "", []
    previous_end = 0
    for match in _MARK.finditer(text):
        bare += text[previous_end : match.start()]
        marks.append((len(bare), _numbers(match.group())))
        previous_end = match.end()
    bare += text[previous_end:]
    return _marked(bare, marks)


def shown(draft: str) -> str:
    """Return an unfinished draft for display.

    Its marks are left out, because they number the passages and not the citations.
    """
    text = _SUPERSCRIPT.sub("", visible(replies.without_thoughts(draft)))
    return _UNFINISHED.sub("", _MARK.sub("", text)).strip()


def visible(text: str) -> str:
    """Return text without invisible characters, which may control a terminal or the text direction."""
    return _INVISIBLE.sub("", text)


def _marked(bare: str, marks: list[tuple[int, list[int]]]) -> list[DraftSentence]:
    """Assign each mark, a position and its numbers, to the sentence that contains or precedes it."""
    spans = [span for line in _lines(bare) for span in sentences(bare, line)]
    cited: dict[str, tuple[int, ...]] = {}
    for number, span in enumerate(spans):
        after = spans[number + 1].start if number + 1 < len(spans) else len(bare)
        first = span.start if number else -1
        named = [n for position, numbers in marks if first < position <= after for n in numbers]
        words = in_one_line(bare[span.start : span.end])
        if re.search(r"\w", words):
            cited[words] = tuple(dict.fromkeys((*cited.get(words, ()), *named)))
    return [DraftSentence(words, marks) for words, marks in cited.items()]


def _without_lead(match: re.Match[str]) -> str:
    """Put the mark of "According to [1], the mayor" into the sentence that follows: "T[1]he mayor"."""
    mark = match["mark"] or f"[{match['other'].strip('[]')}]"
    return match["next"].upper() + mark


def _plain(draft: str) -> str:
    text = visible(replies.without_thoughts(draft))
    for pattern, replacement in (
        (_CODE_FENCE, ""),
        (_SUPERSCRIPT, r"[\1]"),
        (_LIST_OF_SOURCES, ""),
        (_LINK_DEFINITION, ""),
        (_LINK, r"\1"),
        (_TAG, ""),
        (_LINE_PREFIX, ""),
        (_EMPHASIS, r"\2"),
    ):
        text = pattern.sub(replacement, text)
    return _LABEL.sub("", text.strip())


def _numbers(mark: str) -> list[int]:
    numbers: list[int] = []
    for match in _RANGE.finditer(_PAGE_NUMBERS.sub("", mark.partition("†")[0])):
        first, last = int(match[1]), int(match[2] or match[1])
        numbers += range(first, min(last, first + 20) + 1)
    return numbers


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield Span(start, start + len(line))
        start += len(line)

"""A language model's draft -> plain sentences, each with the passages that it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.sentences import sentences
from rag.text.words import in_one_line
from rag.types import Span

_NUMBERS = r"\^?\d{1,4}(?:\s*[,;–-]\s*\^?\d{1,4})*"
_MARK = re.compile(rf"(?<!\s)\s*(?:\[\s*{_NUMBERS}\s*\]|【\s*{_NUMBERS}[^】]*】)")
_UNFINISHED = re.compile(r"(?<!\s)\s*(?:\[[\s\d,;^–-]*|【[^】]*|<\w{0,8})\Z")
_RANGE = re.compile(r"(\d+)(?:\s*[–-]\s*\^?(\d+))?")
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
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
# Remarks about the sources are not claims that a source could support.
_REMARK = re.compile(
    r"\b(?:articles?|passages?|sources?|texts?|documents?|context|information|excerpts?)\b[^.]{0,60}"
    r"\b(?:do(?:es)?\s+not|don[’']t|doesn[’']t|cannot|can[’']t|no\b|never|not)\b"
    r"|\b(?:no|not)\b[^.]{0,60}\b(?:in|by|from)\s+the\s+(?:\w+\s+)?"
    r"(?:articles?|passages?|sources?|texts?|documents?|context|excerpts?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence of a draft without its marks, and the numbers of the passages that it cites."""

    text: str
    marks: tuple[int, ...]

    @property
    def is_remark(self) -> bool:
        """Whether it cites nothing and says that the sources do not say something."""
        return not self.marks and bool(_REMARK.search(self.text))


def sentences_of(draft: str) -> list[DraftSentence]:
    """Return the distinct sentences of a draft as plain text. The targets of links are dropped."""
    text = _plain(draft)
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
    return _UNFINISHED.sub("", _MARK.sub("", visible(without_thoughts(draft)))).strip()


def without_thoughts(text: str) -> str:
    """Return a reply without the model's reasoning."""
    return _THOUGHT.sub("", text)


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


def _plain(draft: str) -> str:
    text = visible(without_thoughts(draft))
    for pattern, replacement in (
        (_CODE_FENCE, ""),
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
    for match in _RANGE.finditer(mark.partition("†")[0]):
        first, last = int(match[1]), int(match[2] or match[1])
        numbers += range(first, min(last, first + 20) + 1)
    return numbers


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield Span(start, start + len(line))
        start += len(line)

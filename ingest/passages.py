"""An article's text as passages: whole sentences, exact offsets, within the model's limit."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from rag.encoder import Encoder
from rag.types import Article, Passage, Span, heading

# Short paragraphs share a passage up to this many tokens; one paragraph may fill the model's limit.
TARGET = 128
# Text that was wrapped by hand has no line longer than this, so there a line break is only a space.
WRAPPED = 100
_LONGEST_LIST = 600  # characters of a list that is quoted as one sentence

_BLANK_LINES = re.compile(r"\n\s*\n")
_LINE_BREAK = re.compile(r"\n")
_LIST_ITEM = re.compile(r"\s*(?:[-*+•‣▪–]|\d{1,3}[.)])\s")
_BEFORE_LIST_ITEM = re.compile(rf"\n(?={_LIST_ITEM.pattern})")
_ENDS_IN_INITIAL = re.compile(r"(?:^|[\W_])[A-Z]\.\s*$")
_STARTS_WITH_INITIAL = re.compile(r"[A-Z]\.?(?:\s|$)")
_FULL_STOP = re.compile(r"[.!?…。！？:;][\"'”’»)\]]*$")

Counted: TypeAlias = tuple[Span, int]
"""A range of characters and how many tokens it has."""


def split(article: Article, encoder: Encoder) -> tuple[Passage, ...]:
    """The passages of an article, in reading order.

    Paragraphs stay whole where they fit, a heading stays with what it heads, and no passage
    has more tokens than the encoder reads.
    """
    title = heading(article)
    limit = encoder.token_limit - len(encoder.token_spans([title])[0])
    found = _with_lists(
        article.text,
        [
            list(sentences(article.text, paragraph, article.language))
            for paragraph in paragraphs(article.text)
        ],
    )
    spans = [span for paragraph in found for span in paragraph]
    tokens = iter(encoder.token_spans([article.text[span.start : span.end] for span in spans]))
    counted = [
        [piece for span in paragraph for piece in _cut(span, next(tokens), limit)]
        for paragraph in found
    ]
    blocks = list(_with_headings(article, [paragraph for paragraph in counted if paragraph]))
    stands = [span for block in blocks for span, _ in block if not _is_heading(article, span)]
    quotable = frozenset(stands or spans)
    return tuple(
        _passage(article, [span for span, _ in group], quotable, encoder.name)
        for group in _pack(blocks, limit)
    )


def paragraphs(text: str) -> Iterator[Span]:
    """Ranges between blank lines; also single lines where the text was never wrapped by hand."""
    for block in _between(_BLANK_LINES, text, Span(0, len(text))):
        lines = text[block.start : block.end].splitlines()
        wrapped = max(map(len, lines), default=0) <= WRAPPED
        yield from _between(_BEFORE_LIST_ITEM if wrapped else _LINE_BREAK, text, block)


def sentences(text: str, paragraph: Span, language: str | None = None) -> Iterator[Span]:
    """Ranges of the sentences of a paragraph, without the white space around them."""
    from sentencex import get_sentence_boundaries

    words = text[paragraph.start : paragraph.end]
    pending: Span | None = None
    for found in get_sentence_boundaries(language or "en", words):
        span = _strip(
            text, paragraph.start + found["start_index"], paragraph.start + found["end_index"]
        )
        if span.start == span.end:
            continue
        if pending is None:
            pending = span
        elif _is_one_name(text[pending.start : pending.end], text[span.start : span.end]):
            pending = Span(pending.start, span.end)
        else:
            yield pending
            pending = span
    if pending is not None:
        yield pending


def _is_one_name(before: str, after: str) -> bool:
    """Initials torn apart, as in "the Japan-U. S alliance", end no sentence."""
    return bool(_ENDS_IN_INITIAL.search(before) and _STARTS_WITH_INITIAL.match(after))


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


def _cut(span: Span, tokens: Sequence[tuple[int, int]], limit: int) -> Iterator[Counted]:
    """A sentence that no model could read whole becomes pieces that it can."""
    for first in range(0, max(len(tokens), 1), limit):
        piece = tokens[first : first + limit]
        if not piece:
            return
        end = tokens[first + limit][0] if first + limit < len(tokens) else span.end - span.start
        start = piece[0][0] if first else 0
        yield Span(span.start + start, span.start + end), len(piece)


def _with_lists(text: str, paragraphs: Iterable[list[Span]]) -> list[list[Span]]:
    """A sentence that ends in a colon takes in the list that it introduces."""
    joined: list[list[Span]] = []
    for spans in paragraphs:
        before = joined[-1][-1] if joined else None
        if (
            before
            and _LIST_ITEM.match(text, spans[0].start)
            and (text[before.end - 1] == ":" or "\n" in text[before.start : before.end])
            and spans[-1].end - before.start <= _LONGEST_LIST
        ):
            joined[-1][-1] = Span(before.start, spans[-1].end)
        else:
            joined.append(spans)
    return joined


def _with_headings(article: Article, blocks: Iterable[list[Counted]]) -> Iterator[list[Counted]]:
    waiting: list[Counted] = []
    for block in blocks:
        waiting += block
        if not _is_heading(article, Span(block[0][0].start, block[-1][0].end)):
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _is_heading(article: Article, span: Span) -> bool:
    """A line that says what follows: it is read with that, but it answers nothing by itself."""
    words = article.text[span.start : span.end]
    if words == article.title:
        return True
    is_line = len(words) <= WRAPPED and "\n" not in words
    return is_line and not _FULL_STOP.search(words) and not _LIST_ITEM.match(words)


def _pack(blocks: Iterable[list[Counted]], limit: int) -> Iterator[list[Counted]]:
    """Join short blocks up to the target; divide a block over the limit into even parts."""
    group: list[Counted] = []
    for block in blocks:
        size = _size(block)
        if group and _size(group) + size > min(TARGET, limit):
            yield group
            group = []
        if size <= limit:
            group += block
        else:
            yield from _divide(block, limit)
    if group:
        yield group


def _divide(block: Sequence[Counted], limit: int) -> Iterator[list[Counted]]:
    even = _size(block) / math.ceil(_size(block) / limit)
    part: list[Counted] = []
    for counted in block:
        if part and (_size(part) + counted[1] > limit or _size(part) + counted[1] / 2 > even):
            yield part
            part = []
        part.append(counted)
    yield part


def _size(group: Sequence[Counted]) -> int:
    return sum(count for _, count in group)


def _passage(
    article: Article, spans: Sequence[Span], quotable: frozenset[Span], encoder: str
) -> Passage:
    start, end = spans[0].start, spans[-1].end
    key = digest(encoder, heading(article), article.text[start:end])
    return Passage(
        id=digest(article.id, str(start), key),
        article_id=article.id,
        key=key,
        start=start,
        end=end,
        sentences=tuple(span for span in spans if span in quotable),
    )


def digest(*parts: str) -> str:
    """A short stable name for a sequence of strings."""
    return hashlib.blake2b(
        "\0".join(parts).encode(errors="surrogatepass"), digest_size=16
    ).hexdigest()

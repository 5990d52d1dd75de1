"""An article's text as passages: whole sentences, exact offsets, within the model's limit."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from ingest.paragraphs import LIST_ITEM, WRAPPED, paragraphs
from rag.encoders.protocols import Encoder
from rag.text.sentences import SENTENCE_END, sentences
from rag.types import Article, Passage, Span

# Short paragraphs share a passage up to this many tokens; one paragraph may fill the model's limit.
TARGET = 128
_LONGEST_LIST = 600  # characters of a list that is quoted as one sentence
_RULE = re.compile(r"(?:\s*[-*_=|:]){3,}\s*$")

Counted: TypeAlias = tuple[Span, int]
"""A range of characters and how many tokens it has."""


def split(article: Article, encoder: Encoder) -> tuple[Passage, ...]:
    """The passages of an article, in reading order.

    Paragraphs stay whole where they fit, a heading stays with what it heads, and no passage
    has more tokens than the encoder reads.
    """
    title = article.heading
    limit = max(encoder.token_limit - len(encoder.token_spans([title])[0]), 1)
    found = _with_lists(
        article.text,
        [
            list(sentences(article.text, paragraph, article.language))
            for paragraph in paragraphs(article.text)
        ],
    )
    headings = _headings(article.text, found)
    spans = [span for paragraph in found for span in paragraph]
    tokens = iter(encoder.token_spans([article.text[span.start : span.end] for span in spans]))
    counted = [
        [piece for span in paragraph for piece in _cut(span, next(tokens), limit)]
        for paragraph in found
    ]
    blocks = [block for block in counted if block]
    unquotable = headings | {span for span in spans if _asks(article.text, span)}
    pieces = [span for block in blocks for span, _ in block]
    quotable = frozenset(span for span in pieces if span not in unquotable) or frozenset(pieces)
    return tuple(
        _passage(article, [span for span, _ in group], quotable, encoder.name)
        for group in _pack(_with_headings(blocks, headings), limit)
    )


def _cut(span: Span, tokens: Sequence[tuple[int, int]], limit: int) -> Iterator[Counted]:
    """A sentence that no model could read whole becomes pieces that it can."""
    for first in range(0, max(len(tokens), 1), limit):
        piece = tokens[first : first + limit]
        if not piece:
            return
        end = piece[-1][1] if first + limit < len(tokens) else span.end - span.start
        start = piece[0][0] if first else 0
        yield Span(span.start + start, span.start + end), len(piece)


def _with_lists(text: str, paragraphs: Iterable[list[Span]]) -> list[list[Span]]:
    """A sentence that ends in a colon takes in the list that it introduces."""
    joined: list[list[Span]] = []
    taking = False
    for spans in paragraphs:
        if not spans:
            continue
        before = joined[-1][-1] if joined else None
        taking = (
            before is not None
            and (taking or text[before.end - 1] == ":")
            and LIST_ITEM.match(text, spans[0].start) is not None
            and spans[-1].end - before.start <= _LONGEST_LIST
        )
        if taking and before:
            joined[-1][-1] = Span(before.start, spans[-1].end)
        else:
            joined.append(spans)
    return joined


def _headings(text: str, paragraphs: Sequence[list[Span]]) -> frozenset[Span]:
    """Lines of their own that only say what follows: read with that, they answer nothing alone."""
    last = len(paragraphs) - 1
    if not any(SENTENCE_END.search(text[s.start : s.end]) for spans in paragraphs for s in spans):
        return frozenset()
    return frozenset(
        spans[0]
        for number, spans in enumerate(paragraphs)
        if len(spans) == 1
        and (
            _RULE.match(text[spans[0].start : spans[0].end])
            or (number < last and _is_heading(text[spans[0].start : spans[0].end]))
        )
    )


def _is_heading(words: str) -> bool:
    is_line = len(words) <= WRAPPED and "\n" not in words
    tells = SENTENCE_END.search(words) or LIST_ITEM.match(words) or ": " in words or " | " in words
    return is_line and not tells


def _asks(text: str, span: Span) -> bool:
    """A question answers nothing; what follows it may."""
    return text[span.start : span.end].rstrip("\"'”’»)]").endswith(("?", "？", "؟"))


def _with_headings(
    blocks: Iterable[list[Counted]], headings: frozenset[Span]
) -> Iterator[list[Counted]]:
    waiting: list[Counted] = []
    for block in blocks:
        waiting += block
        if block[-1][0] not in headings:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


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
    key = digest(encoder, article.heading, article.text[start:end])
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

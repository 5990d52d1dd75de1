"""Article -> passages: whole sentences at exact offsets, within the encoder's limit."""

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

# Paragraphs share a passage of up to this many tokens. On news, longer passages are found better
# than short ones: a sentence needs the story around it.
TARGET = 230
_MAX_LIST = 600  # characters of a list that is quoted as one sentence
_RULE = re.compile(r"(?:\s*[-*_=|:]){3,}\s*$")

Counted: TypeAlias = tuple[Span, int]
"""A range of characters and how many tokens it has."""


def split(article: Article, encoder: Encoder) -> tuple[Passage, ...]:
    """Split an article into passages, in reading order.

    A paragraph stays whole if it fits, and a heading stays with the text below it. Together with
    the title of the article, no passage has more tokens than the encoder reads.
    """
    title = article.heading
    limit = max(encoder.token_limit - len(encoder.token_spans([title])[0]), 1)
    text = article.text
    by_paragraph = _with_lists(
        text,
        [list(sentences(text, paragraph, article.language)) for paragraph in paragraphs(text)],
    )
    headings = _headings(text, by_paragraph)
    spans = [span for paragraph in by_paragraph for span in paragraph]
    tokens = iter(encoder.token_spans([text[span.start : span.end] for span in spans]))
    counted = [
        [piece for span in paragraph for piece in _cut(span, next(tokens), limit)]
        for paragraph in by_paragraph
    ]
    blocks = [block for block in counted if block]
    unquotable = headings | {span for span in spans if _is_question(text, span)}
    pieces = [span for block in blocks for span, _ in block]
    quotable = frozenset(span for span in pieces if span not in unquotable) or frozenset(pieces)
    return tuple(
        _passage(article, [span for span, _ in group], quotable, encoder.name)
        for group in _pack(_with_headings(blocks, headings), limit)
    )


def _cut(span: Span, tokens: Sequence[tuple[int, int]], limit: int) -> Iterator[Counted]:
    """Cut a sentence that is too long for the encoder into pieces of up to `limit` tokens."""
    for first in range(0, max(len(tokens), 1), limit):
        piece = tokens[first : first + limit]
        if not piece:
            return
        end = piece[-1][1] if first + limit < len(tokens) else span.end - span.start
        start = piece[0][0] if first else 0
        yield Span(span.start + start, span.start + end), len(piece)


def _with_lists(text: str, paragraphs: Iterable[list[Span]]) -> list[list[Span]]:
    """Join a sentence that ends in a colon with the list that it introduces."""
    joined: list[list[Span]] = []
    in_list = False
    for spans in paragraphs:
        if not spans:
            continue
        previous = joined[-1][-1] if joined else None
        in_list = (
            previous is not None
            and (in_list or text[previous.end - 1] == ":")
            and LIST_ITEM.match(text, spans[0].start) is not None
            and spans[-1].end - previous.start <= _MAX_LIST
        )
        if in_list and previous:
            joined[-1][-1] = Span(previous.start, spans[-1].end)
        else:
            joined.append(spans)
    return joined


def _headings(text: str, paragraphs: Sequence[list[Span]]) -> frozenset[Span]:
    """Return the lines that only announce what follows. They are embedded, but never quoted."""
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
    states = SENTENCE_END.search(words) or LIST_ITEM.match(words) or ": " in words or " | " in words
    return is_line and not states


def _is_question(text: str, span: Span) -> bool:
    return text[span.start : span.end].rstrip("\"'”’»)]").endswith(("?", "？", "؟"))


def _with_headings(
    blocks: Iterable[list[Counted]], headings: frozenset[Span]
) -> Iterator[list[Counted]]:
    """Join each heading with the block below it."""
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
    """Return a short digest of a sequence of strings, the same on every machine."""
    return hashlib.blake2b(
        "\0".join(parts).encode(errors="surrogatepass"), digest_size=16
    ).hexdigest()

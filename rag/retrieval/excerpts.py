"""The part of a passage that is read token by token: reading takes most of the time of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from rag.text.words import stems
from rag.types import RetrievedPassage

_WORDS = 110  # of an excerpt, at most, unless its only sentence is longer


def excerpt(passage: RetrievedPassage, rarity: Mapping[str, float]) -> RetrievedPassage:
    """Return the beginning or the end of a passage, whichever holds the rarer words of a question.

    `rarity` is the weight of each word of the question. There are but two parts to choose from, so
    that a part that was read for one question is there for the next.
    """
    spans = passage.passage.sentences
    texts = [passage.quote(span) for span in spans]
    lengths = [len(text.split()) for text in texts]
    if sum(lengths) <= _WORDS:
        return passage
    wanted = {stem: weight for word, weight in rarity.items() for stem in stems(word)}
    held = [wanted.keys() & stems(text) for text in texts]
    first = _fitting(lengths)
    last = _fitting(lengths[::-1])
    parts = (slice(0, first), slice(len(spans) - last, None))
    best = max(parts, key=lambda part: sum(wanted[stem] for stem in set().union(*held[part])))
    part = spans[best]
    start, end = part[0].start, part[-1].end
    offset = passage.passage.start
    return replace(
        passage,
        passage=replace(passage.passage, start=start, end=end, sentences=part),
        text=passage.text[start - offset : end - offset],
    )


def _fitting(lengths: Sequence[int]) -> int:
    """Return how many of the first sentences have at most _WORDS words together; at least one."""
    totals = accumulate(lengths)
    return max(sum(total <= _WORDS for total in totals), 1)

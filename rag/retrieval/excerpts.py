"""The part of a passage that is read token by token: reading takes most of the time of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rag.text.words import stems
from rag.types import RetrievedPassage

_WORDS = 110  # of an excerpt, at most, unless its only sentence is longer


def excerpt(passage: RetrievedPassage, rarity: Mapping[str, float]) -> RetrievedPassage:
    """Return the run of sentences that holds the rarest words of a question, as a passage.

    `rarity` is the weight of each word of the question.
    """
    spans = passage.passage.sentences
    texts = [passage.quote(span) for span in spans]
    lengths = [len(text.split()) for text in texts]
    if sum(lengths) <= _WORDS:
        return passage
    wanted = {stem: weight for word, weight in rarity.items() for stem in stems(word)}
    held = [wanted.keys() & stems(text) for text in texts]
    best, chosen = -1.0, (0, 1)
    for first in range(len(spans)):
        last, length, covered = first, 0, set[str]()
        while last < len(spans) and (last == first or length + lengths[last] <= _WORDS):
            length += lengths[last]
            covered |= held[last]
            last += 1
        score = sum(wanted[stem] for stem in covered)
        if score > best:
            best, chosen = score, (first, last)
    part = spans[chosen[0] : chosen[1]]
    start, end = part[0].start, part[-1].end
    offset = passage.passage.start
    return replace(
        passage,
        passage=replace(passage.passage, start=start, end=end, sentences=part),
        text=passage.text[start - offset : end - offset],
    )

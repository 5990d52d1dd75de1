"""Retrieved passages -> evidence, and whether that answers the question."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rag.encoders.protocols import Encoder
from rag.retrieval.late_interaction import MaxSim, max_sims
from rag.store.library import WordCounts
from rag.types import Evidence, RetrievedPassage

_BRACKETS = 0.4  # the weight of a subject in brackets, of what it would weigh without them
# The fewer passages there are, the weaker is the best match that chance finds among them: each
# halving below _FEW lowers by _STEP what a question that they do not answer can reach.
_FEW, _STEP, _STEPS = 128, 0.03, 3
# Once a sentence of the first passages covers so much of the question, reading the others changes
# no figure of `make eval`, and it takes most of the time of an answer.
_FIRST, _SETTLED = 4, 0.65


def rank(
    question: str,
    passages: Sequence[RetrievedPassage],
    encoder: Encoder,
    *,
    word_counts: WordCounts,
    read_all: bool = False,
) -> list[Evidence]:
    """Return passages as evidence, best first; the most promising ones must come first.

    Unless `read_all` is set, the others are left out once the first ones settle the question.
    """
    ranked: list[Evidence] = []
    for batch in (passages,) if read_all else (passages[:_FIRST], passages[_FIRST:]):
        if batch and best_score(ranked) < _SETTLED:
            scores = max_sims(
                question, batch, encoder, word_counts=word_counts, bracket_weight=_BRACKETS
            )
            ranked += map(_evidence, batch, scores)
    return sorted(ranked, key=lambda evidence: -evidence.score)


def best_score(evidence: Iterable[Evidence]) -> float:
    """Return how much of the question the best sentence covers (0 to 1)."""
    return max((max(e.sentence_scores, default=0.0) for e in evidence), default=0.0)


def is_answerable(evidence: Sequence[Evidence], *, threshold: float, passages: int) -> bool:
    """Return whether the best sentence covers enough of the question to answer it.

    `passages` is the size of the library.
    """
    halvings = math.log2(_FEW / passages) if passages else 0.0
    return best_score(evidence) >= threshold - _STEP * min(max(halvings, 0.0), _STEPS)


def _evidence(passage: RetrievedPassage, cover: MaxSim) -> Evidence:
    scores = tuple(cover.sentence_score([sentence]) for sentence in passage.passage.sentences)
    return Evidence(passage.article, passage.passage, passage.text, cover.score, scores)

"""Retrieved passages -> evidence, and whether that answers the question."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TypeAlias

from rag.encoders.protocols import Encoder
from rag.retrieval.confidence import answer_features, probability
from rag.retrieval.excerpts import excerpt
from rag.retrieval.features import CandidateSentence, Reading, Times, candidate_sentences
from rag.retrieval.fusion import Fused
from rag.retrieval.late_interaction import MaxSim, max_sims, rarity
from rag.store.library import WordCounts
from rag.text.boilerplate import is_asked_for
from rag.text.words import words
from rag.types import NOT_QUOTABLE, Evidence, RetrievedPassage, Span

_BRACKETS = 0.4  # the weight of a subject in brackets, of what it would weigh without them
# The fewer passages there are, the weaker is the best match that chance finds among them: each
# halving below _FEW lowers by _STEP what a question that they do not answer can reach.
_FEW, _STEP, _STEPS = 128, 0.03, 3
# Once a sentence of the first passages stands out from all others by so much, reading more of them
# changes nothing, and it takes most of the time of an answer.
FIRST, _SETTLED = 4, 0.5

Scored: TypeAlias = tuple[float, CandidateSentence]
"""The log-odds of a sentence against others, and the sentence."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """Ranks sentences by how likely they answer a question: a linear model over named features.

    `sentences` and `confidence` are weights by the name of the feature, learned by
    `python -m evals.ranking` and stored in weights.json.
    """

    sentences: Mapping[str, float]
    confidence: Mapping[str, float]

    @classmethod
    def load(cls) -> Ranker:
        text = resources.files("rag.retrieval").joinpath("weights.json").read_text("utf-8")
        return cls(**json.loads(text))

    def score(self, question: str, readings: Sequence[Reading], times: Times) -> list[Scored]:
        """Return the sentences that were read with their log-odds, best first.

        Boilerplate is no evidence, unless the question asks for it.
        """
        with_boilerplate = is_asked_for(question)
        scored = [
            (relevance(candidate.features, self.sentences), candidate)
            for candidate in candidate_sentences(question, readings, times)
            if with_boilerplate or not candidate.features["boilerplate"]
        ]
        return sorted(scored, key=lambda item: -item[0])

    def confidence_in(self, scored: Sequence[Scored]) -> float:
        """Return the probability that the best sentences answer (0 to 1)."""
        return probability(confidence_features(scored), self.confidence)


def is_settled(scored: Sequence[Scored]) -> bool:
    """Return whether one sentence is the best one with a probability of half or more."""
    return probability_of_best([score for score, _ in scored]) >= _SETTLED


def as_evidence(readings: Sequence[Reading], scored: Sequence[Scored]) -> list[Evidence]:
    """Return what was read as evidence; the passage with the best sentence comes first."""
    by_reading: dict[int, dict[Span, float]] = {}
    for score, candidate in scored:
        by_reading.setdefault(candidate.reading, {})[candidate.span] = score
    order = [*by_reading, *(n for n in range(len(readings)) if n not in by_reading)]
    return [_evidence(readings[number], by_reading.get(number, {})) for number in order]


def confidence_features(scored: Sequence[Scored]) -> dict[str, float]:
    """Return the features of the probability that the best sentences answer."""
    return answer_features([(score, candidate.features) for score, candidate in scored])


def relevance(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the log-odds of a sentence against others: the weighted sum of its features."""
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


def probability_of_best(scores: Sequence[float]) -> float:
    """Return the probability of the first of some log-odds, which is the highest; 0 if there is none."""
    return 1 / sum(math.exp(score - scores[0]) for score in scores) if scores else 0.0


def read(
    question: str,
    passages: Sequence[tuple[Fused, RetrievedPassage]],
    encoder: Encoder,
    *,
    word_counts: WordCounts,
) -> list[Reading]:
    """Read an excerpt of each passage token by token."""
    weights = rarity(words(question), word_counts)
    excerpts = [excerpt(passage, weights) for _, passage in passages]
    covers = max_sims(
        question, excerpts, encoder, word_counts=word_counts, bracket_weight=_BRACKETS
    )
    return list(map(_reading, passages, excerpts, covers))


def _reading(
    found: tuple[Fused, RetrievedPassage], part: RetrievedPassage, cover: MaxSim
) -> Reading:
    coverage = tuple(cover.sentence_score([span]) for span in part.passage.sentences)
    return Reading(part, found[0], cover, coverage, found[1])


def best_score(evidence: Iterable[Evidence]) -> float:
    """Return how much of the question the best sentence covers (0 to 1)."""
    return max((max(e.sentence_scores, default=0.0) for e in evidence), default=0.0)


def is_answerable(evidence: Sequence[Evidence], *, threshold: float, passages: int) -> bool:
    """Return whether the best sentence covers enough of the question to answer it.

    `passages` is the size of the library.
    """
    halvings = math.log2(_FEW / passages) if passages else 0.0
    return best_score(evidence) >= threshold - _STEP * min(max(halvings, 0.0), _STEPS)


def _evidence(reading: Reading, scores: Mapping[Span, float]) -> Evidence:
    whole = reading.whole
    coverage = dict(zip(reading.passage.passage.sentences, reading.coverage, strict=True))
    spans = whole.passage.sentences
    return Evidence(
        whole.article,
        whole.passage,
        whole.text,
        reading.cover.score,
        tuple(coverage[span] if span in scores else 0.0 for span in spans),
        tuple(scores.get(span, NOT_QUOTABLE) for span in spans),
    )

"""Late interaction: how well a passage, and each of its sentences, covers the words of a question.

For each token of the question its best match among the tokens of a text, averaged with the
tokens' inverse document frequency as weights: the MaxSim of ColBERT (Khattab and Zaharia,
SIGIR 2020, https://arxiv.org/abs/2004.12832), here with the tokens of the embedding model itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rag.encoder import Encoder, TokenVectors, Vectors
from rag.types import Article, Evidence, Passage, Span, heading, in_context
from rag.words import spans

# A word's rarity is reckoned as if so many other passages lay behind the library: in a small one,
# a word that happens to be missing would otherwise outweigh all the words that are there.
_BEYOND = 500
# A name or number that is missing decides; a common word that is missing may be just another wording.
_COMMON = 4.0
# How much of a sentence's score it owes to the passage around it.
_CONTEXT = 1 / 3
# The title says what a sentence is about, so its words count for every sentence, but for less.
_TITLE = 0.8
# Where the title covers the question, its sentences would be even: their own words then decide.
_OWN = 0.01
# The fewer passages there are, the weaker is the best match that chance finds among them: each
# halving below _FEW lowers by _STEP what a question that they do not answer can reach.
_FEW, _STEP, _STEPS = 128, 0.03, 3


def rank(
    question: str,
    found: Sequence[tuple[Article, Passage]],
    encoder: Encoder,
    *,
    frequencies: Mapping[str, int],
    passages: int,
) -> list[Evidence]:
    """The passages as evidence for the question, best first.

    `frequencies` says in how many of the library's `passages` each lower-case word occurs.
    """
    if not found:
        return []
    asked, *texts = encoder.read([question, *(in_context(*each) for each in found)])
    weights = _weights(question, asked, frequencies, passages)
    ranked = [
        _evidence(article, passage, text, asked.vectors @ text.vectors.T, weights)
        for (article, passage), text in zip(found, texts, strict=True)
    ]
    return sorted(ranked, key=lambda evidence: -evidence.score)


def suffices(evidence: Sequence[Evidence], threshold: float, passages: int) -> bool:
    """Whether the best sentence covers enough of the question to answer it."""
    best = max((score for each in evidence for score in each.sentence_scores), default=0.0)
    halvings = math.log2(_FEW / passages) if passages else 0.0
    return best >= threshold - _STEP * min(max(halvings, 0.0), _STEPS)


def _weights(
    question: str, asked: TokenVectors, frequencies: Mapping[str, int], passages: int
) -> Vectors:
    """The share of each token of the question: float32 [tokens], summing to 1; marks weigh nothing."""
    weights = np.zeros(len(asked.vectors), dtype=np.float32)
    for word in spans(question):
        frequency = frequencies.get(question[word.start : word.end].lower(), 0)
        rarity = math.log(1 + (passages + _BEYOND - frequency + 0.5) / (frequency + 0.5))
        inside = (asked.starts >= word.start) & (asked.ends <= word.end)
        if not _is_name(question, word):
            rarity = min(rarity, _COMMON) / max(int(inside.sum()), 1)
        weights[inside] = rarity
    return weights / max(float(weights.sum()), 1e-12)


def _is_name(question: str, word: Span) -> bool:
    """Written like a name or a number; at the beginning every word has a capital."""
    first = question[word.start]
    is_number = first.isdigit() and word.end - word.start > 1
    return is_number or (first.isupper() and word.start > 0)


def _evidence(
    article: Article, passage: Passage, text: TokenVectors, cosines: Vectors, weights: Vectors
) -> Evidence:
    """`cosines` is float32 [tokens of the question, tokens of the text]."""
    title = len(heading(article))
    offset = passage.start - title
    whole = _cover(cosines, weights)
    titled = np.where(text.starts < title, _TITLE * cosines, 0.0)
    scores = []
    for sentence in passage.sentences:
        inside = (text.starts + offset >= sentence.start) & (text.ends + offset <= sentence.end)
        own = np.where(inside, cosines, 0.0)
        alone = _cover(np.maximum(own, titled), weights) + _OWN * _cover(own, weights)
        scores.append(
            _CONTEXT * whole + (1 - _CONTEXT) * alone / (1 + _OWN) if inside.any() else 0.0
        )
    return Evidence(article, passage, whole, tuple(scores))


def _cover(cosines: Vectors, weights: Vectors) -> float:
    return float(weights @ cosines.max(axis=1, initial=0.0))

"""Late interaction: how well a passage, and each of its sentences, covers the words of a question.

For each token of the question its best match among the tokens of a text, averaged with the
tokens' inverse document frequency as weights: the MaxSim of ColBERT (Khattab and Zaharia,
SIGIR 2020, https://arxiv.org/abs/2004.12832), here with the tokens of the embedding model itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rag.encoders.sentence_transformer import Encoder, TokenVectors, Vectors
from rag.text.words import spans
from rag.types import Article, Evidence, Passage, Span, heading, in_context

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
# What a question says in brackets tells what it is about, as a follow-up's subject does, and is
# not what it asks.
_ASIDE = 0.4
_BRACKETS = re.compile(r"\([^()]*\)")
# The fewer passages there are, the weaker is the best match that chance finds among them: each
# halving below _FEW lowers by _STEP what a question that they do not answer can reach.
_FEW, _STEP, _STEPS = 128, 0.03, 3
# When one of the first passages has a sentence that covers so much of the question, the passages
# behind them change no figure of `make eval`, and are not read: that is most of an answer's time.
_FIRST, _SETTLED = 4, 0.65


def rank(
    question: str,
    found: Sequence[tuple[Article, Passage]],
    encoder: Encoder,
    *,
    frequencies: Mapping[str, int],
    passages: int,
    thorough: bool = False,
) -> list[Evidence]:
    """The passages, the likeliest of which come first, as evidence for the question, best first.

    `frequencies` says in how many of the library's `passages` each lower-case word occurs. Unless
    it is to be `thorough`, passages are left unread, and out, once the first ones settle it.
    """
    ranked: list[Evidence] = []
    for some in (found,) if thorough else (found[:_FIRST], found[_FIRST:]):
        if some and best_score(ranked) < _SETTLED:
            covers = max_sims(
                question, some, encoder, frequencies=frequencies, passages=passages, aside=_ASIDE
            )
            ranked += map(_evidence, some, covers)
    return sorted(ranked, key=lambda evidence: -evidence.score)


def _evidence(found: tuple[Article, Passage], cover: MaxSim) -> Evidence:
    article, passage = found
    scores = tuple(cover.by([sentence]) for sentence in passage.sentences)
    return Evidence(article, passage, cover.whole, scores)


def max_sims(
    words: str,
    found: Sequence[tuple[Article, Passage]],
    encoder: Encoder,
    *,
    frequencies: Mapping[str, int],
    passages: int,
    aside: float = 1.0,
) -> list[MaxSim]:
    """How well each passage covers a question, or a claim; `frequencies` as for `rank`.

    `aside` is what a word in brackets weighs, of what it would weigh without them.
    """
    asked, *texts = encoder.read([words, *(in_context(*each) for each in found)])
    weights = _weights(words, asked, frequencies, passages)
    for brackets in _BRACKETS.finditer(words):
        weights[(asked.starts >= brackets.start()) & (asked.ends <= brackets.end())] *= aside
    weights /= max(float(weights.sum()), 1e-12)
    return [
        MaxSim(article, passage, asked, text, weights)
        for (article, passage), text in zip(found, texts, strict=True)
    ]


class MaxSim:
    """How well the words of a question, or of a claim, are covered by one passage (0 to 1).

    `asked` are the tokens of the question and `text` those of the passage behind its title;
    `weights` is the share of each token of the question, float32 [tokens].
    """

    def __init__(
        self,
        article: Article,
        passage: Passage,
        asked: TokenVectors,
        text: TokenVectors,
        weights: Vectors,
    ) -> None:
        title = len(heading(article))
        offset = passage.start - title
        self._starts, self._ends = text.starts + offset, text.ends + offset
        self._asked, self.weights = asked, weights
        self._cosines = asked.vectors @ text.vectors.T
        self._titled = np.where(text.starts < title, _TITLE * self._cosines, 0.0)
        self._around = _best(self._cosines)
        self.whole = float(weights @ self._around)

    def by(self, sentences: Sequence[Span]) -> float:
        """By some of the passage's sentences, read in its context and under its title."""
        return float(self.weights @ self.tokens(sentences))

    def tokens(self, sentences: Sequence[Span]) -> Vectors:
        """How well each token is covered by those sentences: float32 [tokens of the question]."""
        inside = self._inside(sentences)
        if not inside.any():
            return np.zeros_like(self.weights)
        own = np.where(inside, self._cosines, 0.0)
        alone = _best(np.maximum(own, self._titled)) + _OWN * _best(own)
        covered = _CONTEXT * self._around + (1 - _CONTEXT) * alone / (1 + _OWN)
        return np.asarray(covered, dtype=np.float32)

    def own(self, sentences: Sequence[Span]) -> Vectors:
        """The same, without what the title and the rest of the passage cover."""
        return _best(np.where(self._inside(sentences), self._cosines, 0.0))

    def _inside(self, sentences: Sequence[Span]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        inside = np.zeros(len(self._starts), dtype=bool)
        for each in sentences:
            inside |= (self._starts >= each.start) & (self._ends <= each.end)
        return inside

    def likeness(self, ours: Span, theirs: Span) -> float:
        """How alike a range of the question and one of the article are, each read where it stands."""
        rows = (self._asked.starts >= ours.start) & (self._asked.ends <= ours.end)
        columns = (self._starts >= theirs.start) & (self._ends <= theirs.end)
        if not rows.any() or not columns.any():
            return 0.0
        return float(_best(self._cosines[np.ix_(rows, columns)]).mean())


def _best(cosines: Vectors) -> Vectors:
    return np.asarray(cosines.max(axis=1, initial=0.0), dtype=np.float32)


def best_score(evidence: Iterable[Evidence]) -> float:
    """How much of the question the best sentence covers."""
    return max((score for each in evidence for score in each.sentence_scores), default=0.0)


def is_answerable(evidence: Sequence[Evidence], threshold: float, passages: int) -> bool:
    """Whether the best sentence covers enough of the question to answer it."""
    halvings = math.log2(_FEW / passages) if passages else 0.0
    return best_score(evidence) >= threshold - _STEP * min(max(halvings, 0.0), _STEPS)


def _weights(
    question: str, asked: TokenVectors, frequencies: Mapping[str, int], passages: int
) -> Vectors:
    """What each token of the question weighs: float32 [tokens]; marks weigh nothing."""
    weights = np.zeros(len(asked.vectors), dtype=np.float32)
    for word in spans(question):
        frequency = frequencies.get(question[word.start : word.end].lower(), 0)
        rarity = math.log(1 + (passages + _BEYOND - frequency + 0.5) / (frequency + 0.5))
        inside = (asked.starts >= word.start) & (asked.ends <= word.end)
        if not _is_name(question, word):
            rarity = min(rarity, _COMMON) / max(int(inside.sum()), 1)
        weights[inside] = rarity
    return weights


def _is_name(question: str, word: Span) -> bool:
    """Written like a name or a number; at the beginning every word has a capital."""
    first = question[word.start]
    is_number = first.isdigit() and word.end - word.start > 1
    return is_number or (first.isupper() and word.start > 0)

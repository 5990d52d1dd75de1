"""Late interaction: how well a passage, and each of its sentences, covers the words of a question.

For each token of the question its best match among the tokens of a text, averaged with the
tokens' inverse document frequency as weights: the MaxSim of ColBERT (Khattab and Zaharia,
SIGIR 2020, https://arxiv.org/abs/2004.12832), here with the tokens of the embedding model itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rag.encoders.protocols import Encoder, TokenVectors, Vectors
from rag.store.library import WordCounts
from rag.text.english import COMMON_OPENERS
from rag.text.words import spans, words
from rag.types import RetrievedPassage, Span

# Rarity is computed as if the library had this many more passages: in a small one, a word that
# happens to be missing would otherwise outweigh all the words that are present.
_EXTRA_PASSAGES = 500
# A missing name or number decides; a missing common word may only be worded differently.
_MAX_COMMON_WEIGHT = 4.0
# The share of a sentence's score that comes from the passage around it.
_CONTEXT = 1 / 3
# The title says what a sentence is about, so its words count for every sentence, but for less.
_TITLE = 0.8
# Where the title covers the question, its sentences would tie: their own words then decide.
_OWN = 0.01
# Brackets in a question hold its subject, as follow-up questions do; they are not what it asks.
_BRACKETS = re.compile(r"\([^()]*\)")


class MaxSim:
    """How well one passage covers the words of a question or a claim (0 to 1).

    `query` holds the tokens of the question and `text` those of the passage below its title;
    `weights` is the share of each token of the question, float32 [tokens], and `content` that of
    each token of its content words: those that are neither names nor function words.
    """

    def __init__(
        self,
        passage: RetrievedPassage,
        query: TokenVectors,
        text: TokenVectors,
        weights: Vectors,
        content: Vectors,
    ) -> None:
        title = len(passage.article.heading)
        offset = passage.passage.start - title
        self._starts, self._ends = text.starts + offset, text.ends + offset
        self._query, self.weights, self.content = query, weights, content
        self._cosines = query.vectors @ text.vectors.T
        self._titled = np.where(text.starts < title, _TITLE * self._cosines, 0.0)
        self._around = _best(self._cosines)
        self.score = float(weights @ self._around)

    def sentence_score(self, sentences: Sequence[Span]) -> float:
        """Return how well some sentences cover the question, in their context and below the title."""
        return float(self.weights @ self.token_scores(sentences))

    def token_scores(self, sentences: Sequence[Span]) -> Vectors:
        """Return how well those sentences cover each token: float32 [tokens of the question]."""
        inside = self._inside(sentences)
        if not inside.any():
            return np.zeros_like(self.weights)
        own = np.where(inside, self._cosines, 0.0)
        alone = _best(np.maximum(own, self._titled)) + _OWN * _best(own)
        covered = _CONTEXT * self._around + (1 - _CONTEXT) * alone / (1 + _OWN)
        return np.asarray(covered, dtype=np.float32)

    def own_token_scores(self, sentences: Sequence[Span]) -> Vectors:
        """Return the same without what the title and the rest of the passage cover."""
        return _best(np.where(self._inside(sentences), self._cosines, 0.0))

    def span_similarity(self, query_span: Span, passage_span: Span) -> float:
        """Return how alike a range of the question and one of the article are, each in its context."""
        rows = (self._query.starts >= query_span.start) & (self._query.ends <= query_span.end)
        columns = (self._starts >= passage_span.start) & (self._ends <= passage_span.end)
        if not rows.any() or not columns.any():
            return 0.0
        return float(_best(self._cosines[np.ix_(rows, columns)]).mean())

    def _inside(self, sentences: Sequence[Span]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        inside = np.zeros(len(self._starts), dtype=bool)
        for sentence in sentences:
            inside |= (self._starts >= sentence.start) & (self._ends <= sentence.end)
        return inside


def max_sims(
    query: str,
    passages: Sequence[RetrievedPassage],
    encoder: Encoder,
    *,
    word_counts: WordCounts,
    bracket_weight: float = 1.0,
) -> list[MaxSim]:
    """Return how well each passage covers a question or a claim.

    `bracket_weight` scales the weight of words in brackets.
    """
    asked, *texts = encoder.read([query, *(passage.text_with_heading for passage in passages)])
    weights = _weights(query, asked, word_counts)
    for brackets in _BRACKETS.finditer(query):
        inside = (asked.starts >= brackets.start()) & (asked.ends <= brackets.end())
        weights[inside] *= bracket_weight
    weights /= max(float(weights.sum()), 1e-12)
    content = _content(query, asked) * weights
    content /= max(float(content.sum()), 1e-12)
    return [
        MaxSim(passage, asked, text, weights, content)
        for passage, text in zip(passages, texts, strict=True)
    ]


def rarity(terms: Iterable[str], word_counts: WordCounts) -> dict[str, float]:
    """Return the inverse document frequency of each word, as BM25 has it."""
    total = word_counts.passages + _EXTRA_PASSAGES
    frequencies = {term: word_counts.frequencies.get(term, 0) for term in terms}
    return {
        term: math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        for term, frequency in frequencies.items()
    }


def _best(cosines: Vectors) -> Vectors:
    return np.asarray(cosines.max(axis=1, initial=0.0), dtype=np.float32)


def _weights(query: str, asked: TokenVectors, word_counts: WordCounts) -> Vectors:
    """Return the weight of each token: float32 [tokens]. Punctuation weighs nothing."""
    weights = np.zeros(len(asked.vectors), dtype=np.float32)
    by_word = rarity(words(query), word_counts)
    for word in spans(query):
        weight = by_word[query[word.start : word.end].lower()]
        inside = (asked.starts >= word.start) & (asked.ends <= word.end)
        if not _is_name(query, word):
            weight = min(weight, _MAX_COMMON_WEIGHT) / max(int(inside.sum()), 1)
        weights[inside] = weight
    return weights


def _content(query: str, asked: TokenVectors) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which tokens belong to words that are neither names nor function words."""
    inside = np.zeros(len(asked.vectors), dtype=bool)
    for word in spans(query):
        if not _is_name(query, word) and query[word.start : word.end].lower() not in COMMON_OPENERS:
            inside |= (asked.starts >= word.start) & (asked.ends <= word.end)
    return inside


def _is_name(query: str, word: Span) -> bool:
    """Return whether a word is written like a name or number; the first word always has a capital."""
    first = query[word.start]
    is_number = first.isdigit() and word.end - word.start > 1
    return is_number or (first.isupper() and word.start > 0)

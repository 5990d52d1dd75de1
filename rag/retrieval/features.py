"""What tells a sentence that answers a question from one that only repeats it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from rag.retrieval.answer_type import Content, content_of, expected_answer
from rag.retrieval.fusion import Fused
from rag.retrieval.late_interaction import MaxSim
from rag.retrieval.period import Period
from rag.text.boilerplate import is_boilerplate
from rag.text.english import DEMONSTRATIVES, PRONOUNS
from rag.text.words import jaccard, stems, words
from rag.types import ArticleInfo, RetrievedPassage, Span

# How fast the coverage of a sentence lowers what its agreement with others counts.
_SHARPNESS = 12.0
_OPENING = 150  # characters of an article that count as its beginning
_WEIGHTY = 0.4  # of the largest weight: the words that a question cannot do without
# A token of the question counts as covered from this cosine on, by degrees: the last digits of a
# cosine differ from run to run.
_COVERED, _WIDTH = 0.65, 0.2
_UNKNOWN = 0.55  # the coverage of content words by a usual sentence, for a question without any


@dataclass(frozen=True, slots=True)
class Reading:
    """An excerpt that was read of a `whole` passage, and how it covers the question."""

    passage: RetrievedPassage
    fused: Fused
    cover: MaxSim
    coverage: tuple[float, ...]
    """How well each sentence of the excerpt covers the question (0 to 1)."""
    whole: RetrievedPassage


@dataclass(frozen=True, slots=True)
class Times:
    """The period that a question is about, and the dates it is compared with.

    `today` is the day the question is asked for; `newest` that of the newest article, if that is
    earlier. `is_dated` tells that the question or its asker said which time is meant.
    """

    period: Period
    today: date
    newest: date
    is_dated: bool


@dataclass(frozen=True, slots=True)
class CandidateSentence:
    """A sentence that may be quoted, with its features by name."""

    reading: int
    span: Span
    features: Mapping[str, float]


def candidate_sentences(
    question: str, readings: Sequence[Reading], times: Times
) -> list[CandidateSentence]:
    """Return each sentence that was read, with its features.

    A name of the form "number: new_names" holds for questions that expect such an answer alone.
    """
    asked = frozenset(words(question))
    asked_stems = stems(question)
    kind = expected_answer(question)
    sentences = [
        _Sentence(number, index, span, reading, content_of(reading.passage.quote(span), asked))
        for number, reading in enumerate(readings)
        for index, span in enumerate(reading.passage.passage.sentences)
    ]
    pool = _Pool.of(readings, sentences)
    result = []
    for sentence in sentences:
        typed = _typed(sentence, pool)
        features = {
            **_plain(sentence, pool, asked_stems),
            **recency(sentence.reading.passage.article, times),
            **typed,
            **{f"{kind}: {name}": value for name, value in typed.items()},
        }
        result.append(CandidateSentence(sentence.reading_number, sentence.span, features))
    return result


def recency(article: ArticleInfo, times: Times) -> dict[str, float]:
    """Return how near an article is to the time that a question is about (0 to 1 each)."""
    published, period = article.published, times.period
    if published is None or period.is_past:
        in_period = published is not None and period.first is not None and published in period
        return {"in_period": float(in_period)}
    age = max((times.newest - published).days, 0)
    features = {"within_year": math.exp(-age / 365), "within_season": math.exp(-age / 120)}
    if times.is_dated:
        distance = abs(max((times.today - published).days, -60))
        features["within_month"] = math.exp(-distance / 30)
        features["within_week"] = math.exp(-distance / 7)
    if period.first:
        features["in_period"] = float(published in period)
    return features


@dataclass(frozen=True, slots=True)
class _Sentence:
    reading_number: int
    index: int
    span: Span
    reading: Reading
    content: Content

    @property
    def text(self) -> str:
        return self.reading.passage.quote(self.span)

    @property
    def coverage(self) -> float:
        return self.reading.coverage[self.index]

    @property
    def story(self) -> str:
        article = self.reading.passage.article
        return article.story or article.id


@dataclass(frozen=True, slots=True)
class _Pool:
    """What the sentences are compared with: the best of all, and what other stories hold."""

    coverage: float
    passage: float
    by_article: Mapping[str, Sequence[float]]
    holders: Mapping[str, Mapping[str, float]]
    """For each new word the stories that hold it, each with the weight of its best sentence."""

    @classmethod
    def of(cls, readings: Sequence[Reading], sentences: Sequence[_Sentence]) -> _Pool:
        best = max((sentence.coverage for sentence in sentences), default=0.0)
        by_article = defaultdict(list)
        for reading in readings:
            by_article[reading.passage.article.id].append(reading.cover.score)
        holders: dict[str, dict[str, float]] = defaultdict(dict)
        for sentence in sentences:
            weight = math.exp(_SHARPNESS * (sentence.coverage - best))
            for word in sentence.content.names | sentence.content.numbers:
                stories = holders[word]
                stories[sentence.story] = max(stories.get(sentence.story, 0.0), weight)
        passage = max((reading.cover.score for reading in readings), default=0.0)
        return cls(best, passage, by_article, holders)

    def agreement(self, terms: frozenset[str], story: str) -> float:
        """Return how many other stories hold one of the words, each by its weight, as a logarithm."""
        counts = (
            sum(weight for other, weight in self.holders[term].items() if other != story)
            for term in terms
        )
        return math.log1p(max(counts, default=0.0))


def _plain(sentence: _Sentence, pool: _Pool, asked: frozenset[str]) -> dict[str, float]:
    """Return the features that any question has; `asked` are the stems of its words."""
    reading, text = sentence.reading, sentence.text
    article = reading.passage.article
    tokens = reading.cover.token_scores([sentence.span])
    own_tokens = reading.cover.own_token_scores([sentence.span])
    weights = reading.cover.weights
    content = reading.cover.content
    has_content = bool(content.any())
    covered = np.clip((own_tokens - _COVERED) / _WIDTH, 0, 1)
    weighty = weights >= _WEIGHTY * weights.max(initial=0.0)
    sentence_words, sentence_stems = words(text), stems(text)
    in_article = pool.by_article[article.id]
    return {
        "coverage": sentence.coverage,
        "own_coverage": float(weights @ own_tokens),
        "weakest": float(tokens[weighty].min(initial=1.0)),
        "weakest_own": float(own_tokens[weighty].min(initial=1.0)),
        "covered": float(weights @ covered),
        "content_own_coverage": float(content @ own_tokens) if has_content else _UNKNOWN,
        "content_covered": float(content @ covered) if has_content else _UNKNOWN,
        "content_weakest": float(own_tokens[content > 0].min(initial=1.0)),
        "coverage_lag": sentence.coverage - pool.coverage,
        "passage_coverage": reading.cover.score,
        "passage_lag": reading.cover.score - pool.passage,
        "article_lag": max(in_article) - pool.passage,
        "article_passages": float(len(in_article)),
        "cosine": reading.fused.cosine,
        "bm25": reading.fused.bm25,
        "verbatim": float(reading.fused.is_verbatim),
        "rank": math.log1p(sentence.reading_number),
        "title_overlap": jaccard(stems(article.title), asked),
        "question_overlap": jaccard(sentence_stems, asked),
        "new_words": len(sentence_stems - asked) / max(len(sentence_stems), 1),
        "length": math.log1p(len(sentence_words)),
        "position": math.log1p(sentence.span.start),
        "opening": float(sentence.span.start < _OPENING),
        "pronoun": float(bool({*sentence_words[:1]} & (PRONOUNS | DEMONSTRATIVES))),
        "speech": float("“" in text or '"' in text),
        "question_mark": float("?" in text),
        "boilerplate": float(is_boilerplate(text, article.title)),
    }


def _typed(sentence: _Sentence, pool: _Pool) -> dict[str, float]:
    content = sentence.content
    return {
        "new_names": float(min(len(content.names), 6)),
        "new_numbers": float(min(len(content.numbers), 4)),
        "name_agreement": pool.agreement(content.names, sentence.story),
        "number_agreement": pool.agreement(content.numbers, sentence.story),
        "person": float(content.person),
        "place": float(content.place),
        "date": float(content.date),
        "money": float(content.money),
        "percent": float(content.percent),
    }

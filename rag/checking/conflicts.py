"""Conflicts: sources that state the same quantity with different numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from rag.checking.checker import Checker, CountWords, Finding, number_similarity
from rag.text.english import COMMON_OPENERS, weekdays
from rag.text.numbers import numerals
from rag.text.quantities import YEAR, Quantity, quantities
from rag.text.words import WORD, words
from rag.types import ArticleInfo, Citation, Evidence, Span

_MIN_COVER = 0.6  # of the cited sentence by a passage that lacks its number
_MIN_SIMILARITY = 0.6  # of the two numbers in their contexts
_MIN_SHARED = 0.6  # of the sentence's longer words; a passage with fewer of them is not checked
_MAX_SHORT = 3  # letters of words that are too common to count
_WINDOW = 3  # words on each side of a number
_DATELINE = re.compile(r"^[^—–]{0,60}\d[^—–]{0,60} [—–] ")
# A single event has one year; a recurring one has a year for each time.
_SINGLE_EVENT = re.compile(
    r"\b(?:born|died|founded|established|built|completed|opened|abolished|independence|married)\b"
)
_MAX_TOLL_LAG = 0.15  # by which a sentence may cover the question less and still count the same
_MAX_APART = timedelta(days=60)  # between articles on the same event
_MIN_NAMES = 3  # that two articles on the same event share


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two articles and what each says, as in "12 arches" and "14 arches"."""

    article: ArticleInfo
    phrase: str
    other_article: ArticleInfo
    other_phrase: str

    @property
    def phrases(self) -> frozenset[str]:
        return frozenset((self.phrase.casefold(), self.other_phrase.casefold()))


def conflicts(
    cited: Sequence[Citation],
    evidence: Sequence[Evidence],
    checker: Checker,
    count_words: CountWords,
) -> list[Conflict]:
    """Return the conflicts between cited sentences and passages of other stories.

    Such a passage supports the sentence except for one number, in whose place it has another one
    of the same quantity; or it tells of the same event, and counts the dead or injured differently.
    """
    articles = {passage.article.id: passage.article for passage in evidence}
    pairs: dict[frozenset[str], Conflict] = {}
    for conflict in _tolls(cited, articles, evidence):
        pairs.setdefault(conflict.phrases, conflict)
    for citation in cited:
        article = articles[citation.article_id]
        statement = _DATELINE.sub("", citation.quote)
        others = [
            passage
            for passage in evidence
            if passage.article.story != article.story
            and statement not in passage.text
            and _shared(citation.quote, passage.text) >= _MIN_SHARED
        ]
        if not others or not numerals(statement, article.language_or_default, _WINDOW):
            continue
        for finding in checker.findings(statement, others, count_words):
            for phrase, other_phrase in _differing(statement, finding):
                conflict = Conflict(article, phrase, finding.evidence.article, other_phrase)
                pairs.setdefault(conflict.phrases, conflict)
    return list(pairs.values())


def _differing(statement: str, finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield the one number that a passage lacks and the one in its place, each with its unit."""
    evidence = finding.evidence
    missing = [words for words in finding.missing if words.lower() not in weekdays()]
    if len(missing) != 1 or finding.score < _MIN_COVER:
        return
    language, offset = evidence.article.language_or_default, evidence.passage.start
    in_passage = numerals(evidence.text, language, _WINDOW, offset)
    values = {number.value for number in in_passage}
    inside = [n for n in in_passage if any(_contains(span, n.span) for span in finding.spans)]
    for number in numerals(statement, language, _WINDOW):
        if number.value in values:
            continue
        scored = [(number_similarity(finding.cover, number, n)[0], n) for n in inside]
        best, rival = max(scored, key=lambda pair: pair[0], default=(0.0, number))
        if best < _MIN_SIMILARITY:
            continue
        offset_rival = Span(rival.span.start - offset, rival.span.end - offset)
        phrase = _contradicted(statement, number.span, evidence.text, offset_rival, language)
        if phrase:
            yield phrase


def _contradicted(
    text: str, number: Span, other_text: str, other_number: Span, language: str
) -> tuple[str, str] | None:
    """Return two numbers as their texts put them, if they differ on the same quantity."""
    one = _quantity_at(text, number, language)
    other = _quantity_at(other_text, other_number, language)
    if one and other:
        if not one.is_comparable(other) or one.equals(other):
            return None
        return one.phrase(text), other.phrase(other_text)
    years = text[number.start : number.end], other_text[other_number.start : other_number.end]
    are_years = all(map(YEAR.fullmatch, years))
    return years if are_years and _SINGLE_EVENT.search(text) else None


def _quantity_at(text: str, number: Span, language: str) -> Quantity | None:
    found = quantities(text, language)
    return next((q for q in found if q.span.start <= number.start < q.span.end), None)


def _tolls(
    cited: Sequence[Citation],
    articles: Mapping[str, ArticleInfo],
    evidence: Sequence[Evidence],
) -> Iterator[Conflict]:
    """Yield where another story of the same event counts the dead or injured differently."""
    for citation in cited:
        article = articles[citation.article_id]
        counted = [
            toll for toll in quantities(citation.quote, article.language_or_default) if toll.state
        ]
        others = [
            passage
            for passage in evidence
            if counted
            and passage.article.story != article.story
            and _is_same_event(citation, passage)
        ]
        for toll, passage in product(counted, others):
            if other := _toll(passage, toll, citation.score):
                yield Conflict(article, toll.phrase(citation.quote), passage.article, other)


def _toll(passage: Evidence, toll: Quantity, score: float) -> str | None:
    """Return what the sentence that covers the question best says instead; None if it agrees."""
    language = passage.article.language_or_default
    others = [
        (sentence_score, quantity.phrase(text), quantity)
        for span, sentence_score in zip(
            passage.passage.sentences, passage.sentence_scores, strict=True
        )
        for text in [passage.quote(span)]
        for quantity in quantities(text, language)
        if quantity.state == toll.state and sentence_score >= score - _MAX_TOLL_LAG
    ]
    if not others or any(quantity.equals(toll) for _, _, quantity in others):
        return None
    return max(others, key=lambda item: item[0])[1]


def _is_same_event(citation: Citation, passage: Evidence) -> bool:
    """Return whether two articles of about the same time share the names of what they tell of."""
    first, second = citation.published, passage.article.published
    if first and second and abs(first - second) > _MAX_APART:
        return False
    own = _capitals(f"{citation.title} {citation.quote}")
    return len(own & _capitals(passage.text_with_heading)) >= min(_MIN_NAMES, len(own))


def _capitals(text: str) -> frozenset[str]:
    found = (match.group() for match in WORD.finditer(text))
    return frozenset(
        word.lower() for word in found if word[0].isupper() and word.lower() not in COMMON_OPENERS
    )


def _contains(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _shared(sentence: str, text: str) -> float:
    """Return the share of a sentence's longer words that a text contains (0 to 1)."""
    longer = {word for word in words(sentence) if len(word) > _MAX_SHORT}
    return len(longer & set(words(text))) / max(len(longer), 1)

"""Conflicts: sources that state the same fact with different numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.checking.checker import Checker, CountWords, Finding, number_similarity
from rag.text.english import weekdays
from rag.text.numbers import Numeral, numerals
from rag.text.words import words
from rag.types import ArticleInfo, Citation, Evidence, Span

_MIN_COVER = 0.6  # of the cited sentence by a passage that lacks its number
_MIN_SIMILARITY = 0.6  # of the two numbers in their contexts
_MIN_SHARED = 0.6  # of the sentence's longer words; a passage with fewer of them is not checked
_MAX_SHORT = 3  # letters of words that are too common to count
_WINDOW = 3  # words on each side of a number
_DATELINE = re.compile(r"^[^—–]{0,60}\d[^—–]{0,60} [—–] ")
_YEAR = re.compile(r"1\d{3}|20\d\d")
# A single event has one year; a recurring one has a year for each time.
_SINGLE_EVENT = re.compile(
    r"\b(?:born|died|founded|established|built|completed|opened|abolished|independence|married)\b"
)
_UNIT = re.compile(r"[\s-]*((?:per cent|percent|%|\$|€)|[^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two articles and what each says, as in "12 arches" and "14 arches"."""

    article: ArticleInfo
    phrase: str
    other_article: ArticleInfo
    other_phrase: str


def conflicts(
    cited: Sequence[Citation],
    evidence: Sequence[Evidence],
    checker: Checker,
    count_words: CountWords,
) -> list[Conflict]:
    """Return the conflicts between cited sentences and passages of other stories.

    Such a passage supports the sentence except for one number, in whose place it has another.
    """
    articles = {passage.article.id: passage.article for passage in evidence}
    pairs: dict[frozenset[str], Conflict] = {}
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
                pair = frozenset((phrase.casefold(), other_phrase.casefold()))
                other = finding.evidence.article
                pairs.setdefault(pair, Conflict(article, phrase, other, other_phrase))
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
        phrase = _with_unit(statement, number, 0)
        other_phrase = _with_unit(evidence.text, rival, offset)
        if _are_comparable(phrase, other_phrase, statement):
            yield " ".join(filter(None, phrase)), " ".join(filter(None, other_phrase))


def _contains(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _with_unit(text: str, number: Numeral, offset: int) -> tuple[str, str]:
    """Return a number and the word after it. Its range counts from `offset` before the text."""
    start, end = number.span.start - offset, number.span.end - offset
    unit = _UNIT.match(text, end)
    return text[start:end], (unit and unit[1]) or ""


def _are_comparable(phrase: tuple[str, str], other: tuple[str, str], statement: str) -> bool:
    """Return whether two numbers have the same unit. Years compare only for single events."""
    (number, unit), (other_number, other_unit) = phrase, other
    if unit.casefold() != other_unit.casefold():
        return False
    years = [bool(_YEAR.fullmatch(digits)) for digits in (number, other_number)]
    return not any(years) or (all(years) and bool(_SINGLE_EVENT.search(statement)))


def _shared(sentence: str, text: str) -> float:
    """Return the share of a sentence's longer words that a text contains (0 to 1)."""
    longer = {word for word in words(sentence) if len(word) > _MAX_SHORT}
    return len(longer & set(words(text))) / max(len(longer), 1)

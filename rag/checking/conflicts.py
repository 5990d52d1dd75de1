"""Where sources say the same thing with another number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.checking.checker import Checker, Finding, likeness
from rag.text.numbers import WEEKDAYS, numerals
from rag.text.words import words
from rag.types import Article, Citation, Evidence

_COVER = 0.6  # so well a passage has to cover the sentence whose number it lacks
_ALIKE = 0.6  # so much the words around the two numbers have to be alike
_SHARED = 0.6  # of the sentence's longer words: a passage with fewer of them is not read
_SHORT = 3  # letters of words that every text has
_AROUND = 3  # words on each side of a number
_DATELINE = re.compile(r"^[^—–]{0,60}\d[^—–]{0,60} [—–] ")
_YEAR = re.compile(r"1\d{3}|20\d\d")
# What happens once has one year; of what happens often, each time has its own.
_ONCE = re.compile(
    r"\b(?:born|died|founded|established|built|completed|opened|abolished|independence|married)\b"
)
_UNIT = re.compile(r"[\s-]*((?:per cent|percent|%|\$|€)|[^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two articles, and what the one says and the other, as in "12 arches" and "14 arches"."""

    one: Article
    ours: str
    other: Article
    theirs: str


def conflicts(
    cited: Sequence[Citation], evidence: Sequence[Evidence], checker: Checker
) -> list[Conflict]:
    """Where another story would support a cited sentence if one number of it were another."""
    articles = {each.article.id: each.article for each in evidence}
    found: dict[frozenset[str], Conflict] = {}
    for citation in cited:
        article = articles[citation.article_id]
        said = _DATELINE.sub("", citation.quote)
        others = [
            each
            for each in evidence
            if each.article.story != article.story
            and said not in each.text
            and _shared(citation.quote, each.text) >= _SHARED
        ]
        if not others or not numerals(said, article.read_as, _AROUND):
            continue
        for finding in checker.findings(said, others):
            for ours, theirs in _differing(said, finding):
                pair = frozenset((ours.casefold(), theirs.casefold()))
                found.setdefault(pair, Conflict(article, ours, finding.evidence.article, theirs))
    return list(found.values())


def _differing(quote: str, finding: Finding) -> Iterator[tuple[str, str]]:
    """The one number that a passage lacks, and the one in its place, each with what it counts."""
    article, passage = finding.evidence.article, finding.evidence.passage
    missing = [each for each in finding.missing if each.lower() not in WEEKDAYS]
    if len(missing) != 1 or finding.score < _COVER:
        return
    language = article.read_as
    there = numerals(finding.evidence.text, language, _AROUND, passage.start)
    values = {number.value for number in there}
    for ours in numerals(quote, language, _AROUND):
        if ours.value in values:
            continue
        inside = [
            number
            for number in there
            if any(s.start <= number.span.start and number.span.end <= s.end for s in finding.spans)
        ]
        alike = [(likeness(finding.cover, ours, number)[0], number) for number in inside]
        nearest, theirs = max(alike, key=lambda pair: pair[0], default=(0.0, ours))
        if nearest < _ALIKE:
            continue
        one, two = (
            (text[n.span.start : n.span.end], (_UNIT.match(text, n.span.end) or [""])[1] or "")
            for text, n in ((quote, ours), (article.text, theirs))
        )
        years = [bool(_YEAR.fullmatch(number)) for number, _ in (one, two)]
        if one[1].casefold() == two[1].casefold() and (
            not any(years) or (all(years) and _ONCE.search(quote))
        ):
            yield " ".join(filter(None, one)), " ".join(filter(None, two))


def _shared(sentence: str, text: str) -> float:
    wanted = [word for word in words(sentence) if len(word) > _SHORT]
    return len(set(wanted) & set(words(text))) / max(len(wanted), 1)

"""The English lexicon: function words by grammatical class, and the names of months and days.

All words are in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

QUESTION_WORDS = frozenset("who whom whose what which when where why how".split())

PRONOUNS = frozenset(
    """
    he she it they him her them his hers its their theirs himself herself itself themselves
    """.split()
)
"""Pronouns of the third person, which stand for something mentioned before."""

DEMONSTRATIVES = frozenset("this that these those".split())

AUXILIARIES = frozenset(
    """
    is are was were has have had do does did will would can could shall should may might must
    """.split()
)
PREPOSITIONS = frozenset(
    """
    about above across after against along among around as at before behind below beside besides
    between beyond by despite down during for from in inside into like near of off on onto out
    outside over past since than through throughout to toward towards under until up upon via with
    within without
    """.split()
)

STAND_INS = (
    PRONOUNS
    | DEMONSTRATIVES
    | frozenset(
        """
    there one ones such same other others else former latter rest instead afterwards then too so
    """.split()
    )
)
"""Words that may stand for something mentioned before."""

CONNECTIVES = frozenset("and but or so also plus then".split())

MARKERS = (
    QUESTION_WORDS
    | PRONOUNS - {"he"}
    | DEMONSTRATIVES
    | frozenset(
        """
    the and but did does are were would could should there any anyone anything with from about
    since more really example else of has done
    """.split()
    )
)
"""Words that show that a text is English; other languages write "was", "so" or "he", too."""


def any_of(words: Iterable[str]) -> str:
    """Return a regular expression that matches any of the words, to embed in a larger one."""
    return f"(?:{'|'.join(sorted(map(re.escape, words), reverse=True))})"


@cache
def month_names() -> tuple[str, ...]:
    """Return the full names of the twelve months, in order."""
    (names, *_) = _calendar_names("months", "wide")
    return tuple(names[number].lower() for number in range(1, 13))


@cache
def months() -> Mapping[str, str]:
    """Return the full name of each month by its name and by its abbreviations."""
    return {
        name.lower(): month_names()[number - 1]
        for style in ("wide", "abbreviated")
        for names in _calendar_names("months", style)
        for number, name in names.items()
    }


@cache
def weekdays() -> frozenset[str]:
    """Return the full names of the days of the week."""
    (names, *_) = _calendar_names("days", "wide")
    return frozenset(name.lower() for name in names.values())


def _calendar_names(kind: str, style: str) -> list[Mapping[int, str]]:
    """Return names from Unicode's CLDR in American and in British spelling ("Sep", "Sept")."""
    from babel import Locale  # takes 0.1 s, most of it for reading its data

    return [getattr(Locale.parse(name), kind)["format"][style] for name in ("en", "en_GB")]

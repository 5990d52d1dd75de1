"""What kind of answer a question expects, and what a sentence holds that could be one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.text.english import COMMON_OPENERS, TITLES, months, weekdays
from rag.text.words import words

AnswerType = Literal["number", "person", "date", "place", "reason", "thing", "any"]
ANSWER_TYPES: tuple[AnswerType, ...] = (
    "number",
    "person",
    "date",
    "place",
    "reason",
    "thing",
    "any",
)

# The first pattern that matches decides, so the more specific ones come first.
_EXPECTED: tuple[tuple[AnswerType, re.Pattern[str]], ...] = (
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|old|far|big|tall|fast|often|large|high)\b|\bat what age\b"
            r"|\b(?:what|which) (?:percent|number|share|proportion)|\bpercentage\b"
        ),
    ),
    ("person", re.compile(r"\bwho(?:m|se)?\b")),
    ("date", re.compile(r"\bwhen\b|\b(?:what|which) (?:year|month|day|date|time|century)\b")),
    (
        "place",
        re.compile(
            r"\bwhere\b|\bin which\b|\b(?:what|which) (?:\w+ )?(?:city|country|state|place|location|town"
            r"|region|continent|nation|county|venue|stadium|ocean|sea|island|territory)\b"
        ),
    ),
    ("reason", re.compile(r"\b(?:why|how)\b")),
    ("thing", re.compile(r"\b(?:which|what)\b")),
)
_TOKEN = re.compile(r"[$€£]?\d[\d,.]*%?|[^\W_]+")
_SPELLED = frozenset(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
    thousand million billion trillion dozen half first second third fourth fifth
    """.split()
)
_PERSON = re.compile(r"\b[A-Z][a-z]+(?: [A-Z]\.)? [A-Z][\w’'-]+")
_PLACE = re.compile(r"\b(?:in|at|near|from|of|to|off|on) (?:the )?[A-Z]")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MONEY = re.compile(r"[$€£]\s?\d")
_PERCENT = re.compile(r"\d ?%|percent|per cent")


@dataclass(frozen=True, slots=True)
class Content:
    """What a sentence holds that could answer a question.

    `names` and `numbers` are words, in lower case, that the question lacks. `date` is 1 for a
    year, 2 for a month or a day of the week, 3 for both.
    """

    names: frozenset[str]
    numbers: frozenset[str]
    person: bool
    place: bool
    date: int
    money: bool
    percent: bool


def expected_answer(question: str) -> AnswerType:
    """Return the kind of answer that a question expects; "any" if its words do not tell."""
    lower = question.lower()
    return next((kind for kind, pattern in _EXPECTED if pattern.search(lower)), "any")


@lru_cache(maxsize=1_000)
def content_of(sentence: str, asked: frozenset[str]) -> Content:
    """Return what a sentence holds besides the words that were `asked`, in lower case."""
    names, numbers = set(), set()
    tokens = _TOKEN.findall(sentence)
    for index, token in enumerate(tokens):
        word = token.lower().rstrip(".,")
        if word in asked:
            continue
        if word in _SPELLED or any(map(str.isdigit, word)):
            numbers.add(word)
        elif token[0].isupper() and not _is_common(word) and _is_within_name(tokens, index):
            names.add(word)
    has_day = any(word in months() or word in weekdays() for word in words(sentence))
    return Content(
        names=frozenset(names),
        numbers=frozenset(numbers),
        person=len(names) > 1 and _PERSON.search(sentence) is not None,
        place=bool(names) and _PLACE.search(sentence) is not None,
        date=bool(_YEAR.search(sentence)) + 2 * has_day,
        money=_MONEY.search(sentence) is not None,
        percent=_PERCENT.search(sentence) is not None,
    )


def _is_within_name(tokens: Sequence[str], index: int) -> bool:
    """Return whether a capital means a name: the first word has one anyway, unless a name goes on."""
    return index > 0 or (len(tokens) > 1 and tokens[1][0].isupper())


def _is_common(word: str) -> bool:
    return word in COMMON_OPENERS or word in TITLES or word in months() or word in weekdays()

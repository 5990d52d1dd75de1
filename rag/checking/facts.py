"""Facts of a sentence that can be looked up: numbers, dates, names, quotations, negations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from rag.checking.names import Names, folded, is_same_word, names
from rag.text.english import AUXILIARIES
from rag.text.numbers import held, numbers, times
from rag.text.words import WORD

Kind = Literal["number", "date", "name", "quotation", "address"]

_QUOTED = re.compile(
    r"“([^“”]+)”|«([^«»]+)»|„([^„“”]+)[“”]|(?<!\w)\"([^\"]+)\"|(?<!\w)[‘']([^‘’']{3,})[’'](?!\w)"
)
_ELLIPSIS = re.compile(r"\[?(?:…|\.{3})\]?")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"”’)\]]+|\b[\w.+-]+@[\w-]+\.[\w.]+\b", re.IGNORECASE
)
_NEGATION = re.compile(
    r"\b(?:not(?! (?:only|just|merely|least))|never|no(?!\.)|none|nobody|nothing|neither|nor|cannot)\b|\w*n[’']t\b",
    re.IGNORECASE,
)
# A source may negate with other words than the sentence.
_NEGATION_OF_SOURCE = re.compile(
    _NEGATION.pattern
    + r"|\b(?:without|un(?:able|likely|willing|clear|known)|fail\w*|lack\w*|refus\w+|reject\w*|"
    r"den(?:y|ies|ied)|avoid\w*|prevent\w*|exclud\w+|absen\w+|except|few|little|rarely|hardly|ban(?:s|ned)?|"
    r"prohibit\w*|impossible)\b",
    re.IGNORECASE,
)
# Words between a negation and what it negates.
_SKIPPED = AUXILIARIES | frozenset(
    "a an the any be been being to yet ever even of in on by".split()
)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a source must contain: `words` as in the sentence, or any form in `keys`."""

    kind: Kind
    words: str
    keys: frozenset[str]


def facts(sentence: str, language: str = "en", ordinary: Iterable[str] = ()) -> list[Fact]:
    """Return the facts of a sentence.

    `ordinary` are words that are not names, because the sources write them in lower case.
    """
    addresses = [address.rstrip(".") for address in _ADDRESS.findall(sentence)]
    result = [Fact("address", address, frozenset({address.lower()})) for address in addresses]
    text = _ADDRESS.sub(" ", sentence)
    for match in _QUOTED.finditer(text):
        for words in filter(plain, _ELLIPSIS.split(next(filter(None, match.groups())))):
            result.append(Fact("quotation", words.strip(), frozenset({plain(words)})))
    result += [
        Fact("date" if number.is_date else "number", number.words, number.values)
        for number in numbers(text, language)
    ]
    result += [Fact("name", *name) for name in names(text, language, frozenset(ordinary))]
    return list({(fact.kind, fact.keys): fact for fact in result}.values())


class Source:
    """A text in which facts can be looked up."""

    def __init__(self, text: str, language: str = "en", published: date | None = None) -> None:
        self._plain = f" {plain(text)} "
        self._lower = text.lower()
        self._names = Names(text)
        self._numbers = held(text, language)
        self._times = times(text, published)

    def __contains__(self, fact: Fact) -> bool:
        if fact.kind == "address":
            return any(key in self._lower for key in fact.keys)
        if fact.kind == "quotation":
            return any(f" {key} " in self._plain for key in fact.keys)
        if fact.kind == "name":
            return fact.keys in self._names
        is_time = fact.kind == "date" and not fact.keys.isdisjoint(self._times)
        return is_time or not fact.keys.isdisjoint(self._numbers)


@lru_cache(maxsize=1_000)
def source(text: str, language: str = "en", published: date | None = None) -> Source:
    """Return a text for lookups, from a cache: many sentences are looked up in the same text."""
    return Source(text, language, published)


def plain(text: str) -> str:
    """Return the words of a text without case, accents and punctuation."""
    return " ".join(folded(text))


def denials(sentence: str, source: str) -> tuple[str, ...]:
    """Return what only one of a sentence and its source negates, such as "not attend"."""
    negation = _NEGATION.search(sentence)
    if negation:
        return () if _NEGATION_OF_SOURCE.search(source) else (negation.group(),)
    sentence_words = set(folded(sentence))
    for match in _NEGATION.finditer(source):
        following = folded(source[match.end() :][:60])
        word = next((word for word in following if word not in _SKIPPED), "")
        if any(is_same_word(word, sentence_word) for sentence_word in sentence_words):
            return (f"{match.group().strip()} {word}",)
    return ()


def small_words(text: str) -> frozenset[str]:
    """Return the words that a text writes in lower case."""
    return frozenset(word for word in WORD.findall(text) if word[0].islower())

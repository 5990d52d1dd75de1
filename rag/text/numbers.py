"""Numbers and dates in a text, in digits and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rag.text.english import month_names, months, weekdays
from rag.text.words import WORD
from rag.types import Span

_LETTERS = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
_NUMBER = re.compile(r"(?<![^\W_])(\d+(?:[.,]\d+)*)(?:st|nd|rd|th|s)?(?![^\W\d_](?<![kKmMbBtT%]))")
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_SCALE = re.compile(r"[ \u00a0\u202f-]?([A-Za-z]+)")
SCALES = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mn", "million", "millions"), 1e6),
    **dict.fromkeys(("bn", "b", "billion", "billions"), 1e9),
    **dict.fromkeys(("tn", "t", "trillion", "trillions"), 1e12),
}
_ISO_DATE = re.compile(r"\b\d{4}-(\d\d)-\d\d\b")
_DECADE = re.compile(r"\d0[’']?s\b")
_YEARS = re.compile(r"\b(\d\d)(\d\d)\s?[/–—-]\s?(\d\d)\b(?!-\d)")

# What text2num makes of words. Digits that the text already had are masked as "#" before.
_SPELLED_LANGUAGES = frozenset("en fr es pt de nl da it".split())
_CONVERTED = re.compile(r"(?<![#\d] )(?<!#)\b(\d+)(?:\.\d+)?(?:[^\W\d_]{0,4})")
_CONVERTED_WORD = re.compile(r"(\d+)[^\W\d_]{0,2}")
_LETTER_O = re.compile(r"\bo\b", re.IGNORECASE)  # a zero to text2num, as in "the fourth O'Brien"
_LONGEST_NUMBER = 6  # words of a spelled number

# Numbers that a text implies: "both" are two, and a list of names has as many as it names.
_BOTH = re.compile(r"\b(?:both|pair|couple)\b", re.IGNORECASE)
_NAME = r"(?:[A-Z][\w’'.-]*|the|of|[’']s)(?:\s(?:[A-Z][\w’'.-]*|the|of))*"
_LIST = re.compile(rf"{_NAME}(?:, {_NAME})*,? and {_NAME}")
_LIST_SEPARATOR = re.compile(r",? and |, ")


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a part of a date.

    `words` are those of the text, and `values` what they may mean: a source need hold one of them.
    """

    words: str
    values: frozenset[str]
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class Numeral:
    """A word that is a number, and the words around it; equal numbers have an equal `value`."""

    span: Span
    around: Span
    value: str


def numbers(text: str, language: str) -> Iterator[Number]:
    """Return the numbers in digits and in words; years, days and months count as dates."""
    for match in _LETTERS.finditer(text):
        word = match.group()
        lower = word.lower()
        month = months().get(lower) if word[0].isupper() else None  # "may" and "march" are verbs
        if month or lower in weekdays():
            yield Number(word, frozenset({month or lower}), is_date=True)
    for match in _NUMBER.finditer(text):
        yield _in_digits(match, text)
    yield from _spelled(text, language)


def held(text: str, language: str) -> frozenset[str]:
    """Return the values of all numbers that a text contains or implies."""
    values = {value for number in numbers(text, language) for value in number.values}
    values |= {_last_year(*match.groups()) for match in _YEARS.finditer(text)}
    values |= {str(len(_LIST_SEPARATOR.split(names))) for names in _LIST.findall(text)}
    return frozenset(values | ({"2"} if _BOTH.search(text) else set()))


def times(text: str, published: date | None) -> frozenset[str]:
    """Return the months and weekdays that a text names, and day, month and year of a date."""
    words = {word.lower() for word in WORD.findall(text)}
    names = words & weekdays() | {months()[word] for word in words & months().keys()}
    names |= {
        month_names()[int(month) - 1] for month in _ISO_DATE.findall(text) if 0 < int(month) < 13
    }
    if published:
        names |= {str(published.day), month_names()[published.month - 1], str(published.year)}
    return frozenset(names)


def numerals(text: str, language: str, around: int, offset: int = 0) -> list[Numeral]:
    """Return the words that are numbers, each with up to `around` words on each side.

    Spans count from `offset` characters before the text.
    """
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    result = []
    for index, (start, end) in enumerate(tokens):
        value = worth(text[start:end], language)
        if value:
            first = tokens[max(index - around, 0)]
            last = tokens[min(index + around, len(tokens) - 1)]
            span = Span(offset + start, offset + end)
            result.append(Numeral(span, Span(offset + first[0], offset + last[1]), value))
    return result


@lru_cache(maxsize=50_000)
def worth(word: str, language: str) -> str | None:
    """Return the number that a single word names, in digits or spelled.

    There is none for "one", which is a pronoun as well.
    """
    if word[0].isdigit():
        digits = _NUMBER.fullmatch(word)
        return min(_values(digits[1])) if digits else None
    if language[:2] not in _SPELLED_LANGUAGES:
        return None
    spelled = _CONVERTED_WORD.fullmatch(_converted(word.lower(), language))
    return _key(float(spelled[1])) if spelled and spelled[1] != "1" else None


def names_time(word: str) -> bool:
    """Return whether a word is a month or a day of the week."""
    return word.lower() in months() or word.lower() in weekdays()


def _in_digits(match: re.Match[str], text: str) -> Number:
    scale = _SCALE.match(text, match.end(1))
    factor = SCALES.get(scale[1].lower()) if scale else None
    values = _values(match[1])
    words = match.group()
    if scale and factor:
        words = text[match.start() : scale.end()]
        scaled = _values(match[1], factor)
        values = scaled if len(scale[1]) > 2 else values | scaled  # "2m" may be two metres
    if _DECADE.match(text, match.start()):
        values.add(f"19{match[1]}")
    return Number(words, frozenset(values), _is_date(match[1], text, match.span()))


def _spelled(text: str, language: str) -> Iterator[Number]:
    """Return numbers in words: "twenty-one", "fifth", "three million"."""
    if language[:2] not in _SPELLED_LANGUAGES:
        return
    masked = _LETTER_O.sub("x", re.sub(r"\d", "#", text).replace("-", " "))
    for match in _CONVERTED.finditer(_converted(masked, language)):
        if match[1] != "1":  # "one of them" and "at first" count nothing
            words = _source_words(match.group(), masked, language)
            yield Number(words, frozenset({_key(float(match[1]))}))


@lru_cache(maxsize=50_000)
def _converted(text: str, language: str) -> str:
    """Return a text with its spelled numbers in digits."""
    from text_to_num import alpha2digit

    return str(alpha2digit(text, language[:2], 0))


def _source_words(number: str, text: str, language: str) -> str:
    """Return the words that text2num turned into a number, which it does not tell."""
    words = text.split(" ")
    phrases = (
        " ".join(words[start : start + size]).strip(".,;:!?()“”\"'")
        for size in range(1, _LONGEST_NUMBER + 1)
        for start in range(len(words) - size + 1)
    )
    return next((phrase for phrase in phrases if _converted(phrase, language) == number), number)


def _values(digits: str, factor: float = 1) -> set[str]:
    """Return what digits may mean, times a factor: countries write 1,234 and 1.234 differently."""
    parts = re.split(r"[.,]", digits)
    if _THOUSANDS.fullmatch(digits):
        numbers = ["".join(parts)]
        if len(parts) == 2 and "." in digits:
            numbers.append(digits)
    elif len(parts) <= 2:
        numbers = [".".join(parts)]
    elif _THOUSANDS.fullmatch(digits[: -len(parts[-1]) - 1]):
        numbers = ["".join(parts[:-1]) + "." + parts[-1]]
    else:
        return {digits}  # no number, but a version or an address
    return {_key(float(number) * factor) for number in numbers}


def _last_year(century: str, first: str, last: str) -> str:
    """Return the year in which 1998/99 or 1999/00 ends."""
    return f"{int(century) + (last < first)}{last}"


def _key(value: float) -> str:
    return f"{value:.10g}"


def _is_date(digits: str, text: str, span: tuple[int, int]) -> bool:
    """Return whether a number is a year or stands beside a month."""
    if len(digits) == 4 and digits.isdigit() and 1000 <= int(digits) <= 2100:
        return True
    around = f"{text[max(span[0] - 12, 0) : span[0]]} {text[span[1] : span[1] + 14]}"
    return any(word[0].isupper() and word.lower() in months() for word in _LETTERS.findall(around))

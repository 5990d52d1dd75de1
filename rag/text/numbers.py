"""Numbers and dates in a text, in digits and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rag.text.words import WORD
from rag.types import Span

_COUNTED = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
_DIGITS = re.compile(r"(\d+)[^\W\d_]{0,2}")
_NUMBER = re.compile(r"(?<![^\W_])(\d+(?:[.,]\d+)*)(?:st|nd|rd|th|s)?(?![^\W\d_](?<![kKmMbBtT%]))")
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_SCALE = re.compile(r"[ \u00a0\u202f-]?([A-Za-z]+)")
_SCALES = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mn", "million", "millions"), 1e6),
    **dict.fromkeys(("bn", "b", "billion", "billions"), 1e9),
    **dict.fromkeys(("tn", "t", "trillion", "trillions"), 1e12),
}
_MONTHS = """
    january february march april may june july august september october november december
    """.split()
_MONTH = {name[:size]: name for name in _MONTHS for size in (3, 9)} | {"sept": "september"}
WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_ISO = re.compile(r"\b\d{4}-(\d\d)-\d\d\b")
_DECADE = re.compile(r"\d0[’']?s\b")
_YEARS = re.compile(r"\b(\d\d)(\d\d)\s?[/–—-]\s?(\d\d)\b")
_CONVERTED = re.compile(r"(?<![#\d] )(?<!#)\b(\d+)(?:\.\d+)?(?:[^\W\d_]{0,4})")
_LONGEST_NUMBER = 6  # words of a spelled number
_SPELLED = frozenset("en fr es pt de nl da it".split())
# "Both" are two, and a list of names is as many as it has.
_BOTH = re.compile(r"\b(?:both|pair|couple)\b", re.IGNORECASE)
_NAME = r"(?:[A-Z][\w’'.-]*|the|of|[’']s)(?:\s(?:[A-Z][\w’'.-]*|the|of))*"
_LIST = re.compile(rf"{_NAME}(?:, {_NAME})*,? and {_NAME}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a part of a date; `values` are what it may mean, of which a source has one."""

    words: str
    values: frozenset[str]
    is_date: bool = False


def numbers(text: str, language: str) -> Iterator[Number]:
    """Numbers in digits and in words; years, days and months are dates."""
    for month in re.finditer(r"[^\W\d_]+", text):
        name = _MONTH.get(month.group().lower())
        if (name and month.group()[0].isupper()) or month.group().lower() in WEEKDAYS:
            yield Number(month.group(), frozenset({name or month.group().lower()}), is_date=True)
    for match in _NUMBER.finditer(text):
        scale = _SCALE.match(text, match.end(1))
        factor = _SCALES.get(scale[1].lower()) if scale else None
        values = _values(match[1])
        if factor and scale:
            scaled = {_key(float(value) * factor) for value in values}
            # "2m" may be two metres.
            values = scaled if len(scale[1]) > 2 else values | scaled
        if _DECADE.match(text, match.start()):
            values.add(f"19{match[1]}")
        words = text[match.start() : scale.end()] if factor and scale else match.group()
        is_date = _is_date(match[1], text, match.span())
        yield Number(words, frozenset(values), is_date)
    yield from _spelled(text, language)


def held(text: str, language: str) -> frozenset[str]:
    """The values of the numbers that a text holds, also of those that it only implies."""
    values = {value for number in numbers(text, language) for value in number.values}
    values |= {match[1] + match[3] for match in _YEARS.finditer(text)}
    values |= {str(len(re.split(r",? and |, ", each))) for each in _LIST.findall(text)}
    return frozenset(values | ({"2"} if _BOTH.search(text) else set()))


def times(text: str, published: date | None) -> frozenset[str]:
    """The months and days of the week that a text names, and the parts of a date."""
    words = {word.lower() for word in WORD.findall(text)}
    found = words & WEEKDAYS | {_MONTH[word] for word in words & _MONTH.keys()}
    found |= {_MONTHS[int(month) - 1] for month in _ISO.findall(text) if 0 < int(month) < 13}
    if published:
        found |= {str(published.day), _MONTHS[published.month - 1], str(published.year)}
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A word of a text that is a number, and the words around it; equal numbers have one `value`."""

    span: Span
    around: Span
    value: str


def numerals(text: str, language: str, around: int, offset: int = 0) -> list[Numeral]:
    """The words of a text that are numbers, each with so many words `around` it on each side.

    The text begins at `offset` of what the ranges are counted in.
    """
    words = [match.span() for match in _COUNTED.finditer(text)]
    found = []
    for at, (start, end) in enumerate(words):
        value = worth(text[start:end], language)
        if value:
            first, last = words[max(at - around, 0)], words[min(at + around, len(words) - 1)]
            span = Span(offset + start, offset + end)
            found.append(Numeral(span, Span(offset + first[0], offset + last[1]), value))
    return found


@lru_cache(maxsize=50_000)
def worth(word: str, language: str) -> str | None:
    """The number that a single word names, in digits or spelled; none for "one", a pronoun as well."""
    if word[0].isdigit():
        digits = _NUMBER.fullmatch(word)
        return min(_values(digits[1])) if digits else None
    if language[:2] not in _SPELLED:
        return None
    spelled = _DIGITS.fullmatch(_digits(word.lower(), language))
    return _key(float(spelled[1])) if spelled and spelled[1] != "1" else None


def names_time(word: str) -> bool:
    """Whether a word is a month or a day of the week."""
    return word.lower() in _MONTH or word.lower() in WEEKDAYS


def _spelled(text: str, language: str) -> Iterator[Number]:
    """Numbers in words: "twenty-one", "fifth", "three million"."""
    if language[:2] not in _SPELLED:
        return
    masked = re.sub(r"\d", "#", text).replace("-", " ")
    for match in _CONVERTED.finditer(_digits(masked, language)):
        if match[1] != "1":  # "one of them" and "at first" count nothing
            words = _in_words(match.group(), masked, language)
            yield Number(words, frozenset({_key(float(match[1]))}))


@lru_cache(maxsize=50_000)
def _digits(text: str, language: str) -> str:
    from text_to_num import alpha2digit

    return str(alpha2digit(text, language[:2], 0))


def _in_words(number: str, text: str, language: str) -> str:
    """How a text spells a number; text2num tells the number alone."""
    words = text.split(" ")
    phrases = (
        " ".join(words[at : at + size]).strip(".,;:!?()“”\"'")
        for size in range(1, _LONGEST_NUMBER + 1)
        for at in range(len(words) - size + 1)
    )
    return next((each for each in phrases if _digits(each, language) == number), number)


def _values(digits: str) -> set[str]:
    """What a number in digits may mean: 1,234 and 1.234 are written differently by country."""
    if _THOUSANDS.fullmatch(digits):
        whole = re.sub(r"[.,]", "", digits)
        other = (
            {_key(float(digits.replace(",", ".")))}
            if digits.count(".") + digits.count(",") == 1 and "." in digits
            else set()
        )
        return {_key(float(whole))} | other
    parts = re.split(r"[.,]", digits)
    if len(parts) == 2:
        return {_key(float(".".join(parts)))}
    if len(parts) > 2 and _THOUSANDS.fullmatch(digits[: -len(parts[-1]) - 1]):
        return {_key(float("".join(parts[:-1]) + "." + parts[-1]))}
    return {digits if len(parts) > 2 else _key(float(digits))}


def _key(value: float) -> str:
    return f"{value:.10g}"


def _is_date(digits: str, text: str, span: tuple[int, int]) -> bool:
    """A year, or a number beside a month."""
    if len(digits) == 4 and digits.isdigit() and 1000 <= int(digits) <= 2100:
        return True
    around = f"{text[max(span[0] - 12, 0) : span[0]]} {text[span[1] : span[1] + 14]}"
    beside = re.findall(r"[^\W\d_]+", around)
    return any(word[0].isupper() and word.lower() in _MONTH for word in beside)

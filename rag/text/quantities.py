"""Quantities: a number with its unit, or with what it counts, such as 55 mph or 13 dead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile

from rag.text.english import AUXILIARIES, PREPOSITIONS, months
from rag.text.numbers import SCALES, worth
from rag.types import Span

_SIZES: Mapping[str, Mapping[float, str]] = {
    "time": {
        1: "second seconds sec secs",
        60: "minute minutes min mins",
        3600: "hour hours hr hrs",
        86_400: "day days",
        604_800: "week weeks",
        1_209_600: "fortnight fortnights",
        2_629_800: "month months",
        31_557_600: "year years yr yrs",
        315_576_000: "decade decades",
        3_155_760_000: "century centuries",
    },
    "length": {
        0.001: "millimeter millimeters millimetre millimetres mm",
        0.01: "centimeter centimeters centimetre centimetres cm",
        0.0254: "inch inches",
        0.3048: "foot feet ft",
        0.9144: "yard yards",
        1: "meter meters metre metres m",
        1000: "kilometer kilometers kilometre kilometres km kms",
        1609.344: "mile miles mi",
        1852: "nautical-mile nautical-miles",
    },
    "speed": {
        1000 / 3600: "km/h kph kmh",
        1609.344 / 3600: "mph",
        1852 / 3600: "knot knots",
    },
    "mass": {
        0.001: "gram grams g",
        0.02835: "ounce ounces oz",
        0.45359: "pound pounds lb lbs",
        1: "kilogram kilograms kg kilo kilos",
        1000: "ton tons tonne tonnes",
    },
    "area": {
        1: "square-meter square-meters square-metre square-metres",
        0.0929: "square-foot square-feet",
        4046.86: "acre acres",
        10_000: "hectare hectares",
        1_000_000: "square-kilometer square-kilometers square-kilometre square-kilometres",
        2_589_988: "square-mile square-miles",
    },
    "volume": {
        1: "liter liters litre litres",
        3.78541: "gallon gallons",
        158.987: "barrel barrels",
    },
    "energy": {1: "watt watts", 1e3: "kilowatt kilowatts kw", 1e6: "megawatt megawatts mw"},
    "celsius": {1: "celsius °c"},
    "fahrenheit": {1: "fahrenheit °f"},
    "degree": {1: "degree degrees °"},
    "percent": {1: "% percent percentage"},
    "point": {1: "percentage-point percentage-points"},
    "dollar": {1: "$ us$ dollar dollars usd", 0.01: "cent cents"},
    "euro": {1: "€ euro euros eur"},
    "sterling": {1: "£ gbp"},
    "yen": {1: "¥ yen yuan"},
}
_UNITS: Mapping[str, tuple[str, float]] = {
    name: (dimension, size)
    for dimension, units in _SIZES.items()
    for size, names in units.items()
    for name in names.split()
}
"""Units by their dimension, each with its size in that dimension's first unit of size 1."""

_STATES: Mapping[str, str] = {
    word: state
    for state, words in {
        "dead": "dead died die dies dying death deaths killed kill kills killing fatality fatalities "
        "toll lives perished",
        "injured": "injured injuring injury injuries wounded wounding hurt",
        "missing": "missing unaccounted disappeared",
        "rescued": "rescued survived survivors saved",
        "arrested": "arrested arrests detained detentions detainees",
        "evacuated": "evacuated evacuations displaced",
        "ill": "sick sickened infected infections cases hospitalized hospitalised",
        "hostage": "hostage hostages kidnapped abducted",
    }.items()
    for word in words.split()
}
"""What happened to those who are counted. It says more than "people", which any of them are."""

_ONES = "one|two|three|four|five|six|seven|eight|nine"
_NUMBER = re.compile(
    r"(?P<currency>US\$|[$€£¥])?(?<![\w.,-])"
    rf"(?P<words>\d+(?:[.,]\d+)*(?!\d|st\b|nd\b|rd\b|th\b)|[^\W\d_]+(?:-(?:{_ONES})\b)?)"
)
_SCALE = re.compile(r"[ \u00a0-]?([A-Za-z]+)\b")
_UNIT = re.compile(
    r"[ \u00a0-]?(nautical miles?|square[ -]\w+|percentage points?|km/h|°[CF]?|%|[A-Za-z]+)"
    r"(?: (per|an) (hour)\b)?"
)
_DEGREES = re.compile(r" (celsius|fahrenheit)\b", re.IGNORECASE)
_PER_HOUR = {"mile": "mph", "kilomet": "km/h"}
_END = re.compile(
    r"[;:—–()“”]|[.!?](?:\s|$)|,\s(?!\d)|\b(?:and|while|but|as|after|before|when)\b|\d"
)
_NEAR = 100  # characters on each side of a number in which a state is looked for
_HEDGED = re.compile(
    r"\b(?:about|around|nearly|almost|some|roughly|approximately|more than|over|at least|up to|"
    r"estimated|less than|under|fewer than)\s+(?:US\$|[$€£¥])?$",
    re.IGNORECASE,
)
YEAR = re.compile(r"1\d{3}|20\d\d")
_NO_NOUN = PREPOSITIONS | AUXILIARIES | {"that", "who", "which"}
_PERSONS = frozenset("people persons men women children".split())
_BEFORE, _AFTER = re.compile(r"\b([A-Z]\w+)\.? $"), re.compile(r" ([A-Z]\w+)")
_COUNTED_WORDS = 3  # between a number and the noun that it counts
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text, `value` in the unit of its `dimension` whose size is 1.

    A count has no dimension: `counted` is the noun after the number, and `state` what happened to
    those who are counted, such as "dead". `step` tells how exactly the number is stated, in the
    same unit.
    """

    span: Span
    value: float
    dimension: str
    counted: str
    state: str
    step: float

    def is_comparable(self, other: Quantity) -> bool:
        """Return whether both measure the same, so that different values contradict each other."""
        if self.dimension or other.dimension:
            return self.dimension == other.dimension
        if self.state or other.state:
            return self.state == other.state
        return bool(self.counted) and self.counted == other.counted

    def phrase(self, text: str) -> str:
        """Return the number with its unit or what it counts, as its text puts it."""
        start = self.span.start
        if self.state and not self.counted:  # as in "the death toll has risen to 13"
            before = _WORD.finditer(text, max(start - _NEAR, 0), start)
            states = [word for word in before if _STATES.get(word.group().lower()) == self.state]
            start = states[-1].start() if states else start
        return text[start : self.span.end]

    def equals(self, other: Quantity) -> bool:
        """Return whether both are the same number, as exactly as the rougher of them is stated."""
        tolerance = max(self.step, other.step) / 2 + 1e-9 * abs(self.value)
        return abs(self.value - other.value) <= tolerance


def quantities(text: str, language: str = "en") -> Iterator[Quantity]:
    """Yield the quantities of a text in order, without dates and ordinal numbers."""
    last = 0
    for match in _NUMBER.finditer(text):
        number = worth(match["words"], language) if match.start() >= last else None
        if number is None or not number.replace(".", "").isdigit():
            continue
        end, factor = _scaled(text, match.end(), bool(match["currency"]))
        last = end
        unit, unit_end = _unit(text, end)
        if match["currency"]:
            unit, unit_end = match["currency"].lower(), end
        if not unit and factor == 1 and _is_date(text, match.span("words")):
            continue
        dimension, size = _UNITS.get(unit, ("", 1.0))
        counted, counted_end = ("", unit_end) if dimension else _noun(text, end)
        state = "" if dimension else _state(text, match.start(), end)
        step = _step(match["words"], text[: match.start()]) * factor * size
        value = float(number) * factor * size
        span = Span(match.start(), counted_end)
        yield Quantity(span, value, dimension, counted, state, step)


def _scaled(text: str, end: int, is_money: bool) -> tuple[int, float]:
    """Return where a number ends with its scale, as in "4 million", and the scale."""
    match = _SCALE.match(text, end)
    factor = SCALES.get(match[1].lower(), 1.0) if match else 1.0
    if not match or factor == 1 or not (is_money or len(match[1]) > 2):  # "2m" may be two metres
        return end, 1.0
    return match.end(), factor


def _unit(text: str, end: int) -> tuple[str, int]:
    """Return the unit after a number and where it ends; no unit, and `end`, if there is none."""
    match = _UNIT.match(text, end)
    if not match:
        return "", end
    name = match[1].lower().replace(" ", "-")
    if match[3]:
        speed = next((unit for start, unit in _PER_HOUR.items() if name.startswith(start)), "")
        if speed:
            return speed, match.end()
    if name in {"degrees", "degree"}:
        scale = _DEGREES.match(text, match.end(1))
        if scale:
            return scale[1].lower(), scale.end()
    return (name, match.end(1)) if name in _UNITS else ("", end)


def _state(text: str, start: int, end: int) -> str:
    """Return the state of those who are counted, which stands in the same clause; or nothing."""
    after = _END.split(text[end : end + _NEAR], maxsplit=1)[0]
    before = _END.split(text[max(start - _NEAR, 0) : start])[-1]
    words = [*_WORD.findall(after), *reversed(_WORD.findall(before))]
    return next((_STATES[word.lower()] for word in words if word.lower() in _STATES), "")


def _noun(text: str, end: int) -> tuple[str, int]:
    """Return the noun that a number counts and its end: the first plural among the next words."""
    clause = _END.split(text[end : end + _NEAR], maxsplit=1)[0]
    following = islice(_WORD.finditer(clause), _COUNTED_WORDS)
    nouns = list(takewhile(lambda word: word.group().lower() not in _NO_NOUN, following))
    if not nouns:
        return "", end
    noun = next((word for word in nouns if _is_plural(word.group().lower())), nouns[0])
    return noun.group().lower(), end + noun.end()


def _is_plural(word: str) -> bool:
    return word in _PERSONS or (len(word) > 3 and word.endswith("s") and not word.endswith("ss"))


def _is_date(text: str, span: tuple[int, int]) -> bool:
    """Return whether a number is a year or the day of a month."""
    start, end = span
    if YEAR.fullmatch(text, start, end):
        return True
    around = [_BEFORE.search(text[max(start - 12, 0) : start]), _AFTER.match(text, end)]
    return any(match and match[1].lower() in months() for match in around)


def _step(number: str, before: str) -> float:
    """Return the value of the last digit that is stated exactly: 0.01 for 3.69, 100 for "some 400"."""
    if not number[0].isdigit():
        return 0.0
    decimals = re.fullmatch(r"\d+\.(\d{1,2})", number)
    if decimals:
        return 10.0 ** -len(decimals[1])
    digits = re.sub(r"[.,]", "", number)
    zeros = len(digits) - len(digits.rstrip("0"))
    return 10.0**zeros if zeros > 1 or _HEDGED.search(before) else 0.0

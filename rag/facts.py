"""What in a sentence can be checked word by word: numbers, dates, names, quotations, denials."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from rag.types import Span

Kind = Literal["number", "date", "name", "quotation", "address"]

_WORD = re.compile(r"[^\W_]+")
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
_CONVERTED = re.compile(r"(?<![#\d] )(?<!#)\b(\d+)(?:\.\d+)?(?:[^\W\d_]{0,4})")
_LONGEST_NUMBER = 6  # words of a spelled number
_DECADE = re.compile(r"\d0[’']?s\b")
_YEARS = re.compile(r"\b(\d\d)(\d\d)\s?[/–—-]\s?(\d\d)\b")
_QUOTED = re.compile(
    r"“([^“”]+)”|«([^«»]+)»|„([^„“”]+)[“”]|(?<!\w)\"([^\"]+)\"|(?<!\w)[‘']([^‘’']{3,})[’'](?!\w)"
)
_LEFT_OUT = re.compile(r"\[?(?:…|\.{3})\]?")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"”’)\]]+|\b[\w.+-]+@[\w-]+\.[\w.]+\b", re.IGNORECASE
)
_POSSESSIVE = re.compile(r"[’'`]s\b")
_SHORTENED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_NOT = re.compile(
    r"\b(?:not(?! (?:only|just|merely|least))|never|no(?!\.)|none|nobody|nothing|neither|nor|cannot)\b|\w*n[’']t\b",
    re.IGNORECASE,
)
# A source may deny in other words than the sentence.
_DENIAL = re.compile(
    _NOT.pattern
    + r"|\b(?:without|un(?:able|likely|willing|clear|known)|fail\w*|lack\w*|refus\w+|reject\w*|"
    r"den(?:y|ies|ied)|avoid\w*|prevent\w*|exclud\w+|absen\w+|except|few|little|rarely|hardly|ban(?:s|ned)?|"
    r"prohibit\w*|impossible)\b",
    re.IGNORECASE,
)
_AUXILIARIES = frozenset(
    """
    a an the any be been being is are was were has have had do does did will would can could may
    might must should to yet ever even of in on by
    """.split()
)

# Words that may open a sentence, or be written large, without being a name.
_ORDINARY = frozenset(
    """
    a about above accordingly according across additionally after afterwards again all along
    already also although altogether always among an and another any anyone apart are around as
    aside at available back based because before behind being below beside besides between both
    but by can certain combined compared consequently considering could currently dating
    depending despite did do does due during each earlier either eventually every everyone
    except few fewer finally following for former formerly from further furthermore generally
    given had half has have having he hence her here his how however i if in including indeed
    initially instead into is it its just last later latter less like likewise located many
    meanwhile more moreover most much my named near nearly neither nevertheless next no nobody
    none nonetheless nor not notably nothing now of off often on once one only originally other
    others otherwise our out over overall part people per perhaps previously prior regarding
    roughly she should similarly since so some someone something sometimes soon specifically
    still subsequently such that the their them then there thereafter therefore these they this
    those though through throughout thus to today together too toward towards typically
    ultimately under unlike until up upon us usually various very was we were what whatever when
    whenever where whereas wherever whether which while who whoever whom whose why will with
    within without would yes yet you your
    """.split()
)
# A title goes with a name, and one who tells of it may add it or leave it away.
_TITLES = frozenset(
    """
    mr mrs ms miss dr prof professor sir dame lord lady president vice prime minister secretary
    chancellor king queen prince princess emperor pope saint st general colonel captain admiral
    senator governor mayor judge justice chairman chairwoman director chief former late
    """.split()
)
_COMMON_ENDING = re.compile(
    r".{2,}(?:s|ing|ly|ed|ion|ment|ness|ity|ism|ance|ence|ship|ology|ists?)"
)
# Japan and Japanese, China and Chinese, Britain and British: what may follow what they share.
_ENDINGS = frozenset(
    """
    a ae ai ain an ans e ea ean eans en ers es ese ey i ian ians ic in ish land n ns o s y
    """.split()
) | {""}
_BETTER_KNOWN = {
    "US": frozenset({"america", "american", "americans"}),
    "UK": frozenset({"britain", "british", "britons"}),
    "EU": frozenset({"europe", "european"}),
    "TV": frozenset({"television"}),
}
_INFLECTED = frozenset("s es d ed ing e".split()) | {""}
_SHARED = 4  # letters, at least
_LINKING = frozenset("of the for de la le du des von van".split())
_SPELLED = frozenset("en fr es pt de nl da it".split())


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a source must hold; `words` as the sentence writes it.

    `keys` are the forms of it of which a source must hold one.
    """

    kind: Kind
    words: str
    keys: frozenset[str]


def facts(sentence: str, language: str = "en", ordinary: Iterable[str] = ()) -> list[Fact]:
    """The facts of a sentence.

    `ordinary` are words known to be no names: what the sources write in small letters.
    """
    found = [
        Fact("address", each.rstrip("."), frozenset({each.rstrip(".").lower()}))
        for each in _ADDRESS.findall(sentence)
    ]
    text = _ADDRESS.sub(" ", sentence)
    for match in _QUOTED.finditer(text):
        for words in filter(plain, _LEFT_OUT.split(next(filter(None, match.groups())))):
            found.append(Fact("quotation", words.strip(), frozenset({plain(words)})))
    found += _numbers(text, language)
    found += _names(text, language, frozenset(ordinary) | _ORDINARY)
    return list({(fact.kind, fact.keys): fact for fact in found}.values())


class Source:
    """What a text holds, looked up by facts."""

    def __init__(self, text: str, language: str = "en", published: date | None = None) -> None:
        self._plain = f" {plain(text)} "
        self._lower = text.lower()
        self._words = set(_folded(_bare(text)))
        self._numbers = {key for fact in _numbers(text, language) for key in fact.keys}
        self._numbers |= {match[1] + match[3] for match in _YEARS.finditer(text)}
        self._written = {word for word in _WORD.findall(_bare(text)) if word.isupper()}
        self._abbreviated = _abbreviated(_bare(text))
        self._times = self._words & WEEKDAYS
        if published:
            parts = (str(published.day), _MONTHS[published.month - 1], str(published.year))
            self._times.update(parts)
        self._times |= {_MONTH[word] for word in self._words if word in _MONTH}
        self._times |= {
            _MONTHS[int(month) - 1] for month in _ISO.findall(text) if 0 < int(month) < 13
        }

    def __contains__(self, fact: Fact) -> bool:
        if fact.kind == "address":
            return any(key in self._lower for key in fact.keys)
        if fact.kind == "quotation":
            return any(f" {key} " in self._plain for key in fact.keys)
        if fact.kind == "name":
            return any(map(self._names, fact.keys))
        times = self._times if fact.kind == "date" else frozenset()
        return not fact.keys.isdisjoint(self._numbers | times)

    def _names(self, name: str) -> bool:
        if name.endswith("."):
            return name[:-1] in self._written
        if name.isupper():
            return name in self._written or name in self._abbreviated
        return name in self._words or any(_akin(name, word) for word in self._words)


@lru_cache(maxsize=1_000)
def source(text: str, language: str = "en", published: date | None = None) -> Source:
    """A text looked up by facts; one is asked for many sentences, so it is remembered."""
    return Source(text, language, published)


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
        value = _worth(text[start:end], language)
        if value:
            first, last = words[max(at - around, 0)], words[min(at + around, len(words) - 1)]
            span = Span(offset + start, offset + end)
            found.append(Numeral(span, Span(offset + first[0], offset + last[1]), value))
    return found


def plain(text: str) -> str:
    """The words of a text without case, accents and marks, for comparing quotations."""
    return " ".join(_folded(text))


def denials(sentence: str, source: str) -> tuple[str, ...]:
    """What a sentence denies and its source does not, or the other way round: "not attend"."""
    denied = _NOT.search(sentence)
    if denied:
        return () if _DENIAL.search(source) else (denied.group(),)
    said = set(_folded(sentence))
    for match in _NOT.finditer(source):
        following = (_fold(word) for word in _WORD.findall(source[match.end() :][:60]))
        word = next((word for word in following if word not in _AUXILIARIES), "")
        if any(word == other or _akin(word, other, _INFLECTED) for other in said):
            return (f"{match.group().strip()} {word}",)
    return ()


def small_words(text: str) -> frozenset[str]:
    """The words that a text writes in small letters."""
    return frozenset(word for word in _WORD.findall(text) if word[0].islower())


def _numbers(text: str, language: str) -> Iterator[Fact]:
    """Numbers in digits and in words; years, days and months are dates."""
    for month in re.finditer(r"[^\W\d_]+", text):
        name = _MONTH.get(month.group().lower())
        if (name and month.group()[0].isupper()) or month.group().lower() in WEEKDAYS:
            yield Fact("date", month.group(), frozenset({name or month.group().lower()}))
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
        kind: Kind = "date" if _is_date(match[1], text, match.span()) else "number"
        yield Fact(kind, words, frozenset(values))
    yield from _spelled(text, language)


def _spelled(text: str, language: str) -> Iterator[Fact]:
    """Numbers in words: "twenty-one", "fifth", "three million"."""
    if language[:2] not in _SPELLED:
        return
    masked = re.sub(r"\d", "#", text).replace("-", " ")
    for match in _CONVERTED.finditer(_digits(masked, language)):
        if match[1] != "1":  # "one of them" and "at first" count nothing
            words = _in_words(match.group(), masked, language)
            yield Fact("number", words, frozenset({_key(float(match[1]))}))


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


def _names(text: str, language: str, ordinary: frozenset[str]) -> Iterator[Fact]:
    """Words written large that are not known to be ordinary."""
    bare = _bare(text)
    matches = list(_WORD.finditer(bare))
    initials = _initials(matches, ordinary)
    for number, match in enumerate(matches):
        word = match.group()
        lower = word.lower()
        mixed = word[0].isalpha() and any(map(str.isdigit, word))
        if not (word[0].isupper() or mixed) or lower in _MONTH or lower in WEEKDAYS:
            continue
        if not (word.isupper() and len(word) > 1) and (lower in _TITLES or lower in ordinary):
            continue
        if len(word) == 1 or _worth(word, language):
            continue
        if _opens(bare, match.start()) and not mixed:
            followed = number + 1 < len(matches) and matches[number + 1].group()[0].isupper()
            if not followed and not word.isupper() and _COMMON_ENDING.fullmatch(lower):
                continue
        yield Fact("name", word, _forms(word, initials[number]))


@lru_cache(maxsize=50_000)
def _worth(word: str, language: str) -> str | None:
    """The number that a single word names, in digits or spelled; none for "one", a pronoun as well."""
    if word[0].isdigit():
        digits = _NUMBER.fullmatch(word)
        return min(_values(digits[1])) if digits else None
    if language[:2] not in _SPELLED:
        return None
    spelled = _DIGITS.fullmatch(_digits(word.lower(), language))
    return _key(float(spelled[1])) if spelled and spelled[1] != "1" else None


def _forms(word: str, initials: str) -> frozenset[str]:
    """A name, the other names of its country, and how the name that it is part of is abbreviated.

    In capitals, a form has to be an abbreviation in the source; with a full stop, a written one.
    """
    if word.isupper():
        spelled = {_fold(word)} if len(word) > 3 else set()  # US is not us, nor WHO who
        return frozenset({word, *spelled, *_BETTER_KNOWN.get(word, ())})
    forms = {_fold(word)}
    forms.update(short for short, names in _BETTER_KNOWN.items() if forms & names)
    return frozenset(forms | ({f"{initials}."} if len(initials) > 1 else set()))


def _initials(words: Sequence[re.Match[str]], ordinary: frozenset[str]) -> list[str]:
    """For each word, the first letters of the name that it is part of: UN for both of United Nations."""
    runs: list[list[int]] = [[]]
    for at, word in enumerate(word.group() for word in words):
        if word[0].isupper() and (runs[-1] or word.lower() not in ordinary):
            runs[-1].append(at)
        elif word.lower() not in _LINKING:
            runs.append([])
    found = [""] * len(words)
    for run in runs:
        for at in run:
            found[at] = "".join(words[each].group()[0] for each in run)
    return found


def _opens(text: str, start: int) -> bool:
    """Whether a word is the first of its sentence or of a quotation in it."""
    before = text[:start].rstrip()
    return not re.search(r"\w", before) or before[-1] in "“\"«„:.!?‘'("


def _abbreviated(text: str) -> set[str]:
    """The abbreviations that the names in a text may have: NATO, US."""
    found = set()
    words = _WORD.findall(text)
    for first in range(len(words)):
        letters = ""
        for word in words[first : first + 8]:
            if word[0].isupper():
                letters += word[0]
                if len(letters) > 1:
                    found.add(letters)
            elif word.lower() not in _LINKING:
                break
    return found


def _akin(one: str, other: str, endings: frozenset[str] = _ENDINGS) -> bool:
    """Whether two words are one in two forms, as Japan and Japanese are."""
    shared = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        shared += 1
    return shared >= _SHARED and one[shared:] in endings and other[shared:] in endings


def _bare(text: str) -> str:
    """Text without possessives, and U.S. as US."""
    text = _POSSESSIVE.sub("", text)
    return _SHORTENED.sub(lambda match: match.group().replace(".", ""), text)


def _folded(text: str) -> Iterator[str]:
    return map(_fold, _WORD.findall(text))


def _fold(word: str) -> str:
    """A word without case and accents."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))

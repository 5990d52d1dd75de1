"""A statement made false by one change: another number, date or name, from elsewhere or from its
own paragraph."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evals.english import AFTER_NOUN, AUXILIARIES, DETERMINERS, MONTHS, PREPOSITIONS, RELATIVES
from rag.types import Article


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a statement that can be made false. Only values of one `shape` replace each other."""

    start: int
    end: int
    text: str
    shape: str


@dataclass(frozen=True, slots=True)
class Names:
    """What all the articles tell about words: those written small, of what kind each name is, and
    which names of one shape there are, each with its article."""

    small: frozenset[str]
    kinds: dict[str, str]
    by_shape: dict[str, list[tuple[str, str]]]

    @classmethod
    def of(cls, articles: Iterable[Article]) -> Names:
        texts = {article.id: article.text for article in articles}
        small = frozenset(re.findall(r"\b[a-z]+\b", " ".join(texts.values())))
        kinds = _kinds(list(texts.values()), small)
        found: dict[str, dict[tuple[str, str], None]] = {}
        for article_id, text in texts.items():
            for place in _names(text, kinds, small):
                found.setdefault(place.shape, {})[article_id, place.text] = None
        return cls(small, kinds, {shape: list(names) for shape, names in found.items()})


def falsified(
    text: str, paragraph: str, article_id: str, names: Names, chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """At most one false statement a kind: its kind, its text, and what was changed. A value that is
    swapped stands elsewhere in the paragraph, and another one nowhere there."""
    changes: dict[str, list[tuple[_Place, str]]] = {}
    beside = [place for _, place in _places(paragraph, names)]
    for kind, place in _places(text, names):
        news = _names_elsewhere(place, article_id, names) if kind == "name" else _values(place)
        for new in news:
            if not _occurs(new, paragraph):
                changes.setdefault(kind, []).append((place, new))
        alike = (each.text for each in beside if each.shape == place.shape)
        for new in alike:
            if not _occurs(new, text) and not _related(place, new, paragraph):
                changes.setdefault("swapped", []).append((place, new))
    for kind, found in changes.items():
        place = chance.choice(list(dict.fromkeys(place for place, _ in found)))
        new = chance.choice([new for each, new in found if each == place])
        changed = text[: place.start] + new + text[place.end :]
        yield kind, changed, f"{place.text} -> {new}"


def _places(text: str, names: Names) -> Iterator[tuple[str, _Place]]:
    for kind, patterns in (("number", _NUMBERS), ("date", _DATES)):
        for shape, pattern in patterns.items():
            for match in pattern.finditer(text):
                if not _OPEN.search(text[: match.start()]):
                    yield kind, _Place(match.start(), match.end(), match[0], shape)
    for place in _names(text, names.kinds, names.small):
        yield "name", place


def _occurs(value: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE))


def _related(place: _Place, new: str, paragraph: str) -> bool:
    """Whether two values stand in one list, or one behind the other: what is true of the one is
    likely true of the other, or the two are one thing. Of two places, one may hold the other."""
    other_case = place.text[0].isupper() != new[0].isupper()
    if other_case or place.shape.startswith("place") or _is_part(place.text, new):
        return True
    ends = [rf"(?<!\w){re.escape(each)}(?!\w)" for each in (place.text, new)]
    between = [r"([^.!?]{0,60}?)".join(pair) for pair in (ends, ends[::-1])]
    found = (match for pattern in between for match in re.finditer(pattern, paragraph))
    return any(_LIST.fullmatch(match[1]) for match in found)


def _is_part(name: str, other: str) -> bool:
    """Whether they share a word, but for the last, which tells what they name."""
    return name == other or bool(set(name.split()[:-1]) & set(other.split()[:-1]) - {"of", "the"})


# --- numbers and dates ---------------------------------------------------------------------------

_WORDS = "two three four five six seven eight nine ten eleven twelve".split()
_ORDINALS = "second third fourth fifth sixth seventh eighth ninth tenth".split()
_LISTS = {"word": _WORDS, "ordinal": _ORDINALS}
_MONTH = "|".join(MONTHS)
# Behind these words another value may be true as well, and behind an article it may not fit.
_OPEN = re.compile(r"(?:~|\b(?:an?|over|than|least|exceed\w*|above|minimum of|under|below|up to|most|by|within|after|before|since|until|between(?: [\w,]+ and)?|about|around|approximately|roughly|nearly|almost|some|circa|estimated)(?: the)?) ?$", re.IGNORECASE)  # fmt: skip
_NUMBER = r"(?<![\w.,:/^–×(-])(?<!\b[A-Z] )(?<![A-Z]\w )(?:\d{1,3}(?:,\d{3})+|\d+\.\d+|[2-9]|[1-9]\d{1,2}|(?!20\d\d\b)[2-9]\d{3,})(?! to \d)"
_YEAR = r"(?<![\w.,$£€])(?:1\d|20)\d\d"
_NUMBERS = {
    "share": re.compile(rf"{_NUMBER}(?=\s?(?:%|percent|per cent))"),
    "digits": re.compile(rf"{_NUMBER}(?![\w:/⁄½–%-]|[.,]\d|\s?(?:%|°|×|percent|per cent|BC|CE|AD|{_MONTH}))"),
    "word": re.compile(rf"(?<![\w-])(?:{'|'.join(_WORDS)})\b(?!-)", re.IGNORECASE),
    "ordinal": re.compile(rf"(?<![\w-])(?:{'|'.join(_ORDINALS)})\b(?![ -]centur)", re.IGNORECASE),
}  # fmt: skip
_DATES = {
    "year": re.compile(rf"{_YEAR}(?!\w|[.,]\d|\s?(?:%|°|×|percent|million|square|km\b)| (?!was |is |has |his )[a-z]+s\b)"),
    "decade": re.compile(rf"{_YEAR}(?<=0)s\b"),
}  # fmt: skip


def _values(place: _Place) -> list[str]:
    """Values that a model might say instead: most are near, some are off by a factor."""
    old = place.text
    if place.shape in _LISTS:
        listed = _LISTS[place.shape]
        same_case = [each.title() if old[0].isupper() else each for each in listed]
        at = same_case.index(old)
        return [each for i, each in enumerate(same_case) if 0 < abs(i - at) < 5]
    if place.shape in _DATES:
        steps = (10, 20, 30) if old.endswith("s") else (1, 2, 3, 4, 6, 9, 10, 20)
        years = [int(old[:4]) + sign * step for step in steps for sign in (1, -1)]
        return [f"{year}{old[4:]}" for year in years if year < 2026]
    most = 100 if place.shape == "share" else 1e15
    scaled = [_scaled(old, factor) for factor in (0.1, 0.5, 2, 3, 10, 0.9, 1.2, 1.5)]
    return [each for each in scaled if each and float(each.replace(",", "")) <= most]


def _scaled(old: str, factor: float) -> str:
    """The product, written alike; nothing where it has more decimals."""
    value = round(float(old.replace(",", "")) * factor, 6)
    places = len(old.partition(".")[2])
    if value != round(value, places) or value == 1:
        return ""
    return f"{value:,.{places}f}" if "," in old else f"{value:.{places}f}"


# --- names ---------------------------------------------------------------------------------------

_CAPITAL = r"(?:(?:[A-Z]\.){1,3}(?= ?[A-Z])|(?:St|Dr|Mt)\.(?= [A-Z])|[A-ZÀ-ÖØ-ÞĐŌÖŠŽŁ](?:[\w&-]|['’](?!s\b)(?=[a-zA-Z]))*)"
_NAME = re.compile(rf"(?<![\w./–-])(?>{_CAPITAL}(?: (?:(?:of the|of|de la|de|von|van|du|der|al|ibn|bin|&) )?{_CAPITAL})*)(?!-|–|/|['’](?!s?\b)| \d)")  # fmt: skip
_LIST = re.compile(rf"(?:[\s,&/()“”\"'’–-]|\b(?:and|or|the|of|s)\b|{_CAPITAL})*")
_NO_NAMES = frozenset([*MONTHS, *"Monday Tuesday Wednesday Thursday Friday Saturday Sunday Europe Britain Asia Africa America I II III IV V VI BC AD CE BP".split()])  # fmt: skip
_PLAIN = DETERMINERS | PREPOSITIONS | RELATIVES | AUXILIARIES | frozenset("and or but not also it there he she they we one both all most many some such other several however only if then than because although though once likewise".split())  # fmt: skip
_GIVEN = frozenset("Albert Alexander Andrew Anthony Antoine Benjamin Bill Carl Catherine Charles Christian Daniel David Edward Elizabeth Eric Eugene Francis Frederick Friedrich George Henry Isaac Jack Jacob James Jean Jeff John Joseph Juan Karl Larry Lawrence Leon Louis Ludwig Luke Martin Mary Max Michael Milton Oliver Otto Paul Percy Peter Philip Richard Robert Samuel Stephen Theodor Thomas Victor Walter William".split())  # fmt: skip
_ODD = re.compile(r"-[a-z]|\d|(?:ian|can|ish|ese|nch|[A-Z])\b")
_ROLE = re.compile(r"\b(?!after|over|under|for|or|whether|other|ever|than)\w*(?:er|or|ist|ian|man|king|queen|president|President|General|Minister|scholar|back|son|wife|Dr\.|Rev\.) $")  # fmt: skip
_ACTING = re.compile(r",? (?:who|said|wrote|argued|believed|died|led|won|played|himself|suggested|thought|proposed|discovered|married|threw|served|observed|stated|showed|condemned|claimed|explained)\b| \(\d{4}[–-]|['’]s (?:wife|son|father|mother|death|theory|career|birth|view|idea)")  # fmt: skip
_INSIDE = re.compile(r"\b(?:in|near|throughout|across|outside) (?:the )?$")
_ENDED = re.compile(rf"[.,;)]|['’]s| (?:{AFTER_NOUN})\b")


def _names_elsewhere(place: _Place, article_id: str, names: Names) -> list[str]:
    found = names.by_shape.get(place.shape, [])
    others = (name for article, name in found if article != article_id)
    return [name for name in others if not _is_part(place.text, name)]


def _names(text: str, kinds: dict[str, str], small: frozenset[str]) -> Iterator[_Place]:
    """The names whose kind is known."""
    for start, name in _runs(text, small):
        if name in kinds:
            article = " the" if re.search(r"\b[Tt]he $", text[:start]) else ""
            yield _Place(start, start + len(name), name, kinds[name] + article)


def _runs(text: str, small: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Runs of capitalised words. A word that begins a sentence counts if it is never written small."""
    for match in _NAME.finditer(text):
        start, name = match.start(), match[0]
        while " " in name and name.split()[0].lower() in _PLAIN:
            start, name = start + len(name.split()[0]) + 1, name.split(" ", 1)[1]
        before = text[:start].rstrip(" \n\"“'(")
        first = not before or before[-1] in ".!?"
        common = (first and name.split()[0].lower() in small) or name.lower() in _PLAIN
        if not common and len(name) > 2 and not set(name.split()) & _NO_NAMES:
            yield start, name


def _kinds(texts: list[str], small: frozenset[str]) -> dict[str, str]:
    """Of what kind a name is, for those where its own words or the words around it tell."""
    signs: dict[str, Counter[str]] = {}
    for text in texts:
        for start, name in _runs(text, small):
            end = start + len(name)
            sign = _sign(text[max(0, start - 30) : start], text[end : end + 20])
            signs.setdefault(name, Counter())[sign] += 1
    kinds = {name: _kind(name, found, small) for name, found in signs.items()}
    last = {name.rpartition(" ")[2] for name, kind in kinds.items() if kind == "person"}
    for name, kind in kinds.items():
        if not kind and name in last and not _is_common(name, small):
            kinds[name] = "surname"
    return {name: kind for name, kind in kinds.items() if kind}


def _is_common(name: str, small: frozenset[str]) -> bool:
    return not small.isdisjoint({name.lower(), f"{name.lower()}s"})


def _sign(before: str, after: str) -> str:
    if _ROLE.search(before) or _ACTING.match(after):
        return "person"
    if _INSIDE.search(before) and _ENDED.match(after):
        return "place"
    return "people" if re.search(r"\b[Tt]he $", before) and _ENDED.match(after) else "none"


def _kind(name: str, signs: Counter[str], small: frozenset[str]) -> str:
    """The last word of many a long name tells what it is: "River", "University"."""
    words, person, place = name.split(), signs["person"], signs["place"]
    often = signs.total() / 5
    if len(words) > 1:
        if "of" in words or _ODD.search(name):
            return ""
        told = words[0] in _GIVEN or (person > place and person >= min(3, often))
        return words[-1] if _is_common(words[-1], small) else "person" if told else ""
    if _is_common(name, small) or _ODD.search(name):
        return ""
    if name.endswith("s"):
        return "people" if signs["people"] and not place else ""
    return "place" if place > person and place >= min(3, often) else ""

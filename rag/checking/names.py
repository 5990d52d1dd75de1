"""Names in a text, recognized by their capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rag.text.numbers import names_time, worth
from rag.text.words import WORD

_POSSESSIVE = re.compile(r"[’'`]s\b")
_SHORTENED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
# Words that may have a capital without being a name.
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
# A title goes with a name; a report may add it or leave it out.
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
# Endings that may differ: Japan and Japanese, China and Chinese, Britain and British.
_ENDINGS = frozenset(
    """
    a ae ai ain an ans e ea ean eans en ers es ese ey i ian ians ic in ish land n ns o s y
    """.split()
) | {""}
_INFLECTED = frozenset("s es d ed ing e".split()) | {""}
_SHARED = 4  # letters, at least
_LINKING = frozenset("of the for de la le du des von van".split())
# Entities with several names. Full stops in abbreviations have been removed.
_KNOWN_AS = (
    ("United States", "US", "USA", "America", "American"),
    ("United Kingdom", "UK", "Britain", "British"),
    ("European Union", "EU"),
    ("South Korea", "Republic of Korea", "ROK"),
    ("North Korea", "DPRK"),
    ("China", "PRC"),
    ("Soviet Union", "USSR", "Soviet"),
    ("TV", "television", "Television"),
)


def names(
    text: str, language: str, ordinary: frozenset[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield capitalized words that are not `ordinary`, with their possible forms."""
    ordinary |= _ORDINARY
    bare = _bare(text)
    matches = list(WORD.finditer(bare))
    initials = _initials(matches, ordinary)
    for number, match in enumerate(matches):
        word = match.group()
        lower = word.lower()
        mixed = word[0].isalpha() and any(map(str.isdigit, word))
        if not (word[0].isupper() or mixed) or names_time(word):
            continue
        if not (word.isupper() and len(word) > 1) and (lower in _TITLES or lower in ordinary):
            continue
        if len(word) == 1 or worth(word, language):
            continue
        if _opens(bare, match.start()) and not mixed:
            followed = number + 1 < len(matches) and matches[number + 1].group()[0].isupper()
            if not followed and not word.isupper() and _COMMON_ENDING.fullmatch(lower):
                continue
        yield word, _forms(word, initials[number])


class Names:
    """The names in a text, looked up by their possible forms."""

    def __init__(self, text: str) -> None:
        text = _bare(text)
        text += "".join(f" . {' . '.join(each)}" for each in _KNOWN_AS if _names_one(each, text))
        self._words = set(folded(text))
        self._written = {word for word in WORD.findall(text) if word.isupper()}
        self._abbreviated = _abbreviated(text)

    def __contains__(self, forms: object) -> bool:
        return isinstance(forms, frozenset) and any(map(self._holds, forms))

    def _holds(self, name: str) -> bool:
        if name.endswith("."):
            return name[:-1] in self._written
        if name.isupper():
            return name in self._written or name in self._abbreviated
        return name in self._words or any(_akin(name, word, _ENDINGS) for word in self._words)


def is_same_word(one: str, other: str) -> bool:
    """Return whether two folded words are inflections of one, such as attend and attended."""
    return one == other or _akin(one, other, _INFLECTED)


def folded(text: str) -> Iterator[str]:
    """Yield the words of a text without case and accents."""
    return map(_fold, WORD.findall(text))


def _forms(word: str, initials: str) -> frozenset[str]:
    """Return the forms of a name: itself, and the abbreviation of the name that it is part of.

    A form in capitals must be an abbreviation in the source; one with a full stop must be written
    there.
    """
    if word.isupper():
        spelled = {_fold(word)} if len(word) > 3 else set()  # US is not us, nor WHO who
        return frozenset({word, *spelled})
    return frozenset({_fold(word), *([f"{initials}."] if len(initials) > 1 else [])})


def _initials(words: Sequence[re.Match[str]], ordinary: frozenset[str]) -> list[str]:
    """Return for each word the initials of its whole name: UN for both words of United Nations."""
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
    """Return whether a word is the first of a sentence or of a quotation."""
    before = text[:start].rstrip()
    return not re.search(r"\w", before) or before[-1] in "“\"«„:.!?‘'("


def _abbreviated(text: str) -> set[str]:
    """Return the possible abbreviations of the names in a text, such as NATO."""
    found = set()
    words = WORD.findall(text)
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


def _names_one(names: Sequence[str], text: str) -> bool:
    return any(re.search(rf"\b(?<!People’s )(?<!People's ){name}\b", text) for name in names)


def _akin(one: str, other: str, endings: frozenset[str]) -> bool:
    """Return whether two words differ only in their endings, such as Japan and Japanese."""
    shared = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        shared += 1
    return shared >= _SHARED and one[shared:] in endings and other[shared:] in endings


def _bare(text: str) -> str:
    """Return text without possessives, and with U.S. as US."""
    text = _POSSESSIVE.sub("", text)
    return _SHORTENED.sub(lambda match: match.group().replace(".", ""), text)


def _fold(word: str) -> str:
    """Return a word without case and accents."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))

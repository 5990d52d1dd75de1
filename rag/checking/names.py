"""Names in a text, recognized by their capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rag.text.english import ALIASES, COMMON_OPENERS, INFLECTIONS, NAME_ENDINGS, TITLES
from rag.text.numbers import names_time, worth
from rag.text.words import WORD

_POSSESSIVE = re.compile(r"[’'`]s\b")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
# A single capitalized word with such an ending that begins a sentence is taken for a common word.
_COMMON_ENDING = re.compile(
    r".{2,}(?:s|ing|ly|ed|ion|ment|ness|ity|ism|ance|ence|ship|ology|ists?)"
)
_MIN_STEM = 4  # letters that two forms of a word share
_MAX_NAME = 8  # words of a name that is abbreviated
_LINKING = frozenset("of the for de la le du des von van".split())


def names(
    text: str, language: str, ordinary: frozenset[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield capitalized words that are not `ordinary`, with their possible forms."""
    ordinary |= COMMON_OPENERS
    bare = _bare(text)
    matches = list(WORD.finditer(bare))
    words = [match.group() for match in matches]
    initials = _initials(words, ordinary)
    for index, word in enumerate(words):
        if not _may_be_name(word, language, ordinary):
            continue
        next_word = words[index + 1] if index + 1 < len(words) else ""
        if _opens(bare, matches[index].start()) and _may_be_common(word, next_word):
            continue
        yield word, _forms(word, initials[index])


class Names:
    """The names in a text, looked up by their possible forms."""

    def __init__(self, text: str) -> None:
        text = _bare(text)
        aliases = [names for names in ALIASES if _mentions_any(names, text)]
        text += "".join(f" . {name}" for names in aliases for name in names)
        self._words = set(folded(text))
        self._capitals = {word for word in WORD.findall(text) if word.isupper()}
        self._abbreviations = _abbreviations(text)

    def __contains__(self, forms: object) -> bool:
        return isinstance(forms, frozenset) and any(map(self._holds, forms))

    def _holds(self, name: str) -> bool:
        if name.endswith("."):
            return name[:-1] in self._capitals
        if name.isupper():
            return name in self._capitals or name in self._abbreviations
        return name in self._words or any(
            _share_stem(name, word, NAME_ENDINGS) for word in self._words
        )


def is_same_word(first: str, second: str) -> bool:
    """Return whether two folded words are forms of one word, such as attend and attended."""
    return first == second or _share_stem(first, second, INFLECTIONS)


def folded(text: str) -> Iterator[str]:
    """Yield the words of a text without case and accents."""
    return map(_fold, WORD.findall(text))


def _may_be_name(word: str, language: str, ordinary: frozenset[str]) -> bool:
    """Return whether a word is written like a name and is not ordinary, a number or a date."""
    if len(word) == 1 or not (word[0].isupper() or _has_letters_and_digits(word)):
        return False
    is_ordinary = word.lower() in TITLES or word.lower() in ordinary
    if is_ordinary and not word.isupper():
        return False
    return not names_time(word) and not worth(word, language)


def _may_be_common(word: str, next_word: str) -> bool:
    """Return whether the first word of a sentence may have its capital for that reason alone."""
    if word.isupper() or _has_letters_and_digits(word) or next_word[:1].isupper():
        return False
    return bool(_COMMON_ENDING.fullmatch(word.lower()))


def _has_letters_and_digits(word: str) -> bool:
    return word[0].isalpha() and any(map(str.isdigit, word))


def _forms(word: str, initials: str) -> frozenset[str]:
    """Return the forms of a name: itself, and the abbreviation of the name that it is part of.

    A form in capitals must be an abbreviation in the source; one with a full stop must be written
    there.
    """
    if word.isupper():
        is_long = len(word) > 3  # US is not us, and WHO is not who
        return frozenset({word, _fold(word)} if is_long else {word})
    return frozenset({_fold(word), f"{initials}."} if len(initials) > 1 else {_fold(word)})


def _initials(words: Sequence[str], ordinary: frozenset[str]) -> list[str]:
    """Return for each word the initials of its whole name: UN for both words of United Nations."""
    runs: list[list[int]] = [[]]
    for index, word in enumerate(words):
        if word[0].isupper() and (runs[-1] or word.lower() not in ordinary):
            runs[-1].append(index)
        elif word.lower() not in _LINKING:
            runs.append([])
    initials = [""] * len(words)
    for run in runs:
        for index in run:
            initials[index] = "".join(words[other][0] for other in run)
    return initials


def _opens(text: str, start: int) -> bool:
    """Return whether a word is the first of a sentence or of a quotation."""
    before = text[:start].rstrip()
    return not re.search(r"\w", before) or before[-1] in "“\"«„:.!?‘'("


def _abbreviations(text: str) -> set[str]:
    """Return the possible abbreviations of the names in a text, such as NATO."""
    abbreviations = set()
    words = WORD.findall(text)
    for first in range(len(words)):
        letters = ""
        for word in words[first : first + _MAX_NAME]:
            if word[0].isupper():
                letters += word[0]
                if len(letters) > 1:
                    abbreviations.add(letters)
            elif word.lower() not in _LINKING:
                break
    return abbreviations


def _mentions_any(names: Sequence[str], text: str) -> bool:
    """Return whether a text contains one of the names. A “People’s Republic” is another one."""
    return any(re.search(rf"\b(?<!People’s )(?<!People's ){name}\b", text) for name in names)


def _share_stem(first: str, second: str, endings: frozenset[str]) -> bool:
    """Return whether two words differ only in their endings, such as Japan and Japanese."""
    stem = 0
    for first_letter, second_letter in zip(first, second, strict=False):
        if first_letter != second_letter:
            break
        stem += 1
    return stem >= _MIN_STEM and first[stem:] in endings and second[stem:] in endings


def _bare(text: str) -> str:
    """Return text without possessives, and with U.S. as US."""
    text = _POSSESSIVE.sub("", text)
    return _DOTTED.sub(lambda match: match.group().replace(".", ""), text)


def _fold(word: str) -> str:
    """Return a word without case and accents."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))

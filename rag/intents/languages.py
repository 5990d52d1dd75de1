"""In which language a question is, by its function words."""

from __future__ import annotations

import unicodedata
from collections.abc import Set
from functools import cache

from rag.text.english import MARKERS
from rag.text.words import words

_MIN_WORDS = 2  # function words; a name may contain one, as "Los Angeles" does


def foreign_language(question: str, languages: Set[str]) -> str | None:
    """Return the language of a question if it is clearly none of `languages` (ISO 639-1).

    The name is English, such as "German"; it is empty if only the script is foreign.
    """
    terms = set(words(question))
    if "en" in languages and not MARKERS.isdisjoint(terms):
        return None  # nearly every question ends here, so no lists are loaded
    counts = {name: len(terms & stop_words) for name, stop_words in _stop_words().items()}
    own = [_names()[code] for code in languages if code in _names()]
    most = max(counts.values())
    if most >= _MIN_WORDS and most > max((counts[name] for name in own), default=0):
        return max(counts, key=lambda name: counts[name]).title()
    return "" if "en" in languages and _is_in_other_script(question) else None


def language_name(code: str) -> str:
    """Return the English name of a language, or its code if it is not known."""
    return _names().get(code, code).title()


@cache
def _stop_words() -> dict[str, frozenset[str]]:
    from stop_words import AVAILABLE_LANGUAGES, get_stop_words

    return {name: frozenset(get_stop_words(name)) for name in AVAILABLE_LANGUAGES}


@cache
def _names() -> dict[str, str]:
    """Return the name of each language by its code."""
    from stop_words import LANGUAGE_MAPPING

    return dict(LANGUAGE_MAPPING)


def _is_in_other_script(text: str) -> bool:
    """Return whether most letters are not Latin."""
    letters = [character for character in text if character.isalpha()]
    latin = [letter for letter in letters if "LATIN" in unicodedata.name(letter, "")]
    return len(latin) < len(letters) / 2

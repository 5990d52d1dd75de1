"""Questions to begin with: of the articles themselves, and only such as they answer."""

from __future__ import annotations

import calendar
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rag.langchain import ArticleQA
from rag.text.words import in_one_line
from rag.types import Summary

SEEDS = {
    "Who condemned the missile launch?": "held a telephone meeting with Foreign Minister of Japan",
    "What is the alliance based on?": "held a telephone meeting with Foreign Minister of Japan",
    "How many nuclear tests has North Korea carried out?": "North Korea’s six nuclear tests",
    "What is the Hwasong-12?": "What is the Hwasong-12?",
}
"""Questions about the seed articles, each with words of the title that it needs."""

_MOST = 4
_READ = 12  # articles, the newest
_LONGEST = 60  # characters of a name or a title
_NAMED = 2  # times at least, by the article that is about it
# Words written large, as names are; what opens a sentence may be none.
_WORD = r"[^\W\d_a-z][\w-]*"
_NAME = re.compile(rf"(?P<before>[^\W\d_A-Z] )?\b(?P<name>(?:(?<= )the )?{_WORD}(?: {_WORD})*)")
_TIMES = frozenset([*calendar.month_name, *calendar.day_name])


class Examples:
    """The questions for a library as it is; they are sought once for each state of it."""

    def __init__(self, qa: ArticleQA) -> None:
        self._qa = qa
        self._lock = threading.Lock()
        self._made: dict[str, list[str]] = {}

    def questions(self) -> list[str]:
        """May take seconds the first time: each question is put to the articles."""
        with self._lock:
            version = self._qa.library.version()
            if version not in self._made:
                self._made = {version: self._sought()}
            return self._made[version]

    def _sought(self) -> list[str]:
        articles = self._qa.articles()
        titles = [article.title for article in articles]
        if all(any(words in title for title in titles) for words in SEEDS.values()):
            return list(SEEDS)
        found: list[str] = []
        for question in dict.fromkeys(self._candidates(articles[:_READ])):
            if self._qa.answerable(question):
                found.append(question)
            if len(found) == _MOST:
                break
        return found

    def _candidates(self, articles: Sequence[Summary]) -> Iterator[str]:
        """What a title asks, then what articles speak of by name, then their titles."""
        titles = [in_one_line(article.title) for article in articles]
        yield from (title for title in titles if title.endswith("?") and len(title) <= _LONGEST)
        wholes = [whole for each in articles if (whole := self._qa.article(each.id))]
        named = [names(whole.text) for whole in wholes]
        known = Counter(name for each in named for name in each)
        for whole, counts in zip(wholes, named, strict=True):
            # What the title names, and is named often here and seldom elsewhere, is the subject.
            best = sorted(
                counts,
                key=lambda name: (
                    name.removeprefix("the ") in whole.title,
                    counts[name] / known[name],
                ),
            )
            yield from (f"What is said about {name}?" for name in best[-1:])
        yield from (f"What is said about “{_short(title)}”?" for title in titles)


def names(text: str) -> dict[str, int]:
    """What a text names within its sentences, and how often; once is by chance."""
    found = (match["name"] for match in _NAME.finditer(text) if match["before"])
    kept = (name for name in found if 2 < len(name) <= _LONGEST and name not in _TIMES)
    counts = {name: count for name, count in Counter(kept).items() if count >= _NAMED}
    return {name: count for name, count in counts.items() if not _derived(name, counts)}


def _derived(name: str, counts: Iterable[str]) -> bool:
    """Whether it is another name with an ending, as Korean is of Korea."""
    return any(name != other and re.fullmatch(rf"{re.escape(other)}\w+", name) for other in counts)


def _short(line: str) -> str:
    if len(line) <= _LONGEST:
        return line
    return line[:_LONGEST].rsplit(" ", 1)[0] + "…"

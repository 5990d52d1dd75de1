"""Example questions about the articles in the library, which answer them."""

from __future__ import annotations

import calendar
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future

from rag.langchain import ArticleQA
from rag.text.words import in_one_line, words
from rag.types import Article

SAMPLE_QUESTIONS = {
    "Who condemned the missile launch?": "held a telephone meeting with Foreign Minister of Japan",
    "What is the alliance based on?": "held a telephone meeting with Foreign Minister of Japan",
    "How many nuclear tests has North Korea carried out?": "North Korea’s six nuclear tests",
    "What is the Hwasong-12?": "What is the Hwasong-12?",
}
"""Questions about the sample articles, each with words from the title of the article it needs."""

_MAX_EXAMPLES = 4
_MAX_ARTICLES = 12  # the newest, from which examples are made
_MAX_NAME = 60  # characters of a name or title
_MIN_MENTIONS = 2  # of a name, in the article that is about it
# Names are capitalized within a sentence. The first word of a sentence may not be a name.
_WORD = r"[^\W\d_a-z][\w-]*"
_NAME = re.compile(rf"(?P<before>[^\W\d_A-Z] )?\b(?P<name>(?:(?<= )the )?{_WORD}(?: {_WORD})*)")
_TIMES = frozenset([*calendar.month_name, *calendar.day_name])


class Examples:
    """Finds example questions once for each version of the library."""

    def __init__(self, qa: ArticleQA) -> None:
        self._qa = qa
        self._lock = threading.Lock()  # never held while the examples are found
        self._version: str | None = None
        self._latest: Future[list[str]] = Future()
        self._questions: list[str] | None = None

    def questions(self) -> list[str]:
        """Return the examples.

        They take seconds to find. Meanwhile other callers get those of the previous version; only
        at the very first do they wait.
        """
        version = self._qa.library.version()
        with self._lock:
            latest, previous = self._latest, self._questions
            is_ours = version != self._version
            if is_ours:
                self._version, self._latest = version, Future()
                latest = self._latest
        if not is_ours:
            return latest.result() if latest.done() or previous is None else previous
        try:
            questions = self._find()
        except BaseException as error:
            latest.set_exception(error)
            with self._lock:
                if self._latest is latest:
                    self._version = None  # the next caller tries again
            raise
        latest.set_result(questions)
        with self._lock:
            if self._latest is latest:
                self._questions = questions
        return questions

    def _find(self) -> list[str]:
        with self._qa.library.snapshot() as snapshot:
            if all(snapshot.count(words(title)) for title in SAMPLE_QUESTIONS.values()):
                return list(SAMPLE_QUESTIONS)
            newest = [entry.id for entry in snapshot.listing(limit=_MAX_ARTICLES)]
            by_id = snapshot.articles(newest)
        articles = [by_id[article_id] for article_id in newest]
        answerable: list[str] = []
        for question in dict.fromkeys(candidates(articles)):
            if self._qa.answerable(question):
                answerable.append(question)
            if len(answerable) == _MAX_EXAMPLES:
                break
        return answerable


def candidates(articles: list[Article]) -> Iterator[str]:
    """Yield titles that are questions, then questions about the articles' subjects and titles."""
    titles = [in_one_line(article.title) for article in articles]
    yield from (title for title in titles if title.endswith("?") and len(title) <= _MAX_NAME)
    mentions = [names(article.text) for article in articles]
    totals: Counter[str] = Counter()
    for counts in mentions:
        totals.update(counts.keys())
    for article, counts in zip(articles, mentions, strict=True):
        if counts:
            yield f"What is said about {_subject(article.title, counts, totals)}?"
    yield from (f"What is said about “{_shortened(title)}”?" for title in titles)


def _subject(title: str, counts: dict[str, int], totals: Counter[str]) -> str:
    """Return the name that is in the title, and is frequent here and rare elsewhere."""

    def rank(name: str) -> tuple[bool, float]:
        return name.removeprefix("the ") in title, counts[name] / totals[name]

    return sorted(counts, key=rank)[-1]


def names(text: str) -> dict[str, int]:
    """Return the names in a text and how often each occurs, if it occurs at least twice."""
    matches = (match["name"] for match in _NAME.finditer(text) if match["before"])
    usable = (name for name in matches if 2 < len(name) <= _MAX_NAME and name not in _TIMES)
    counts = {name: count for name, count in Counter(usable).items() if count >= _MIN_MENTIONS}
    return {name: count for name, count in counts.items() if not _is_derived(name, counts)}


def _is_derived(name: str, names: Iterable[str]) -> bool:
    """Return whether a name is another one with an ending, like Korean and Korea."""
    return any(
        name != stem and re.fullmatch(rf"{re.escape(stem)}\w+", name) is not None for stem in names
    )


def _shortened(title: str) -> str:
    if len(title) <= _MAX_NAME:
        return title
    return title[:_MAX_NAME].rsplit(" ", 1)[0] + "…"

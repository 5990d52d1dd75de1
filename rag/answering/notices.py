"""Notices: what a reader should know about an answer besides its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from rag.answering.render import NO_DATE
from rag.checking.conflicts import Conflict
from rag.text.dates import day
from rag.text.words import in_one_line
from rag.types import ArticleInfo, Citation

# Sources are old if the latest article is so much newer, and this share of all articles is newer.
_MAX_AGE, _MIN_NEWER = timedelta(days=365), 0.5


def failed(model: str, reason: str) -> str:
    return f"{model} gave no answer: {reason}. The articles are quoted instead."


def left_out(sentences: int) -> str:
    if sentences == 1:
        return "One sentence was left out because the sources do not support it."
    return f"{sentences} sentences were left out because the sources do not support them."


def nothing_left(model: str) -> str:
    return f"The sources support nothing that {model} wrote. The articles are quoted instead."


def withheld(sentences: int) -> str:
    what = "One sentence that gives" if sentences == 1 else f"{sentences} sentences that give"
    were = "was" if sentences == 1 else "were"
    return f"{what} an instruction or an address without a source {were} left out."


def cut_off(model: str) -> str:
    return f"{model} stopped at its limit, so the answer may not be complete."


def remarked(words: str) -> str:
    return f"Note by the model: {words}"


def age(cited: Sequence[Citation], dates: Sequence[tuple[date, int]]) -> str | None:
    """Return a notice if the cited sources are old compared with the rest.

    `dates` holds each day of publication, in order, with its number of articles.
    """
    published = [citation.published for citation in cited]
    dated = list(filter(None, published))
    if not dates or not dated or len(dated) < len(published):
        return None
    newest, latest = max(dated), dates[-1][0]
    newer = sum(articles for when, articles in dates if when > newest)
    if latest - newest <= _MAX_AGE or newer < _MIN_NEWER * sum(articles for _, articles in dates):
        return None
    return f"The newest source is from {day(newest)}; the latest article is from {day(latest)}."


def disagreement(conflict: Conflict) -> str:
    """Return what two articles say, the newer one last and marked as newer."""
    sides = [(conflict.article, conflict.phrase), (conflict.other_article, conflict.other_phrase)]
    first, second = conflict.article.published, conflict.other_article.published
    if first and second and first > second:
        sides.reverse()
    newer = ", which is newer" if first and second and first != second else ""
    statements = [f"“{phrase}” in {_described(article)}" for article, phrase in sides]
    return f"Sources disagree: {statements[0]}, {statements[1]}{newer}."


def _described(article: ArticleInfo) -> str:
    """Return the title of an article with its source and date."""
    published = day(article.published) if article.published else NO_DATE
    details = ", ".join(filter(None, (article.source, published)))
    return f"“{in_one_line(article.title)}” ({details})"

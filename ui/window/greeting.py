"""What a visitor sees before the first question."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Summary
from ui.window.templates import render

NEWEST = 5  # articles that are listed


def masthead(articles: int, language_model: str | None) -> str:
    """Return the product's name, how many articles it can search and what can be relied on."""
    return render("masthead.html", articles=articles, language_model=language_model)


def invitation(language_model: str | None) -> str:
    """Return the text of an empty conversation."""
    if language_model:
        return "Ask a question. Every sentence of the answer is checked against the articles."
    return "Ask a question. The answer quotes the articles, word for word."


def newest(articles: Sequence[Summary], limit: int = NEWEST) -> str:
    """Return a list of the first articles, up to `limit`."""
    heading = "Newest articles" if len(articles) > limit else "Articles"
    listed = [(article.id, article) for article in articles[:limit]]
    return render("newest.html", heading=heading, articles=listed)


def empty_library(*, has_samples: bool) -> str:
    """Return how to add the first articles."""
    return render("empty_library.html", has_samples=has_samples)

"""A whole article, opened next to the conversation or in the Corpus tab."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.types import Article, Span
from ui.window.paragraphs import Mark, overlaps, paragraphs
from ui.window.templates import render

Quotation = tuple[Span, str]
"""Where words were cited, and the words. An empty span means that they may be anywhere."""


def reader(
    article: Article | None, chosen: Quotation | None = None, others: Iterable[Quotation] = ()
) -> str:
    """Return an article with the chosen quotation marked, and `others` of the same answer faintly.

    A quotation that is no longer at its place is not marked.
    """
    if article is None:
        return render("reader.html", article=None)
    cited = _find(article.text, chosen) if chosen else None
    marks = [Mark(cited)] if cited else []
    for other in others:
        span = _find(article.text, other)
        if span and not (cited and overlaps(span, cited)):
            marks.append(Mark(span, "other"))
    marks.sort(key=lambda mark: mark.span.start)
    return render(
        "reader.html",
        article=article,
        has_changed=chosen is not None and chosen[1] != "" and cited is None,
        paragraphs=paragraphs(article.text, article.title, marks),
    )


def _find(text: str, quotation: Quotation) -> Span | None:
    """Return where a quotation is; line breaks may differ in a copy of the article."""
    span, quote = quotation
    if span.start != span.end:
        return span if text[span.start : span.end] == quote else None
    pattern = r"\s+".join(map(re.escape, quote.split()))
    match = re.search(pattern, text) if pattern else None
    return Span(*match.span()) if match else None

"""The sources of an answer: a card for each citation, or the nearest articles of a refusal."""

from __future__ import annotations

from collections.abc import Iterable

from rag.answering.render import counted, to_text
from rag.types import Answer, Citation, Evidence, Span
from ui.window.paragraphs import Mark, Paragraph, paragraphs
from ui.window.templates import render


def sources(answer: Answer, turn: int) -> str:
    """Return the sources of the answer of a turn; the first has number 1."""
    cards = [] if answer.refused else answer.citations
    return render(
        "sources.html",
        turn=turn,
        heading=heading(answer),
        nearest=[(article.article_id, article) for article in answer.nearest],
        cards=[(citation, _context(citation, answer.evidence)) for citation in cards],
        plain_text=to_text(answer),
    )


def heading(answer: Answer) -> str:
    """Return what is listed: sources, or the nearest articles."""
    if answer.refused and answer.nearest:
        return "Nearest articles"
    if answer.refused or not answer.citations:
        return "No sources"
    return counted(len(answer.citations), "source")


def _context(citation: Citation, evidence: Iterable[Evidence]) -> list[Paragraph] | None:
    """Return the passage in which the cited words were found; None if they are gone."""
    span = Span(citation.start, citation.end)
    for retrieved in evidence:
        passage = retrieved.passage
        if (
            retrieved.article.id == citation.article_id
            and passage.start <= span.start
            and span.end <= passage.end
            and retrieved.quote(span) == citation.quote
        ):
            mark = Mark(Span(span.start - passage.start, span.end - passage.start))
            return paragraphs(retrieved.text, retrieved.article.title, [mark])
    return None

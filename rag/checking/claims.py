"""Sentences of an answer, with the words of the articles that support them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rag.text.words import in_one_line
from rag.types import ArticleInfo, RetrievedPassage, Span, Support


@dataclass(frozen=True, slots=True)
class Quotation:
    """A range of an article with its characters, and how well it answers or supports (0 to 1)."""

    article: ArticleInfo
    span: Span
    text: str
    score: float

    @classmethod
    def of(cls, passage: RetrievedPassage, span: Span, score: float) -> Quotation:
        """Return the quotation of a range that lies within the passage."""
        return cls(passage.article, span, passage.quote(span), score)


@dataclass(frozen=True, slots=True)
class SupportedSentence:
    """A sentence of an answer, its quotations, and how well they support it.

    `as_of` is the day of an older statement, where the answer has a newer one, too.
    """

    text: str
    quotations: tuple[Quotation, ...]
    support: Support
    as_of: date | None = None

    @classmethod
    def quoted(cls, quotation: Quotation, as_of: date | None = None) -> SupportedSentence:
        """Return a sentence that is a quotation, on one line."""
        return cls(in_one_line(quotation.text), (quotation,), Support("supported", 1.0), as_of)

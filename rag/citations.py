"""Sentences with where they stand -> numbered citations."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Article, Citation, Evidence, Nearest, Sentence, Span


@dataclass(frozen=True, slots=True)
class Quotation:
    """A sentence of an article, and how well it answers (0 to 1)."""

    article: Article
    span: Span
    score: float

    @property
    def text(self) -> str:
        return self.article.text[self.span.start : self.span.end]


def cite(quotation: Quotation, number: int) -> Citation:
    article = quotation.article
    return Citation(
        number=number,
        article_id=article.id,
        title=article.title,
        url=article.url,
        quote=quotation.text,
        start=quotation.span.start,
        end=quotation.span.end,
        published=article.published,
        source=article.source,
        author=article.author,
        score=quotation.score,
    )


def quoted(citation: Citation) -> Sentence:
    """A quotation as a sentence of the answer, on one line."""
    return Sentence(" ".join(citation.quote.split()), (citation.number,))


def marked(sentence: Sentence) -> str:
    """A sentence with its [n] marks."""
    return " ".join([sentence.text, *(f"[{number}]" for number in sentence.citations)])


def nearest(evidence: tuple[Evidence, ...], limit: int = 3) -> tuple[Nearest, ...]:
    """The articles that came closest, best first."""
    articles = {each.article.id: each.article for each in evidence}
    return tuple(
        Nearest(article.id, article.title, article.url, article.published, article.source)
        for article in list(articles.values())[:limit]
    )

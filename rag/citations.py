"""Sentences with where they stand -> numbered citations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.types import Article, Citation, Evidence, Nearest, Sentence, Span
from rag.words import in_one_line


@dataclass(frozen=True, slots=True)
class Quotation:
    """A sentence of an article, and how well it answers (0 to 1)."""

    article: Article
    span: Span
    score: float

    @property
    def text(self) -> str:
        return self.article.text[self.span.start : self.span.end]


def cite(quotation: Quotation, number: int, copies: Sequence[Article] = ()) -> Citation:
    """A citation of a sentence; it is also in those copies of its article that hold the same words."""
    article = quotation.article
    said = in_one_line(quotation.text)
    also = [copy for copy in copies if copy.id != article.id and said in in_one_line(copy.text)]
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
        place=article.place,
        score=quotation.score,
        page=article.page(quotation.span.start),
        also=tuple(map(named, also)),
    )


def quoted(citation: Citation) -> Sentence:
    """A quotation as a sentence of the answer, on one line."""
    return Sentence(in_one_line(citation.quote), (citation.number,))


def marked(sentence: Sentence) -> str:
    """A sentence with its [n] marks."""
    return " ".join([sentence.text, *(f"[{number}]" for number in sentence.citations)])


def nearest(evidence: tuple[Evidence, ...], limit: int = 3) -> tuple[Nearest, ...]:
    """The articles that came closest, best first."""
    articles = {each.article.id: each.article for each in evidence}
    return tuple(map(named, list(articles.values())[:limit]))


def named(article: Article) -> Nearest:
    return Nearest(article.id, article.title, article.url, article.published, article.source)

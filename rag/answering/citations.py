"""Sentences with where they stand -> numbered citations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.text.words import in_one_line
from rag.types import Article, Citation, Evidence, Nearest, Sentence, Span, Support


@dataclass(frozen=True, slots=True)
class Quotation:
    """A sentence of an article, and how well it answers (0 to 1)."""

    article: Article
    span: Span
    score: float

    @property
    def text(self) -> str:
        return self.article.text[self.span.start : self.span.end]


@dataclass(frozen=True, slots=True)
class Stated:
    """A sentence of an answer, the words that it rests on, and how well they support it."""

    text: str
    quotations: tuple[Quotation, ...]
    support: Support


class Citations:
    """The citations of an answer, numbered as they come; the same words are cited once.

    `copies` are the articles of each story.
    """

    def __init__(self, copies: Mapping[str, Sequence[Article]]) -> None:
        self._copies = copies
        self._made: dict[tuple[str, Span], Citation] = {}

    @property
    def made(self) -> tuple[Citation, ...]:
        return tuple(self._made.values())

    def sentence(self, stated: Stated) -> Sentence:
        """A sentence with the numbers of its citations."""
        numbers = tuple(dict.fromkeys(map(self._number, stated.quotations)))
        return Sentence(stated.text, numbers, stated.support)

    def _number(self, quotation: Quotation) -> int:
        place = (quotation.article.id, quotation.span)
        if place not in self._made:
            copies = self._copies.get(quotation.article.story, ())
            self._made[place] = cite(quotation, len(self._made) + 1, copies)
        return self._made[place].number


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


def marked(sentence: Sentence) -> str:
    """A sentence with its [n] marks, or with the word that it has none."""
    marks = [f"[{number}]" for number in sentence.citations]
    return " ".join([sentence.text, *(marks or [f"[{verdict(sentence)}]"])])


def verdict(sentence: Sentence) -> str:
    """What is said of a sentence that no source supports, with what they do not hold."""
    missing = ", ".join(f"“{each}”" for each in sentence.support.missing)
    return f"not found in the sources: {missing}" if missing else "not found in the sources"


def nearest(evidence: tuple[Evidence, ...], limit: int = 3) -> tuple[Nearest, ...]:
    """The articles that came closest, best first."""
    articles = {each.article.id: each.article for each in evidence}
    return tuple(map(named, list(articles.values())[:limit]))


def named(article: Article) -> Nearest:
    return Nearest(article.id, article.title, article.url, article.published, article.source)

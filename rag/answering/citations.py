"""Numbered citations for sentences and their quotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rag.checking.claims import Quotation, SupportedSentence
from rag.store.library import Snapshot
from rag.text.dates import day
from rag.text.words import in_one_line
from rag.types import Article, ArticleInfo, Citation, Evidence, Nearest, Sentence, Span


class Citations:
    """The citations of an answer, numbered in order. The same range is cited only once.

    `copies` maps each story to near duplicates of its cited articles.
    """

    def __init__(self, copies: Mapping[str, Sequence[Article]]) -> None:
        self._copies = copies
        self._citations: dict[tuple[str, Span], Citation] = {}

    @property
    def all(self) -> tuple[Citation, ...]:
        return tuple(self._citations.values())

    def sentence(self, supported: SupportedSentence) -> Sentence:
        """Return a sentence with the numbers of its citations."""
        numbers = tuple(dict.fromkeys(map(self._number, supported.quotations)))
        return Sentence(supported.text, numbers, supported.support, supported.as_of)

    def _number(self, quotation: Quotation) -> int:
        place = (quotation.article.id, quotation.span)
        if place not in self._citations:
            copies = self._copies.get(quotation.article.story, ())
            self._citations[place] = cite(quotation, len(self._citations) + 1, copies)
        return self._citations[place].number


def copies_of(
    sentences: Iterable[SupportedSentence], snapshot: Snapshot
) -> dict[str, list[Article]]:
    """Return the near duplicates of all quoted articles, by story.

    Two quoted articles of one story are copies of each other. One that is quoted alone is left out.
    """
    stories = {q.article.id: q.article.story for s in sentences for q in s.quotations}
    quoted = Counter(stories.values())
    alone = [article_id for article_id, story in stories.items() if quoted[story] == 1]
    return snapshot.copies(quoted, besides=alone)


def cite(quotation: Quotation, number: int, copies: Iterable[Article] = ()) -> Citation:
    """Return a citation; it lists those `copies` that contain the same words."""
    article = quotation.article
    words = in_one_line(quotation.text)
    same = [copy for copy in copies if copy.id != article.id and words in in_one_line(copy.text)]
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
        also=tuple(map(reference_to, same)),
    )


def marked(sentence: Sentence) -> str:
    """Return a sentence with its [n] marks, or with a note that no source supports it."""
    marks = [f"[{number}]" for number in sentence.citations]
    return as_of(sentence) + " ".join([sentence.text, *(marks or [f"[{verdict(sentence)}]"])])


def as_of(sentence: Sentence) -> str:
    """Return what comes before a statement that a newer one may have overtaken."""
    return f"As of {day(sentence.as_of)}: " if sentence.as_of else ""


def verdict(sentence: Sentence) -> str:
    """Return the note on an unsupported sentence, with the words that the sources lack."""
    missing = ", ".join(f"“{words}”" for words in sentence.support.missing)
    return f"not found in the sources: {missing}" if missing else "not found in the sources"


def nearest(evidence: Sequence[Evidence], limit: int = 3) -> tuple[Nearest, ...]:
    """Return up to `limit` different articles of the evidence, best first."""
    articles = {passage.article.id: passage.article for passage in evidence}
    return tuple(map(reference_to, list(articles.values())[:limit]))


def reference_to(article: ArticleInfo) -> Nearest:
    return Nearest(article.id, article.title, article.url, article.published, article.source)

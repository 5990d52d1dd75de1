"""The nouns of the product: plain values, made once and never changed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

LONGEST_TITLE = 120  # characters of a title that are read together with each passage


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters [start, end) in an article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """A text with what is known about it. Every citation points into `text`.

    `pages` are the characters at which its pages begin, where it has pages. Articles of one
    `story` are copies of one another.
    """

    id: str
    text: str
    title: str
    url: str
    origin: str
    published: date | None = None
    source: str | None = None
    author: str | None = None
    place: str | None = None
    language: str | None = None
    pages: tuple[int, ...] = ()
    story: str = ""

    @property
    def read_as(self) -> str:
        """The language by whose rules it is read: English, where its own is not known."""
        return self.language or "en"

    def page(self, start: int) -> int | None:
        """The number of the page on which a character stands."""
        return bisect_right(self.pages, start) or None


@dataclass(frozen=True, slots=True)
class Origin:
    """A file or page that was read, and a digest of what it held and of how it was read.

    Of a page, also the address where it was found, and what the server said to recognise it by.
    """

    uri: str
    digest: str
    address: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A line in the list of articles."""

    id: str
    title: str
    published: date | None
    source: str | None
    url: str
    passages: int


@dataclass(frozen=True, slots=True)
class Entry(Summary):
    """An article with where it came from, and when it was ingested: a line in the corpus."""

    origin: str
    ingested: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: what is embedded and retrieved.

    `sentences` are the character ranges in the article's text that can be quoted, in reading
    order; headings are not among them. `key` is a digest of the model and of the words embedded, so equal words share one vector.
    """

    id: str
    article_id: str
    key: str
    start: int
    end: int
    sentences: tuple[Span, ...]


def heading(article: Article) -> str:
    """What the model reads before each passage: a passage rarely names its own subject."""
    return article.title[:LONGEST_TITLE] + "\n"


def in_context(article: Article, passage: Passage) -> str:
    """The words of a passage as the model reads them, behind the article's title."""
    return heading(article) + article.text[passage.start : passage.end]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One passage and how well its words cover the question (0 to 1).

    `sentence_scores` runs parallel to `passage.sentences`.
    """

    article: Article
    passage: Passage
    score: float
    sentence_scores: tuple[float, ...]

    @property
    def text(self) -> str:
        return self.article.text[self.passage.start : self.passage.end]


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quotation: `article.text[start:end] == quote`, always.

    `also` are the copies of the article that hold the same words.
    """

    number: int
    article_id: str
    title: str
    url: str
    quote: str
    start: int
    end: int
    published: date | None
    source: str | None
    author: str | None
    place: str | None
    score: float
    page: int | None = None
    also: tuple[Nearest, ...] = ()


@dataclass(frozen=True, slots=True)
class Nearest:
    """An article by name: one that came close to a question, or a copy of one that is cited."""

    article_id: str
    title: str
    url: str
    published: date | None
    source: str | None


Verdict = Literal["supported", "corrected", "unsupported"]
"""Supported by what was cited; by another passage, so the citation was corrected; by none."""


@dataclass(frozen=True, slots=True)
class Support:
    """How well the sources support a sentence of an answer (`score`, 0 to 1).

    `missing` are its numbers, dates, names, quotations and denials that the nearest passage does not
    hold.
    """

    verdict: Verdict
    score: float
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer and the numbers of the citations that it rests on."""

    text: str
    citations: tuple[int, ...]
    support: Support = Support("supported", 1.0)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles are asked: those published from `after` up to `before`, both days included,
    by one of the `sources`. What is left out does not limit; an article without a date lies in no
    range of dates.
    """

    after: date | None = None
    before: date | None = None
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Scope()


@dataclass(frozen=True, slots=True)
class Searched:
    """How much lay within the scope of a question."""

    passages: int
    articles: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question got: sentences with their citations, or a refusal without any.

    `text` is all of it, with [n] marks. `model` is who worded it: "quote", or a language model.
    `rewritten_question` is what was asked instead of a question that could not stand alone.
    `searched` is what a refusal rests on; an answer rests on its citations.
    `notices` are what a reader should know besides: that sources disagree, that a model failed.
    `timings` maps each step to the seconds that it took.
    """

    question: str
    text: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    refused: bool = False
    nearest: tuple[Nearest, ...] = ()
    searched: Searched | None = None
    notices: tuple[str, ...] = ()
    model: str = "quote"
    rewritten_question: str | None = None
    scope: Scope = Scope()
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    timings: Mapping[str, float] = field(default_factory=dict, repr=False)

    def to_markdown(self) -> str:
        """The answer with footnotes. What articles say is escaped, so none of it is markup."""
        from rag.answering.render import to_markdown

        return to_markdown(self)

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values that `json.dumps` takes; the evidence is left out."""
        from rag.answering.render import to_dict

        return to_dict(self)


@dataclass(frozen=True, slots=True)
class Found:
    """The first thing that a stream tells: the passages that were read for the question."""

    evidence: tuple[Evidence, ...]
    rewritten_question: str | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer's text, as it comes.

    What a language model writes is a draft, its marks the numbers of the passages found: the
    Answer, which comes last, has the checked sentences.
    """

    text: str


Event = Found | Delta | Answer
"""What a stream yields: Found once, Delta any number of times, and the whole Answer last."""

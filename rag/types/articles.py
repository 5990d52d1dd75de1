"""Articles, their passages, and what is found of them for a question."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime

NOT_QUOTABLE = -100.0  # the relevance of a sentence that was not read, or is boilerplate
MAX_HEADING = 120  # characters of a title that are read together with each passage


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters [start, end) in an article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is known about an article, without its text.

    `pages` holds the character offset at which each page begins, for formats with pages. Articles
    with the same `story` are near duplicates of one another.
    """

    id: str
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
    def language_or_default(self) -> str:
        """The language whose rules apply to the text: English if the article does not name one."""
        return self.language or "en"

    @property
    def heading(self) -> str:
        """The line that the encoder reads before each passage, which rarely names its subject."""
        return self.title[:MAX_HEADING] + "\n"

    def page(self, start: int) -> int | None:
        """Return the number of the page that contains the character at `start`."""
        return bisect_right(self.pages, start) or None


@dataclass(frozen=True, slots=True)
class Article(ArticleInfo):
    """An article with its text. Every citation points into `text`."""

    text: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Origin:
    """A file or page that was ingested, and a digest of its content and of how it was read.

    For a page: also the `address` where it was found and the validators that its server sent.
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
    """A summary with the origin of the article and the time when it was ingested."""

    origin: str
    ingested: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: the unit that is embedded and retrieved.

    `sentences` are the character ranges in the article's text that can be quoted, in reading
    order, without headings. `key` is a digest of the model and of the embedded text, so that equal
    texts share one vector.
    """

    id: str
    article_id: str
    key: str
    start: int
    end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage with its text and what is known about its article."""

    article: ArticleInfo
    passage: Passage
    text: str

    @classmethod
    def of(cls, article: Article, passage: Passage) -> RetrievedPassage:
        """Return the passage as it would be retrieved from a library that holds the article."""
        return cls(article, passage, article.text[passage.start : passage.end])

    @property
    def text_with_heading(self) -> str:
        """What the encoder reads: the passage below the title of its article."""
        return self.article.heading + self.text

    def quote(self, span: Span) -> str:
        """Return the characters of a range of the article that lies within the passage."""
        return self.text[span.start - self.passage.start : span.end - self.passage.start]


@dataclass(frozen=True, slots=True)
class Scope:
    """A filter over articles: published from `after` to `before`, both inclusive, by any of `sources`.

    An empty field does not filter. An article without a date is in no range of dates.
    """

    after: date | None = None
    before: date | None = None
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Scope()


@dataclass(frozen=True, slots=True)
class Evidence(RetrievedPassage):
    """A retrieved passage and how well it covers the question (0 to 1).

    `sentence_scores` and `sentence_relevance` run parallel to `passage.sentences`: how well each
    sentence covers the question, and how much better than others it answers it (log-odds).
    """

    score: float
    sentence_scores: tuple[float, ...]
    sentence_relevance: tuple[float, ...]

    @classmethod
    def unread(cls, passage: RetrievedPassage, score: float = 0.0) -> Evidence:
        """Return a passage as evidence of which no sentence is ranked."""
        sentences = len(passage.passage.sentences)
        return cls(
            passage.article,
            passage.passage,
            passage.text,
            score,
            (0.0,) * sentences,
            (NOT_QUOTABLE,) * sentences,
        )

"""The values that travel through the product. All of them are immutable."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

QUOTE = "quote"  # the `model` of an answer that quotes
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


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quotation: `article.text[start:end] == quote` always holds.

    `also` lists near duplicates of the article that contain the same words.
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
    """A reference to an article: a near miss for a question, or a copy of a cited article."""

    article_id: str
    title: str
    url: str
    published: date | None
    source: str | None


Strength = Literal["strong", "fair", "weak"]
FAIR, STRONG = 0.44, 0.6  # the confidence from which an answer is fair, and strong

Verdict = Literal["supported", "corrected", "unsupported"]
"""Supported by the cited passage, by another one (the citation was corrected), or by none."""


@dataclass(frozen=True, slots=True)
class Support:
    """How well the sources support a sentence of an answer (`score`, 0 to 1).

    `missing` lists the numbers, dates, names, quotations and negations of the sentence that the
    closest passage does not contain.
    """

    verdict: Verdict
    score: float
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer and the numbers of the citations that support it."""

    text: str
    citations: tuple[int, ...]
    support: Support = Support("supported", 1.0)


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
class Searched:
    """How much lies within the scope of a question."""

    passages: int
    articles: int


Kind = Literal["answer", "list", "summary", "reply"]
"""An answer or a refusal; articles with a sentence of each; an article's main sentences; or words
that are not about the content of an article, such as a greeting or a count."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question: sentences with their citations, or a refusal with neither.

    `text` is the whole answer with its [n] marks. `model` is "quote" for quoted answers, or the
    name of the language model that wrote it. `rewritten_question` is what was asked in place of a
    question that depends on the conversation. `searched` is what a refusal is based on. `notices`
    tell the reader what else matters: sources that disagree, a model that failed. `timings` maps
    each step to its duration in seconds. `reply` holds the product's own words, which come before
    the sentences: the whole of a "reply", and the heading of a "list" or a "summary".
    `suggestions` are questions that the reader may want to ask next.

    `confidence` is the probability that the passages answer the question, calibrated on news; None
    where nothing was searched. `closest` are the nearest passages to a question that is refused:
    exact quotations, and no answer.
    """

    question: str
    text: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    refused: bool = False
    confidence: float | None = None
    closest: tuple[Citation, ...] = ()
    nearest: tuple[Nearest, ...] = ()
    searched: Searched | None = None
    notices: tuple[str, ...] = ()
    model: str = QUOTE
    rewritten_question: str | None = None
    scope: Scope = Scope()
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    timings: Mapping[str, float] = field(default_factory=dict, repr=False)
    kind: Kind = "answer"
    reply: str = ""
    suggestions: tuple[str, ...] = ()

    @property
    def strength(self) -> Strength | None:
        """The confidence in a word; None for a refusal, and where nothing was searched."""
        if self.confidence is None or self.refused:
            return None
        if self.confidence < FAIR:
            return "weak"
        return "strong" if self.confidence >= STRONG else "fair"

    @property
    def is_quoted(self) -> bool:
        """Whether the sentences are the articles' own."""
        return self.model == QUOTE

    def to_markdown(self) -> str:
        """Return the answer with footnotes. Text from articles is escaped, so it is never markup."""
        from rag.answering.render import to_markdown

        return to_markdown(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer, without its evidence, as values that `json.dumps` accepts."""
        from rag.answering.render import to_dict

        return to_dict(self)


@dataclass(frozen=True, slots=True)
class Found:
    """The first event of a stream: the passages that were read for the question."""

    evidence: tuple[Evidence, ...]
    rewritten_question: str | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer's text as it is produced.

    Text from a language model is a draft whose marks number the passages found. The Answer, which
    comes last, has the checked sentences.
    """

    text: str


Event = Found | Delta | Answer
"""What a stream yields: Found once, Delta any number of times, Answer last."""

"""Answers, the quotations in them, and the events of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from rag.types.articles import Evidence, Scope

QUOTE = "quote"  # the `model` of an answer that quotes


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
FAIR, STRONG = 0.3, 0.65  # the confidence from which an answer is fair, and strong

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
class Usage:
    """The tokens that a language model read and wrote, as it reports them."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer and the numbers of the citations that support it.

    `as_of` is the day of an older statement, where the answer has a newer one, too.
    """

    text: str
    citations: tuple[int, ...]
    support: Support = Support("supported", 1.0)
    as_of: date | None = None


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
    each step to its duration in seconds. `usage` is what the language model took, if it says so. `reply` holds the product's own words, which come before
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
    usage: Usage | None = None
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

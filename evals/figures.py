"""Answers -> figures, each with how it is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals.claims import Claim, EditedClaim
from evals.squad import Question
from rag.types import Answer, Citation, Evidence, Passage, Span


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of questions: `hits` of `asked`."""

    name: str
    counted: str
    hits: int
    asked: int
    goal: float | None = None

    @property
    def share(self) -> float:
        return self.hits / self.asked if self.asked else float("nan")

    @classmethod
    def of(
        cls, name: str, counted: str, are_hits: Iterable[bool], goal: float | None = None
    ) -> Figure:
        hits = list(are_hits)
        return cls(name, counted, sum(hits), len(hits), goal)


Asked = Sequence[tuple[Question, Answer]]


def retrieval(asked: Asked) -> list[Figure]:
    """Whether the right paragraph is among the first passages."""
    return [
        _share(
            "paragraph in the first passage",
            "the first passage overlaps the paragraph with the answer",
            asked,
            lambda question, answer: any(
                _holds(question, passage) for passage in answer.evidence[:1]
            ),
            0.95,
        ),
        _share(
            "paragraph in the first five passages",
            "one of the first five does",
            asked,
            lambda question, answer: any(
                _holds(question, passage) for passage in answer.evidence[:5]
            ),
            0.99,
        ),
        _share(
            "gold answer in the first passage",
            "stricter: the first passage contains the characters of a gold answer",
            asked,
            lambda question, answer: any(
                _spans(question, passage) for passage in answer.evidence[:1]
            ),
        ),
    ]


def quoting(asked: Asked) -> list[Figure]:
    """Whether the quoted sentences contain a gold answer; a refused question counts as a miss."""
    return [
        _share(
            "quoted answer contains a gold answer",
            "one of its sentences does, ignoring case and white space; a refusal counts as a miss",
            asked,
            lambda question, answer: any(
                _contains(question, citation) for citation in answer.citations
            ),
            0.90,
        ),
        _share(
            "first quoted sentence contains a gold answer",
            "its first sentence does; a refusal counts as a miss",
            asked,
            lambda question, answer: any(_contains(question, c) for c in answer.citations[:1]),
            0.80,
        ),
    ]


def citing(asked: Asked) -> list[Figure]:
    """Whether cited ranges contain a gold answer: precision and recall of the citations."""
    answered = [(question, answer) for question, answer in asked if answer.citations]
    cited = [(question, citation) for question, answer in answered for citation in answer.citations]
    return [
        Figure(
            "precision of the citations",
            "of all cited ranges, those that contain a gold answer",
            sum(_contains(question, citation) for question, citation in cited),
            len(cited),
        ),
        Figure(
            "recall of the citations",
            "of the questions that are answered, those with a gold answer in a cited range",
            sum(any(_contains(question, c) for c in a.citations) for question, a in answered),
            len(answered),
        ),
    ]


def refusal(asked: Asked, present: frozenset[str], which: str) -> list[Figure]:
    """With some articles left out: their questions should be refused, the others answered."""
    inside = [pair for pair in asked if pair[0].article_id in present]
    outside = [pair for pair in asked if pair[0].article_id not in present]
    return [
        _share(
            f"refused, {which} left out",
            "questions about the articles that were left out",
            outside,
            lambda _, answer: answer.refused,
            0.97,
        ),
        _share(
            f"answered, {which} left out",
            "questions about the articles that stayed",
            inside,
            lambda _, answer: not answer.refused,
            0.95,
        ),
    ]


def exactness(asked: Asked, texts: Mapping[str, str]) -> Figure:
    """Compare every citation with the text of its article; `texts` are by article id."""
    pairs = [(cited, texts[cited.article_id]) for _, answer in asked for cited in answer.citations]
    exact = sum(text[cited.start : cited.end] == cited.quote for cited, text in pairs)
    return Figure(
        "exact citations", "article.text[start:end] == quote", exact, len(pairs), goal=1.0
    )


def _share(
    name: str,
    counted: str,
    asked: Asked,
    is_hit: Callable[[Question, Answer], bool],
    goal: float | None = None,
) -> Figure:
    return Figure.of(name, counted, (is_hit(*pair) for pair in asked), goal)


def meets(asked: Question | Claim | EditedClaim, article_id: str, place: Span | Passage) -> bool:
    """Whether a place in an article overlaps the paragraph that a question or claim is about."""
    return (
        article_id == asked.article_id
        and place.start < asked.paragraph.end
        and asked.paragraph.start < place.end
    )


def _holds(question: Question, evidence: Evidence) -> bool:
    return meets(question, evidence.article.id, evidence.passage)


def _spans(question: Question, evidence: Evidence) -> bool:
    passage = evidence.passage
    return passage.article_id == question.article_id and any(
        passage.start <= span.start and span.end <= passage.end for span in question.spans
    )


def _contains(question: Question, citation: Citation) -> bool:
    quote = normal(citation.quote)
    return any(normal(answer) in quote for answer in question.answers)


def normal(text: str) -> str:
    """Text with case and white space put aside."""
    return " ".join(text.casefold().split())


def table(found: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = [
        f"| {figure.name} | {figure.share:.1%} | {figure.hits} of {figure.asked} |"
        f" {'' if figure.goal is None else f'{figure.goal:.0%}'} | {figure.counted} |"
        for figure in found
    ]
    return "\n".join(["| figure | share | | goal | counted |", "|---|---|---|---|---|", *rows])

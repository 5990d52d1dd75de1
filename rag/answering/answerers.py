"""Evidence -> the sentences of an answer: quoted, or written by a language model and checked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig

from rag.answering import prompts
from rag.answering.citations import Quotation, Stated
from rag.answering.drafts import Said, read
from rag.checking.checker import Checker
from rag.checking.facts import facts
from rag.errors import ModelError
from rag.llm.models import QUOTE
from rag.llm.streaming import pieces
from rag.text.numbers import numerals
from rag.text.words import in_one_line, overlap
from rag.types import Delta, Evidence, Support

_REPEAT = 0.7  # two sentences that share so many of their words say the same thing
_MARGIN = 0.12  # a sentence so much weaker than the best one adds nothing
LONGEST_DRAFT = 5_000  # characters that a model may write


@dataclass(frozen=True, slots=True)
class Remark:
    """What a model says about its sources: no claim, so nothing that they could support."""

    text: str


class Answerer(Protocol):
    """Chooses or writes what is said to a question that the evidence answers."""

    @property
    def model(self) -> str:
        """Who answers: "quote", or the name of a language model."""

    def answer(
        self,
        question: str,
        evidence: Sequence[Evidence],
        *,
        stop: threading.Event | None = None,
        config: RunnableConfig | None = None,
    ) -> Iterator[Delta | Remark | Stated]:
        """Pieces of a draft as they come, if there is one; then remarks about the sources, and the
        sentences of the answer, each with where it stands. No sentence at all is a refusal.
        """


@dataclass(frozen=True, slots=True)
class QuotingAnswerer:
    """Answers in the articles' own words: the best sentences, verbatim. Needs no language model."""

    sentences: int = 3
    model: str = QUOTE

    def answer(
        self,
        question: str,
        evidence: Sequence[Evidence],
        *,
        stop: threading.Event | None = None,
        config: RunnableConfig | None = None,
    ) -> Iterator[Stated]:
        """The best sentences first, none that repeats another and none far behind the best."""
        scored = sorted(_quotations(evidence), key=lambda quotation: -quotation.score)
        chosen: list[Quotation] = []
        for quotation in scored:
            if len(chosen) == self.sentences or quotation.score < scored[0].score - _MARGIN:
                return
            if not any(_repeats(quotation, other) for other in chosen):
                chosen.append(quotation)
                text = in_one_line(quotation.text)
                yield Stated(text, (quotation,), Support("supported", 1.0))


@dataclass(frozen=True, slots=True)
class WritingAnswerer:
    """Answers in the words of a language model, every sentence of which is checked."""

    chat: BaseChatModel
    checker: Checker
    model: str
    seconds: float = 120.0

    def answer(
        self,
        question: str,
        evidence: Sequence[Evidence],
        *,
        stop: threading.Event | None = None,
        config: RunnableConfig | None = None,
    ) -> Iterator[Delta | Remark | Stated]:
        """The draft as it is written, then its sentences, checked.

        Raises ModelError when the model fails, needs too long or says nothing.
        """
        draft = ""
        messages = prompts.answering(question, evidence)
        written = pieces(self.chat, messages, seconds=self.seconds, stop=stop, config=config)
        for piece in written:
            draft += piece
            yield Delta(piece)
            if len(draft) > LONGEST_DRAFT:
                written.close()  # type: ignore[attr-defined]
                break
        if stop and stop.is_set():
            return
        said = read(draft)
        if not said:
            raise ModelError("it wrote nothing")
        yield from self._checked(question, said, evidence)

    def _checked(
        self, question: str, said: Sequence[Said], evidence: Sequence[Evidence]
    ) -> Iterator[Remark | Stated]:
        asked = {fact.keys for fact in facts(question)}
        remarks = [
            each.is_remark and all(fact.keys in asked for fact in facts(each.text)) for each in said
        ]
        if all(remarks):
            return
        for each, is_remark in zip(said, remarks, strict=True):
            if is_remark:
                yield Remark(each.text)
            else:
                cited = [number - 1 for number in each.marks if 0 < number <= len(evidence)]
                yield self.checker.check(each.text, cited, evidence)


def _repeats(one: Quotation, other: Quotation) -> bool:
    """Whether two sentences say the same; with other numbers they do not, however alike they are."""
    values = [
        {each.value for each in numerals(said.text, one.article.read_as, 0)}
        for said in (one, other)
    ]
    return values[0] == values[1] and overlap(one.text, other.text) >= _REPEAT


def _quotations(evidence: Sequence[Evidence]) -> Iterator[Quotation]:
    for each in evidence:
        for span, score in zip(each.passage.sentences, each.sentence_scores, strict=True):
            yield Quotation(each.article, span, score)

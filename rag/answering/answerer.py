"""The protocol of answerers, which turn evidence into the sentences of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from rag.checking.claims import SupportedSentence
from rag.llm.chat import Call, Completion
from rag.retrieval.retriever import Ranking
from rag.types import Delta


@dataclass(frozen=True, slots=True)
class Remark:
    """What a model writes about its sources, which is not a claim that they could support."""

    text: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A sentence that tells its reader to do something, or where to go, and has no source."""


Output = Delta | Remark | Withheld | SupportedSentence | Completion


class Answerer(Protocol):
    """Selects or writes the answer to a question that the evidence answers."""

    @property
    def language_model(self) -> str | None:
        """The name of the language model that writes the answer; None if it is quoted."""

    @property
    def passages(self) -> int | None:
        """How many passages it gets; by default as many as it takes to settle the question."""

    def answer(self, ranking: Ranking, call: Call = Call()) -> Iterator[Output]:
        """Yield pieces of a draft as they are written and its completion, if there is a draft, then
        remarks and sentences.

        An answer without sentences is a refusal. Raises ModelError if a language model fails.
        """

"""Answers that a language model writes, with every sentence checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.answering import prompts
from rag.answering.answerer import Output, Remark
from rag.answering.drafts import DraftSentence, sentences_of
from rag.checking.checker import Checker
from rag.checking.facts import facts
from rag.errors import ModelError
from rag.llm.chat import Call, ChatModel
from rag.retrieval.retriever import Ranking
from rag.types import Delta

MAX_DRAFT = 5_000  # characters that a model may write


@dataclass(frozen=True, slots=True)
class WritingAnswerer:
    """Has a chat model write the answer from the evidence, then checks every sentence."""

    chat: ChatModel
    checker: Checker

    @property
    def language_model(self) -> str:
        return self.chat.name

    def answer(self, ranking: Ranking, call: Call = Call()) -> Iterator[Output]:
        """Yield the draft as it is written, then its checked sentences and remarks.

        Raises ModelError if the model fails, takes too long or writes nothing.
        """
        draft = ""
        messages = prompts.answering(ranking.question, ranking.evidence)
        pieces = self.chat.stream(messages, call)
        for piece in pieces:
            draft += piece
            yield Delta(piece)
            if len(draft) > MAX_DRAFT:
                pieces.close()
                break
        if call.is_stopped:
            return
        sentences = sentences_of(draft)
        if not sentences:
            raise ModelError("it wrote nothing")
        yield from self._checked(sentences, ranking)

    def _checked(self, sentences: Sequence[DraftSentence], ranking: Ranking) -> Iterator[Output]:
        asked = {fact.keys for fact in facts(ranking.question)}
        are_remarks = [
            sentence.is_remark and all(fact.keys in asked for fact in facts(sentence.text))
            for sentence in sentences
        ]
        if all(are_remarks):
            return
        evidence = ranking.evidence
        for sentence, is_remark in zip(sentences, are_remarks, strict=True):
            if is_remark:
                yield Remark(sentence.text)
            else:
                cited = [number - 1 for number in sentence.marks if 0 < number <= len(evidence)]
                yield self.checker.check(sentence.text, cited, evidence, ranking.word_counts)

"""Answers that a language model writes, with every sentence checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from rag.answering import prompts
from rag.answering.answerer import Output, Remark, Withheld
from rag.answering.drafts import DraftSentence, sentences_of
from rag.answering.replies import NOT_FOUND, may_be_verdict, split_verdict, without_thoughts
from rag.checking.checker import Checker
from rag.checking.claims import SupportedSentence
from rag.checking.facts import facts
from rag.errors import ModelError
from rag.llm.chat import Call, ChatModel, Completion
from rag.retrieval.retriever import Ranking
from rag.text.sentences import SENTENCE_END
from rag.text.words import in_one_line
from rag.types import Delta, Evidence

MAX_DRAFT = 5_000  # characters that a model may write
_RESERVED = 1_500  # tokens of the context for the rules, the question and the answer
_CHARACTERS_PER_TOKEN = 3.5  # of English; fewer in most other languages
_FIELDS = 200  # characters of a passage's number, title, source and date
_ADDRESS = re.compile(
    r"https?://|\bwww\.|\b[\w.+-]+@[\w-]+\.\w|\b[\w-]+\.(?:com|net|org|info|io|ru|cn|app|xyz|biz)\b(?:/\S*)?"
    r"|(?<!\w)\+?\d[\d\s()-]{8,}\d",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"(?:^|[,;:]\s|\b(?:please|must|should|need to|have to|then|and)\s)"
    r"(?:you\s+(?:must|should|need to|have to|can|may)\s+)?"
    r"(?:enter|click|visit|call|dial|pay|send|transfer|wire|download|install|log\s?in|sign\s?in|log\s?on|open|type"
    r"|provide|submit|confirm|verify|update|reset|scan|buy|subscribe|register|email|text|contact|reply|forward)\b"
    r"[^.]{0,80}\b(?:your?|password|account|link|here|bitcoin|crypto|wallet|card|pin|code|file|app|number|us|form)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WritingAnswerer:
    """Has a chat model write the answer from the evidence, then checks every sentence.

    The model gets up to `passages`, as many as its `context`, in tokens, has room for.
    """

    chat: ChatModel
    checker: Checker
    passages: int
    context: int

    @property
    def language_model(self) -> str:
        return self.chat.name

    def answer(self, ranking: Ranking, call: Call = Call()) -> Iterator[Output]:
        """Yield the draft as it is written, then its checked sentences and remarks.

        Raises ModelError if the model fails, takes too long or writes nothing.
        """
        evidence = _fitting(ranking.evidence, self.context)
        completion = Completion()
        messages = prompts.answering(ranking.question, evidence)
        draft = _Draft()
        pieces = self.chat.stream(messages, call, completion=completion)
        for piece in pieces:
            if text := draft.add(piece):
                yield Delta(text)
            if len(draft.text) > MAX_DRAFT:
                pieces.close()
                completion.is_cut_off = True
                break
        if call.is_stopped:
            return
        if text := draft.rest():
            yield Delta(text)
        yield completion
        verdict, text = split_verdict(without_thoughts(draft.text).lstrip())
        if verdict == NOT_FOUND:
            return
        sentences = sentences_of(text)
        if completion.is_cut_off and sentences and not SENTENCE_END.search(sentences[-1].text):
            sentences = sentences[:-1]  # half a sentence says something else, or nothing
        if not sentences:
            raise ModelError("it was cut off" if completion.is_cut_off else "it wrote nothing")
        yield from self._checked(sentences, ranking, evidence)

    def _checked(
        self, sentences: Sequence[DraftSentence], ranking: Ranking, evidence: Sequence[Evidence]
    ) -> Iterator[Output]:
        asked = {fact.keys for fact in facts(ranking.question)}
        are_remarks = [
            sentence.is_remark and all(fact.keys in asked for fact in facts(sentence.text))
            for sentence in sentences
        ]
        if all(are_remarks):
            return
        for sentence, is_remark in zip(sentences, are_remarks, strict=True):
            if is_remark:
                yield Remark(sentence.text)
                continue
            cited = [number - 1 for number in sentence.marks if 0 < number <= len(evidence)]
            checked = self.checker.check(sentence.text, cited, evidence, ranking.word_counts)
            if not tells_reader(sentence.text):
                yield checked
            elif checked.quotations:
                yield as_quotation(checked)
            else:
                yield Withheld()


class _Draft:
    """A reply as it arrives. Its first line is held back while it may be the verdict."""

    def __init__(self) -> None:
        self.text = ""
        self._shown = 0  # characters

    def add(self, piece: str) -> str:
        """Take a piece of the reply; return what can be shown of it."""
        self.text += piece
        return "" if not self._shown and may_be_verdict(self.text) else self.rest()

    def rest(self) -> str:
        """Return what was not shown yet, without the verdict."""
        new = self.text[self._shown :] if self._shown else split_verdict(self.text)[1]
        self._shown = len(self.text)
        return new


def _fitting(evidence: Sequence[Evidence], context: int) -> Sequence[Evidence]:
    """Return the first passages that a model's context, in tokens, has room for; at least one."""
    room = (context - _RESERVED) * _CHARACTERS_PER_TOKEN
    lengths = accumulate(len(passage.text) + _FIELDS for passage in evidence)
    return evidence[: max(sum(length <= room for length in lengths), 1)]


def tells_reader(sentence: str) -> bool:
    """Return whether a sentence has an address, or tells its reader to do something.

    An article may say "Enter your password at ..."; the product never says so in its own words.
    """
    return bool(_ADDRESS.search(sentence) or _INSTRUCTION.search(sentence))


def as_quotation(checked: SupportedSentence) -> SupportedSentence:
    """Return a supported sentence in the words of its source, in quotation marks."""
    quotation = checked.quotations[0]
    who = quotation.article.source or quotation.article.title
    text = f"{in_one_line(who)} says: “{in_one_line(quotation.text)}”"
    return replace(checked, text=text, quotations=(quotation,))

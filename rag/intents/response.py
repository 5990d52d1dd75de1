"""A response to a request: words of the product, and quotations with their citations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.citations import Citations, copies_of, marked
from rag.checking.claims import Quotation, SupportedSentence
from rag.store.library import Snapshot
from rag.text.words import in_one_line
from rag.types import Answer, Citation, Evidence, Kind, RetrievedPassage, Scope, Sentence


@dataclass(frozen=True, slots=True)
class Response:
    """What answers a request. `passages` contain the `quotations`.

    `understood` is the request in full, if the message was only a part of it.
    """

    kind: Kind
    reply: str
    quotations: Sequence[Quotation] = ()
    passages: Sequence[RetrievedPassage] = ()
    suggestions: Sequence[str] = ()
    scope: Scope = Scope()
    understood: str | None = None
    notices: Sequence[str] = ()

    def to_answer(self, question: str, snapshot: Snapshot, started: float) -> Answer:
        """Return the response with its citations. `started` is a time of time.perf_counter."""
        supported = list(map(SupportedSentence.quoted, self.quotations))
        citations = Citations(copies_of(supported, snapshot) if self.kind != "list" else {})
        sentences = tuple(map(citations.sentence, supported))
        return Answer(
            question=question,
            text=_text(self.kind, self.reply, sentences, citations.all),
            sentences=sentences,
            citations=citations.all,
            notices=tuple(self.notices),
            rewritten_question=self.understood,
            scope=self.scope,
            evidence=tuple(self._evidence()),
            timings={"total": time.perf_counter() - started},
            kind=self.kind,
            reply=self.reply,
            suggestions=tuple(self.suggestions),
        )

    def _evidence(self) -> list[Evidence]:
        """Return the passages that contain a quotation."""
        return [
            Evidence.unread(retrieved, max(quotation.score for quotation in quoted))
            for retrieved in self.passages
            if (quoted := [q for q in self.quotations if _contains(retrieved, q)])
        ]


def _contains(retrieved: RetrievedPassage, quotation: Quotation) -> bool:
    passage, span = retrieved.passage, quotation.span
    return (
        retrieved.article.id == quotation.article.id
        and passage.start <= span.start
        and span.end <= passage.end
    )


def _text(
    kind: Kind, reply: str, sentences: Sequence[Sentence], citations: Sequence[Citation]
) -> str:
    """Return everything as text. In a list, each article has a line."""
    if kind == "list":
        titles = {citation.number: in_one_line(citation.title) for citation in citations}
        items = [f"- {titles[s.citations[0]]}: {marked(s)}" for s in sentences]
        return "\n".join([reply, *items])
    return " ".join(filter(None, [reply, *map(marked, sentences)]))

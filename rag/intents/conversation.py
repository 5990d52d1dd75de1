"""What a message is understood with: the library, the conversation so far, and the tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.answering.answerer import Answerer
from rag.answering.render import showing
from rag.encoders.protocols import Encoder
from rag.intents.filters import bare, filters
from rag.intents.router import Request, route
from rag.retrieval.retriever import Ranking, Retriever
from rag.retrieval.spelling import Speller
from rag.store.library import Snapshot
from rag.types import Answer, Scope, Span


@dataclass(frozen=True, slots=True)
class Tools:
    """The parts of the assistant that responses need; `quoting` selects the sentences to quote."""

    retriever: Retriever
    speller: Speller
    quoting: Answerer
    is_answerable: Callable[[Ranking], bool]

    @property
    def encoder(self) -> Encoder:
        return self.retriever.encoder


@dataclass(frozen=True, slots=True)
class Conversation:
    """A snapshot of the library, the previous answers (oldest first) and the scope of the message.

    `as_of` is the day from which the message is seen, None for today.
    """

    snapshot: Snapshot
    history: Sequence[Answer]
    scope: Scope
    as_of: date | None = None

    @property
    def last(self) -> Answer | None:
        """The last answer with content from articles, or the last refusal."""
        return next((answer for answer in reversed(self.history) if answer.kind != "reply"), None)

    def shown_with(self, answer: Answer) -> set[tuple[str, Span]]:
        """Return the article and the range of everything quoted so far for the same question."""
        return {
            (cited.article_id, Span(cited.start, cited.end))
            for earlier in self.history
            if effective(earlier) == effective(answer) and earlier.kind == answer.kind
            for cited in earlier.citations
        }


def effective(answer: Answer) -> str:
    """Return the question that was answered."""
    return answer.rewritten_question or answer.question


def _topic(request: Request, scope: Scope) -> str:
    """Return what the articles of a list are about; empty if they are about anything."""
    if request.intent != "list":
        return bare(request.about)
    wanted = filters(f" {request.about}", Scope(), scope.sources)
    return bare(wanted.topic) if wanted else ""


def subjects(history: Sequence[Answer]) -> list[Answer]:
    """Return the answers that a follow-up question may depend on.

    Replies are left out. A list counts as a question about its topic, and a summary as one about
    its article.
    """
    return [subject for answer in history if (subject := _subject(answer))]


def _subject(answer: Answer) -> Answer | None:
    if answer.kind == "answer":
        is_corrected = showing(effective(answer)) in answer.notices
        corrected = replace(answer, question=effective(answer), rewritten_question=None)
        return corrected if is_corrected else answer
    request = route(effective(answer))
    if answer.kind == "list" and request and (topic := _topic(request, answer.scope)):
        return replace(answer, question=topic, rewritten_question=None, citations=())
    if answer.kind == "summary" and answer.citations:
        title = answer.citations[0].title
        return replace(answer, question=title, rewritten_question=None)
    return None

"""What a message is understood with: the library, the conversation so far, and the tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.answering.answerer import Answerer
from rag.encoders.protocols import Encoder
from rag.intents.filters import bare
from rag.intents.router import route
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
    """A snapshot of the library, the previous answers (oldest first) and the scope of the message."""

    snapshot: Snapshot
    history: Sequence[Answer]
    scope: Scope

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


def subjects(history: Sequence[Answer]) -> list[Answer]:
    """Return the answers that a follow-up question may depend on.

    Replies are left out. A list counts as a question about its topic, and a summary as one about
    its article.
    """
    return [subject for answer in history if (subject := _subject(answer))]


def _subject(answer: Answer) -> Answer | None:
    if answer.kind == "answer":
        return answer
    request = route(effective(answer))
    if answer.kind == "list" and request and request.intent in ("topic", "name"):
        topic = bare(request.about)
        return replace(answer, question=topic, rewritten_question=None, citations=())
    if answer.kind == "summary":
        title = answer.citations[0].title
        return replace(answer, question=title, rewritten_question=None)
    return None

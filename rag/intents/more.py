"""More of what the last answer held: quotations, articles of a list, or sentences of a summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.checking.claims import SupportedSentence
from rag.intents import lists, summaries
from rag.intents.conversation import Conversation, Tools, effective
from rag.intents.response import Response
from rag.intents.router import Request, route
from rag.types import Answer, Evidence, Span

_READ = 24  # passages
Shown = set[tuple[str, Span]]
"""The article and the range of each quotation that the reader has seen."""


def more(request: Request, conversation: Conversation, tools: Tools) -> Response:
    """Continue the last answer with what it did not show yet."""
    last = conversation.last
    if not last or not last.citations:
        return Response("reply", "There is nothing to continue yet. Ask a question first.")
    shown = conversation.shown_with(last)
    response: Response | None = None
    if last.kind == "summary":
        article_id = last.citations[0].article_id
        response = summaries.summary(conversation.snapshot, tools.encoder, article_id, shown=shown)
    elif last.kind == "answer":
        response = _quotations(last, shown, conversation, tools)
    elif earlier := route(effective(last)):
        start = Conversation(conversation.snapshot, (), last.scope, conversation.as_of)
        response = lists.next_page(earlier, start, tools, offset=len(shown))
    if response is None:
        return Response("reply", "The articles say no more about this.")
    return replace(response, understood=effective(last))


def _quotations(
    last: Answer, shown: Shown, conversation: Conversation, tools: Tools
) -> Response | None:
    """Quote the next best sentences; None if no other sentence answers the question."""
    question = effective(last)
    ranking = tools.retriever.rank(conversation.snapshot, question, last.scope, k=_READ)
    ranking = replace(ranking, evidence=tuple(_without(shown, ranking.evidence)))
    if not tools.is_answerable(ranking):
        return None
    outputs = tools.quoting.answer(ranking)
    quotations = [o.quotations[0] for o in outputs if isinstance(o, SupportedSentence)]
    return Response("answer", "", quotations, ranking.evidence, scope=last.scope)


def _without(shown: Shown, evidence: Sequence[Evidence]) -> Iterator[Evidence]:
    """Yield evidence without the sentences that were shown."""
    for passage in evidence:
        scored = zip(
            passage.passage.sentences,
            passage.sentence_scores,
            passage.sentence_relevance,
            strict=True,
        )
        kept = [item for item in scored if (passage.article.id, item[0]) not in shown]
        yield replace(
            passage,
            passage=replace(passage.passage, sentences=tuple(span for span, _, _ in kept)),
            sentence_scores=tuple(score for _, score, _ in kept),
            sentence_relevance=tuple(relevance for _, _, relevance in kept),
        )

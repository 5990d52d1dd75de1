"""An article in its own words: its main sentences, or the single one that says most."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.render import NO_DATE
from rag.checking.claims import Quotation
from rag.encoders.protocols import Encoder
from rag.intents.conversation import Conversation, Tools, effective
from rag.intents.filters import bare, topic_words
from rag.intents.main_sentences import main_sentences
from rag.intents.response import Response
from rag.intents.router import Request
from rag.store.library import Snapshot
from rag.text.dates import day
from rag.text.words import in_one_line, words
from rag.types import ArticleInfo, Citation, Evidence, Scope, Span

SENTENCES = 5
_ARTICLE = re.compile(
    r"^(?:the |this |that |an? )?(?:article|story|report|piece)\b(?: (?:about|on|of|titled|called))?\s*",
    re.IGNORECASE,
)
_IT = frozenset("it this that them these those".split())


def summarize(request: Request, conversation: Conversation, tools: Tools) -> Response | None:
    """Summarize the article about a topic, or the one that was cited last.

    None if no article is about the topic.
    """
    topic, last = subject(request.about), conversation.last
    if not topic:
        if not last or not last.citations:
            return Response("reply", "Which article? Say what it is about.")
        cited = last.citations[0]
        response = summary(conversation.snapshot, tools.encoder, cited.article_id, shown=set())
        return response and replace(response, understood=request_for(cited.title))
    ranking = tools.retriever.rank(conversation.snapshot, topic, conversation.scope)
    articles = matching(conversation.snapshot, topic, ranking.evidence, conversation.scope)
    if not articles or not tools.is_answerable(ranking):
        return None
    response = summary(conversation.snapshot, tools.encoder, articles[0].id, shown=set())
    others = [request_for(article.title) for article in articles[1:2]]
    return response and replace(response, suggestions=[*response.suggestions, *others])


def shorten(request: Request, conversation: Conversation, tools: Tools) -> Response | None:
    """Return the best sentence of the last answer, or of the article that it is about."""
    last = conversation.last
    if not last or not last.citations:
        return Response("reply", "There is nothing to shorten yet. Ask a question first.")
    if last.kind == "answer":
        response = best_quotation(conversation.snapshot, last.citations)
    else:
        article_id = last.citations[0].article_id
        response = one_sentence(conversation.snapshot, tools.encoder, article_id)
    return response and replace(response, understood=effective(last))


def subject(about: str) -> str:
    """Return what the article is about that shall be summarized; empty for the one just cited."""
    topic = bare(_ARTICLE.sub("", about.strip()))
    return "" if _IT.issuperset(words(topic)) else topic


def request_for(title: str) -> str:
    """Return the request to summarize the article with a title."""
    return f"Summarise the article “{in_one_line(title)}”"


def matching(
    snapshot: Snapshot, topic: str, evidence: Sequence[Evidence], scope: Scope
) -> list[ArticleInfo]:
    """Return the articles that a topic may mean, best first: those with it in their title, if any.

    `evidence` is what was retrieved for the topic.
    """
    retrieved = {passage.article.id: passage.article for passage in evidence}
    titled = snapshot.mentions(topic_words(topic), in_title=True, scope=scope)
    exact = [entry.id for entry in titled if words(entry.title) == words(topic)]
    best = [article_id for article_id in retrieved if article_id in {e.id for e in titled}]
    ids = list(dict.fromkeys([*exact, *best, *(entry.id for entry in titled)]))
    if not ids:
        return list(retrieved.values())
    articles = snapshot.articles(ids[:3])
    return [articles[article_id] for article_id in ids[:3]]


def summary(
    snapshot: Snapshot, encoder: Encoder, article_id: str, *, shown: set[tuple[str, Span]]
) -> Response | None:
    """Return the main sentences of an article in reading order, without those already `shown`.

    None if there is no such article.
    """
    passages = snapshot.passages_of(article_id)
    if not passages:
        return None
    limit = SENTENCES + len(shown)
    chosen = main_sentences(passages, encoder, limit=limit)
    quotations = [q for q in chosen if (article_id, q.span) not in shown][:SENTENCES]
    reply = f"{_named(passages[0].article)}, in its own words:"
    if not quotations:
        return Response("reply", f"That is all of {_named(passages[0].article)}.")
    suggestions = ["In one sentence", "More"] if len(chosen) == limit else ["In one sentence"]
    return Response("summary", reply, quotations, passages, suggestions)


def one_sentence(snapshot: Snapshot, encoder: Encoder, article_id: str) -> Response | None:
    """Return the sentence of an article that says most; None if there is no such article."""
    passages = snapshot.passages_of(article_id)
    quotations = main_sentences(passages, encoder, limit=1) if passages else []
    if not quotations:
        return None
    reply = f"{_named(passages[0].article)}, in one sentence:"
    return Response("summary", reply, quotations, passages)


def best_quotation(snapshot: Snapshot, citations: Sequence[Citation]) -> Response | None:
    """Return the best of some quotations again; None if its words are gone."""
    best = max(citations, key=lambda citation: citation.score)
    span = Span(best.start, best.end)
    for passage in snapshot.passages_of(best.article_id):
        if passage.passage.start <= span.start and span.end <= passage.passage.end:
            quotation = Quotation.of(passage, span, best.score)
            return Response("summary", "In one sentence:", [quotation], [passage])
    return None


def _named(article: ArticleInfo) -> str:
    published = day(article.published) if article.published else NO_DATE
    details = ", ".join(filter(None, [in_one_line(article.source or ""), published]))
    return f"“{in_one_line(article.title)}” ({details})"

"""Articles counted, and listed with a sentence of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from rag.answering.render import counted, showing
from rag.checking.claims import Quotation
from rag.encoders.protocols import Encoder
from rag.intents.conversation import Conversation, Tools, effective
from rag.intents.filters import Filters, bare, filters, topic_words
from rag.intents.main_sentences import main_sentences
from rag.intents.names import is_name
from rag.intents.response import Response
from rag.intents.router import Request, route
from rag.store.library import Snapshot
from rag.text.dates import day
from rag.text.words import in_one_line
from rag.types import Entry, RetrievedPassage, Scope

PAGE = 5  # articles
_READ = 12  # sentences that are compared in each article
_MAX_SOURCES = 30
_MENTION = re.compile(r"^(?:(?:that|which) )?mention(?:ing)? ", re.IGNORECASE)


def articles(
    request: Request, conversation: Conversation, tools: Tools, *, offset: int = 0
) -> Response | None:
    """List the articles that a request limits by topic, source or time."""
    wanted = _wanted(request, conversation, tools)
    if wanted is None:
        return None
    page = _page(wanted, conversation.snapshot, tools, offset)
    return page if page or offset else _nothing(wanted)


def counted_articles(request: Request, conversation: Conversation, tools: Tools) -> Response | None:
    """List the articles that were counted last; None if none were."""
    for answer in reversed(conversation.history):
        earlier = route(effective(answer))
        if earlier and earlier.intent in ("count", "list"):
            response = articles(replace(earlier, intent="list"), conversation, tools)
            return response and replace(response, understood=_message(earlier))
    return None


def topic(
    request: Request, conversation: Conversation, tools: Tools, *, offset: int = 0
) -> Response | None:
    """List the articles about a topic; None if there are none.

    In a conversation, or without "tell me about", it must be or hold a name: "the plane" and "tell
    me about the plane" are questions there.
    """
    snapshot = conversation.snapshot
    asked = bare(request.about)
    wanted = Filters(tools.speller.corrected(snapshot, asked), conversation.scope)
    response = _page(wanted, snapshot, tools, offset)
    has_name = request.intent == "topic" and not asked.islower()
    needs_name = not has_name and (request.intent == "name" or conversation.last)
    if response is None or (needs_name and not is_name(wanted.topic, response.passages)):
        return None
    if wanted.topic == asked:
        return response
    return replace(response, understood=wanted.topic, notices=[showing(wanted.topic)])


def next_page(
    request: Request, conversation: Conversation, tools: Tools, *, offset: int
) -> Response | None:
    """Continue a list after the first `offset` articles."""
    pages = articles if request.intent == "list" else topic
    return pages(request, conversation, tools, offset=offset)


def count(request: Request, conversation: Conversation, tools: Tools) -> Response | None:
    """Return how many articles there are about a topic."""
    snapshot, wanted = conversation.snapshot, _wanted(request, conversation, tools)
    if wanted is None:
        return None
    terms = topic_words(wanted.topic)
    total = snapshot.count_mentions(terms, scope=wanted.scope)
    suggestions = ["Latest articles", "Which sources do you have?"]
    if wanted.topic:
        titled = snapshot.count_mentions(terms, in_title=True, scope=wanted.scope)
        reply = _heading(wanted.topic, total, titled)
        suggestions = [_message(request)] if total else []
    else:
        days = [when for when, _ in snapshot.scope_summary(wanted.scope).dates]
        reply = f"There {'is' if total == 1 else 'are'} {counted(total, 'article')}"
        reply += f", published from {day(days[0])} to {day(days[-1])}." if days else "."
    return Response("reply", reply, suggestions=suggestions, scope=wanted.scope)


def sources(request: Request, conversation: Conversation, tools: Tools) -> Response:
    """Return which sources there are, and how many articles of each."""
    numbers: Counter[str] = Counter()
    for _, source, number in conversation.snapshot.months():
        numbers[in_one_line(source or "")] += number
    unnamed = numbers.pop("", 0)
    if not numbers:
        return Response("reply", "The articles do not name their sources.")
    ranked = sorted(numbers, key=lambda source: (-numbers[source], source.casefold()))
    names = [f"{name} ({numbers[name]:,})" for name in ranked[:_MAX_SOURCES]]
    rest = len(ranked) - len(names)
    reply = f"The articles come from {counted(len(ranked), 'source')}: {', '.join(names)}"
    reply += f", and {rest:,} more." if rest else "."
    reply += f" {counted(unnamed, 'article')} without a source." if unnamed else ""
    return Response("reply", reply, suggestions=[f"Latest articles from {ranked[0]}"])


def _message(request: Request) -> str:
    """Return the message that asks for the articles which a request counts."""
    return f"List the articles {_MENTION.sub('about ', request.about)}".strip()


def _wanted(request: Request, conversation: Conversation, tools: Tools) -> Filters | None:
    """Return what a request is limited to, with typing slips corrected."""
    snapshot = conversation.snapshot
    wanted = filters(
        f" {request.about}", conversation.scope, snapshot.sources(), today=conversation.as_of
    )
    if wanted is None or not wanted.topic:
        return wanted
    return replace(wanted, topic=tools.speller.corrected(snapshot, wanted.topic))


def _page(wanted: Filters, snapshot: Snapshot, tools: Tools, offset: int) -> Response | None:
    """Return a page of the articles about a topic, each with a sentence; None if there are none."""
    terms = topic_words(wanted.topic)
    total = snapshot.count_mentions(terms, scope=wanted.scope)
    titled = snapshot.count_mentions(terms, in_title=True, scope=wanted.scope)
    entries = _entries(snapshot, terms, wanted.scope, offset)
    passages: list[RetrievedPassage] = []
    quotations: list[Quotation] = []
    for entry in entries:
        of_article = snapshot.passages_of(entry.id)
        if quotation := _sentence(of_article, tools.encoder, terms):
            passages += of_article
            quotations.append(quotation)
    if not quotations:
        return None
    last = offset + len(entries)
    if offset:
        reply = f"Articles {offset + 1:,} to {last:,} of {total:,}:"
    elif wanted.topic:
        reply = f"{_heading(wanted.topic, total, titled)} {_shown(len(entries), total)}"
    else:
        reply = f"The newest of {counted(total, 'article')}:"
    more = ["More"] if last < total else []
    return Response("list", reply, quotations, passages, more, wanted.scope)


def _nothing(wanted: Filters) -> Response:
    reply = _heading(wanted.topic, 0, 0) or "There are no articles."
    return Response("reply", reply, scope=wanted.scope)


def _heading(topic: str, total: int, titled: int) -> str:
    """Return how many articles mention a topic; empty if there is none."""
    if not topic:
        return ""
    if not total:
        return f"No article mentions “{topic}”."
    if titled == total:
        verb = "has" if titled == 1 else "have"
        return f"{counted(titled, 'article')} {verb} “{topic}” in the title."
    mention = f"{counted(total, 'article')} {'mentions' if total == 1 else 'mention'} “{topic}”"
    return f"{mention}, {titled:,} of them in the title." if titled else f"{mention}."


def _shown(shown: int, total: int) -> str:
    if shown == total:
        return "It says:" if total == 1 else "The newest first:"
    return f"The newest {shown}:" if shown > 1 else "The newest:"


def _entries(snapshot: Snapshot, terms: Sequence[str], scope: Scope, offset: int) -> list[Entry]:
    """Return the articles with the topic in their title, then the others, each newest first."""
    end = offset + PAGE
    titled = snapshot.mentions(terms, in_title=True, scope=scope, limit=end) if terms else []
    if len(titled) < end:
        first = {entry.id for entry in titled}
        every = snapshot.mentions(terms, scope=scope, limit=end + len(first))
        titled += islice((entry for entry in every if entry.id not in first), end - len(titled))
    return titled[offset:end]


def _sentence(
    passages: Sequence[RetrievedPassage], encoder: Encoder, terms: Sequence[str]
) -> Quotation | None:
    """Return the main sentence of an article, about a topic; its first one if it has none."""
    for quotation in main_sentences(passages, encoder, limit=1, about=terms, read=_READ):
        return quotation
    spans = ((passage, span) for passage in passages for span in passage.passage.sentences)
    return next((Quotation.of(passage, span, 0.0) for passage, span in spans), None)

"""Responds to messages that are not ordinary questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rag.intents import lists, replies, summaries
from rag.intents.conversation import Conversation, Tools
from rag.intents.more import more
from rag.intents.response import Response
from rag.intents.router import Intent, Request, route
from rag.types import Answer

Handler = Callable[[Request, Conversation, Tools], Response | None]
"""Returns the response to a request; None if it turns out to be an ordinary question."""

HANDLERS: Mapping[Intent, Handler] = {
    "greeting": replies.greeting,
    "thanks": replies.thanks,
    "help": replies.capabilities,
    "count": lists.count,
    "sources": lists.sources,
    "list": lists.articles,
    "them": lists.counted_articles,
    "topic": lists.topic,
    "name": lists.topic,
    "summary": summaries.summarize,
    "sentence": summaries.shorten,
    "more": more,
}


@dataclass(frozen=True, slots=True)
class Responder:
    """Responds to greetings, to requests for lists and summaries, and to the like."""

    tools: Tools

    def respond(self, message: str, conversation: Conversation) -> Answer | None:
        """Return the response to a message; None if it is an ordinary question."""
        started = time.perf_counter()
        request = route(message)
        response = request and HANDLERS[request.intent](request, conversation, self.tools)
        response = response or replies.in_other_language(message, conversation, self.tools)
        if response is None:
            return None
        return response.to_answer(message, conversation.snapshot, started)

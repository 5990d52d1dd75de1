"""Replies without quotations: greetings, help, and questions in another language."""

from __future__ import annotations

from collections.abc import Set

from rag.answering.render import counted
from rag.intents.conversation import Conversation, Tools
from rag.intents.languages import foreign_language, language_name
from rag.intents.response import Response
from rag.intents.router import Request

EXAMPLES = ("Latest articles", "Which sources do you have?", "How many articles are there?")


def greeting(request: Request, conversation: Conversation, tools: Tools) -> Response:
    return Response("reply", "Hello! Ask the articles a question.", suggestions=EXAMPLES)


def thanks(request: Request, conversation: Conversation, tools: Tools) -> Response:
    return Response("reply", "Glad to help.")


def capabilities(request: Request, conversation: Conversation, tools: Tools) -> Response:
    articles = counted(conversation.snapshot.count_mentions(), "article")
    reply = (
        f"Questions are answered from {articles}. Every sentence of an answer names its source. You"
        " can also ask for the articles about something, for a summary of one, or for more."
    )
    return Response("reply", reply, suggestions=EXAMPLES)


def in_other_language(message: str, conversation: Conversation, tools: Tools) -> Response | None:
    """Return a notice for a question in a language in which no article about it is.

    Few articles name their language. What covers the words of a question is in the same one.
    """
    if foreign_language(message, {"en"}) is None:
        return None
    ranking = tools.retriever.rank(conversation.snapshot, message, conversation.scope)
    if tools.is_answerable(ranking):
        return None
    languages = {passage.article.language_or_default for passage in ranking.evidence}
    language = foreign_language(message, languages) if languages else None
    return None if language is None else Response("reply", _notice(language, languages))


def _notice(language: str, languages: Set[str]) -> str:
    names = " and ".join(sorted(map(language_name, languages)))
    asked = language or "another language"
    return f"This question seems to be in {asked}, but the articles are in {names}. Ask in {names}."

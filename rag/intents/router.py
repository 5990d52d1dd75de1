"""The router: what a message asks of the assistant besides an answer from the articles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.text.english import AUXILIARIES
from rag.text.phrases import FUNCTION_WORDS
from rag.text.words import in_one_line, words

Intent = Literal[
    "greeting", "thanks", "help", "count", "sources", "list", "summary", "sentence", "more",
    "topic", "name", "them",
]  # fmt: skip

_ARTICLES = r"(?:news )?(?:articles?|stories|reports)"
_NEWEST = r"(?:latest|newest|most recent|recent|last)"
_HAVE = r"(?: (?:do you have|have you got|can you search|are there|is there|there are|exist))?"
_SHOW = r"(?:list|show|give|find)(?: me)?(?: all)?(?: of)?(?: the| your| some)?"
_FILTERS = r"(?P<about>(?: (?:about|on|mention(?:ing)?|(?:that|which) (?:mention|are about)|from|by|since|after|before|until|in) .+)?)"

# A message has an intent only if the whole of it matches. `about` is what comes after the words
# of the intent. Anything else, and that is nearly every question, goes to retrieval.
INTENTS: tuple[tuple[Intent, str], ...] = (
    ("greeting", r"(?:hello|hi|hey|greetings|good (?:morning|afternoon|evening|day))(?: there| all)?"),
    ("thanks", r"(?:many )?(?:thanks|thank you|thx|cheers)(?: (?:so|very) much| a lot)?"),
    ("thanks", r"(?:great|good|perfect|nice|cool|wonderful|ok|okay|got it|bye|goodbye)(?: thanks)?"),
    ("help", r"help(?: me)?|(?:who|what) are you|what is this|how does this work"),
    ("help", r"what can (?:you|i) (?:do|ask)(?: here| for me| you)?|what do you do"),
    ("count", rf"(?:how many|number of) {_ARTICLES}{_HAVE}{_FILTERS}{_HAVE}"),
    ("sources", rf"(?:which|what) (?:news )?(?:sources|outlets|newspapers|publishers){_HAVE}"),
    ("sources", rf"{_SHOW} (?:news )?(?:sources|outlets|newspapers|publishers)"),
    ("list", rf"{_SHOW}(?: {_NEWEST})? (?:{_ARTICLES}|news){_FILTERS}"),
    ("list", rf"(?:all )?{_ARTICLES}{_FILTERS}"),
    ("list", rf"(?:which|what) (?:are the )?(?:{_NEWEST} )?{_ARTICLES}{_HAVE}{_FILTERS}{_HAVE}"),
    ("list", rf"(?:the )?{_NEWEST} (?:{_ARTICLES}|news){_FILTERS}"),
    ("list", r"what(?: is|[’']s) (?:new|the latest|the news|in the news)(?P<about>)"),
    ("summary", r"(?:summari[sz]e|sum up|summary of)(?P<about>(?: .+)?)"),
    ("summary", r"(?:give|show|write)(?: me)? (?:a|the) (?:short |brief )?summary(?: of)?(?P<about>(?: .+)?)"),
    ("sentence", r"(?:summari[sz]e (?:it|this|that) )?(?:in|as) (?:one|a single|1) sentence|in short|briefly|shorter|tl;?dr"),
    ("more", r"(?:(?:tell|show|give) me |any |some )?more(?: quotes| quotations| details| about (?:it|this|that))?"),
    ("more", r"tell me about (?:it|this|that|them)"),
    ("more", r"go on|continue|next(?: page)?|what else|anything else"),
    ("them", r"(?:list|show)(?: me)? (?:them|these|those)(?: articles)?"),
    ("topic", r"tell me (?:something |more |everything |all )?about (?P<about>.+)"),
    ("topic", r"what do you (?:know|have) (?:about|on) (?P<about>.+)"),
    ("topic", r"(?:is there |do you have )?(?:any(?:thing)?|some) (?:news )?(?:about|on) (?P<about>.+)"),
    ("topic", r"(?:what(?: is|[’']s) (?:new|the latest|the news)|(?:the )?(?:latest|news)) (?:about|on|with) (?P<about>.+)"),
)  # fmt: skip

_POLITE = re.compile(r"^(?:please|(?:can|could|would) you)(?: please)? |,? please$", re.IGNORECASE)
_RELATIVE = re.compile(r"\b(?:that|which) (?:are|mention)\b", re.IGNORECASE)
_VERBS = AUXILIARIES - {"may", "will"}
_QUOTED = re.compile(r"“.+”|\".+\"")
_MAX_TOPIC = 6  # words; a longer topic says what is asked about it
_MAX_NAME = 4  # words in capitals; two in lower case


@dataclass(frozen=True, slots=True)
class Request:
    """An intent and the words that say what it is about; without them, it is about everything."""

    intent: Intent
    about: str = ""


def route(message: str) -> Request | None:
    """Return what a message asks for besides an answer; None for an ordinary question.

    A "name" may also be an ordinary question: whether it is a name, only the articles can tell.
    """
    text = _POLITE.sub("", in_one_line(message).strip(" ?!.,")).strip(" ?!.,")
    for intent, pattern in INTENTS:
        match = re.fullmatch(pattern, text, re.IGNORECASE)
        if match:
            about = match.groupdict().get("about", "").strip()
            return None if _asks(intent, about) else Request(intent, about)
    return Request("name", text) if _may_be_name(text) and "?" not in message else None


def continues(message: str) -> bool:
    """Return whether a message makes sense only after an answer."""
    request = route(message)
    return request is not None and request.intent in ("more", "sentence", "them")


def _asks(intent: Intent, about: str) -> bool:
    """Return whether the words after those of an intent make a question of it."""
    terms = words(_RELATIVE.sub("", about))
    if intent in ("count", "list"):
        return not _VERBS.isdisjoint(terms)  # "Which articles of the treaty were changed?"
    if intent == "topic" and FUNCTION_WORDS.issuperset(terms):
        return True  # "Tell me about it"
    is_long = len(_QUOTED.sub("title", about).split()) > _MAX_TOPIC
    return is_long and intent in ("topic", "summary")


def _may_be_name(text: str) -> bool:
    terms = text.split()
    are_capitalized = all(term[:1].isupper() for term in terms)
    return (
        0 < len(terms) <= (_MAX_NAME if are_capitalized else 2)
        and all(any(map(str.isalpha, term)) for term in terms)
        and FUNCTION_WORDS.isdisjoint(words(text))
    )

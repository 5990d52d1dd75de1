"""Which questions may depend on the conversation, by a short list of words."""

from __future__ import annotations

import re

from rag.text.english import (
    AUXILIARIES,
    CONNECTIVES,
    MARKERS,
    PREPOSITIONS,
    QUESTION_WORDS,
    STAND_INS,
    any_of,
)
from rag.text.phrases import is_phrase
from rag.text.words import words

_SHORT = 5  # words: so short a question without a name is often cut short
_ARTICLE = re.compile(r"^(?:the|a|an) ", re.IGNORECASE)
_OPENING = re.compile(rf"(?:{any_of(CONNECTIVES)}|why not)\b", re.IGNORECASE)
_NEW_SUBJECT = re.compile(
    rf"(?:{any_of(CONNECTIVES)}\b[\s,]*)?(?:what|how) about (?=\w)", re.IGNORECASE
)
_SUBJECT_GIVEN = re.compile(r"\([^()]+\)$")
# What is asked about comes last, however short the question is.
_NAMED = re.compile(r"what (?:is|are) an? |tell me (?:\w+ )?about (?=\w)", re.IGNORECASE)
_PERSON = re.compile(r"\b(?:he|she|him)\b", re.IGNORECASE)
_QUOTED = re.compile(r"“[^”]+”|\"[^\"]+\"")
_NAME = re.compile(r"(?<=\s)[^\W_a-z]\w*|\d")  # the first word has a capital in any case


def without_turn(question: str) -> str:
    """Return a question without "What about": "the water leak?"."""
    return _NEW_SUBJECT.sub("", question, count=1)


def topic(question: str) -> str:
    """Return what a message asks to be told about; any other question as it is."""
    is_request = question.lower().startswith("tell me ")
    return _NAMED.sub("", question, count=1) if is_request else question


def leans_on_context(question: str) -> bool:
    """Return whether a question is by its form hardly complete.

    It turns to something new ("What about the water leak?"), speaks of a person whom it does not
    name ("What did he say?"), or is short and names nothing ("Who survived?"). Who asks what "a
    veto" is wants a definition.
    """
    person = _PERSON.search(question)
    is_nameless = person is not None and not _NAME.search(question[: person.start()])
    is_short = _is_short(question) and not _NAMED.match(question)
    return bool(_NEW_SUBJECT.match(question)) or is_nameless or is_short


def _is_short(question: str) -> bool:
    return len(words(question)) <= _SHORT and not _NAME.search(question)


def is_bare_phrase(question: str) -> bool:
    """Return whether a question only names something common: "the water leak", "casualties?"."""
    if not is_phrase(question) or _NAME.search(question):
        return False
    is_word = len(question.split()) == 1 and (question.islower() or question.endswith("?"))
    return is_word or bool(_ARTICLE.match(question))


def may_need_context(question: str) -> bool:
    """Return whether a question could refer to what was said before it.

    It could if it begins with a connective ("And why?") or with "What about", contains a word that
    can stand for something else ("it", "there", "the latter"), is short and names nothing ("Any
    damage?"), or is a mere phrase ("As a share of GDP?"). It cannot if brackets at its end name its
    subject already.
    Questions in other languages than English never do. Many questions that stand alone pass, too;
    the evidence tells them apart.
    """
    if _SUBJECT_GIVEN.search(question):
        return False
    if _NEW_SUBJECT.match(question) or is_bare_phrase(question):
        return True
    text = _QUOTED.sub("Quotation", question)
    terms = words(text)
    refers = not STAND_INS.isdisjoint(terms)
    if MARKERS.isdisjoint(terms) and not (refers and terms[0] in AUXILIARIES):
        return False  # not English
    is_prepositional = terms[0] in PREPOSITIONS and (QUESTION_WORDS | AUXILIARIES).isdisjoint(terms)
    return _is_short(text) or is_prepositional or refers or bool(_OPENING.match(text))

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
from rag.text.words import words

_SHORT = 5  # words: so short a question without a name is often cut short
_OPENING = re.compile(rf"(?:{any_of(CONNECTIVES)}|(?:what|how) about|why not)\b", re.IGNORECASE)
_QUOTED = re.compile(r"“[^”]+”|\"[^\"]+\"")
_NAME = re.compile(r"(?<=\s)[^\W_a-z]\w*|\d")  # the first word has a capital in any case


def may_need_context(question: str) -> bool:
    """Return whether a question could refer to what was said before it.

    It could if it begins with a connective ("And why?"), contains a word that can stand for
    something else ("it", "there", "the latter"), or is short and names nothing ("Any damage?"), or is a mere phrase ("As a share of GDP?").
    Questions in other languages than English never do. Many questions that stand alone pass, too;
    the evidence tells them apart.
    """
    text = _QUOTED.sub("Quotation", question)
    terms = words(text)
    refers = not STAND_INS.isdisjoint(terms)
    if MARKERS.isdisjoint(terms) and not (refers and terms[0] in AUXILIARIES):
        return False  # not English
    is_short = len(terms) <= _SHORT and not _NAME.search(text)
    is_phrase = terms[0] in PREPOSITIONS and (QUESTION_WORDS | AUXILIARIES).isdisjoint(terms)
    return is_short or is_phrase or refers or bool(_OPENING.match(text))

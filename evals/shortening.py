"""A sentence made shorter: without what stands in brackets or behind its main clause."""

from __future__ import annotations

import re

from evals.english import AUXILIARIES, PASTS

_VERB = rf"(?:{'|'.join(sorted(AUXILIARIES | PASTS))})"
_ASIDE = re.compile(r" \((?![^()]*\b(?:not|except|unless|if|only|but|or|all)\b)[^()]*[a-z]{3}[^()]*\)(?=[ .,;])")  # fmt: skip
_CLOSING = re.compile(
    rf"(?P<head>[^,;]*?\b{_VERB}\b[^,;]* [^,;]*), (?:which|who|where|although|though|while|including|"
    r"such as|but|and (?:he|she|it|they)|so|making|giving|leading|as well as|along with|with)\b[^;]*\."
)
# Behind these words the verb that is found may not be that of the main clause.
_CLAUSE = re.compile(r"\b(?:which|who|that|where|when|if|neither|not only|both|between|rather|either)\b")  # fmt: skip


def shortened(sentence: str, answer: str) -> str:
    """The sentence without what can be left out of it, where the answer is elsewhere."""
    for shorter in (_without_asides, _without_closing):
        kept = shorter(sentence)
        if answer in kept and len(kept.split()) > 5:
            sentence = kept
    return sentence


def _without_asides(sentence: str) -> str:
    return _ASIDE.sub("", sentence)


def _without_closing(sentence: str) -> str:
    found = _CLOSING.fullmatch(sentence)
    return f"{found['head']}." if found and not _CLAUSE.search(found["head"]) else sentence

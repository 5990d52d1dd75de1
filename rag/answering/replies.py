"""What surrounds the answer in a language model's reply: thoughts, the verdict line, refusals."""

from __future__ import annotations

import re

FOUND, NOT_FOUND = "FOUND", "NOT FOUND"
"""The first line that a model is asked for: whether the passages hold the answer."""

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
# Some servers strip the opening tag, which is part of the prompt.
_END_OF_THOUGHT = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
# The channels of OpenAI's Harmony format: analysis and commentary come before the final one.
_FINAL_CHANNEL = re.compile(
    r"\A.*<\|channel\|>\s*final\s*(?:<\|\w+\|>[^<]*)?<\|message\|>", re.DOTALL
)
_OTHER_CHANNEL = re.compile(r"<\|channel\|>\s*\w+.*?(?:<\|(?:end|call|return)\|>|\Z)", re.DOTALL)
_CONTROL = re.compile(r"<\|[\w-]{1,30}\|>(?:assistant\b)?")
_VERDICT = re.compile(
    r"\A\W{0,5}(NOT[ _]FOUND|FOUND)\b(?:[*_`\s]*[.:!–—-]+|[*_`]*\s*\n|[*_`]*\s*\Z)[*_`]*\s*"
)
_SOURCE = (
    r"(?:articles?|passages?|sources?|texts?|documents?|context|information|excerpts?|snippets?|reports?"
    r"|content|material)"
)
_NOT = r"(?:do(?:es)?\s+not|don[’']t|doesn[’']t|did\s+not|didn[’']t|cannot|can[’']t|can\s+not|could\s+not|no|never|not|none|nothing|nowhere|fails?\s+to|lacks?)"
_SAYS = (
    r"(?:mention|stat|specif|provid|contain|giv|say|said|answer|address|includ|indicat|disclos|report|"
    r"reveal|discuss|cover|clear|describ|hold|tell|enough|sufficient|detail|known|found|available|list)\w*"
)
_WHERE = r"(?:\s+(?:in|from|by|within|based|here|anywhere|above)\b[^.]*)?"
# Remarks about the sources are not claims that a source could support.
_REMARK = re.compile(
    rf"\b{_SOURCE}\b[^.]{{0,60}}\b{_NOT}\b"
    rf"|\b(?:no|none\s+of\s+the)\s+{_SOURCE}\b[^.]{{0,60}}\b{_SAYS}\b"
    rf"|\b(?:no|not|none|nothing|nowhere)\b[^.]{{0,60}}\b(?:in|by|from|of)\s+(?:the|these|those|any|your)\s+(?:\w+\s+)?{_SOURCE}\b"
    rf"|\b(?:there\s+is|there[’']s|i\s+(?:have|found|find|see))\s+(?:no|not\s+enough|insufficient)\b[^.]{{0,40}}"
    r"\b(?:information|mention|answer|evidence|details?|data|indication|record)\b",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    rf"\W*(?:(?:i[’']?m\s+)?(?:sorry|apologies|unfortunately|regrettably)\b[\s,.!:;–—-]*(?:but\s+)?)?(?:"
    rf"(?:the\s+answer\s+is\s+)?(?:unknown|n/?a|none|not\s+{_SAYS})(?:\s+(?:here|above|anywhere))?"
    rf"|(?:this|that|it|the\s+(?:answer|question))\s+(?:is|was|has|can|could)(?:\s+been)?\s*(?:not|n[’']t|un)\s*(?:be\s+)?(?:\w+\s+){{0,3}}{_SAYS}{_WHERE}"
    rf"|(?:this|that|it|the\s+(?:answer|question))\s+(?:isn|wasn|hasn|can|couldn)[’']t\s+(?:be\s+|been\s+)?{_SAYS}{_WHERE}"
    r"|i\s+(?:really\s+)?(?:do\s+not|don[’']t|did\s+not|didn[’']t)\s+(?:know|have|find|see)[^.]*"
    r"|i(?:\s+am|[’']m)\s+(?:not\s+(?:able|sure|certain)|unable)[^.]*"
    r"|(?:i\s+)?(?:cannot|can[’']t|can\s+not|could\s+not|couldn[’']t|unable\s+to)\s+(?:be\s+)?(?:answer|determin|find|found|tell|say|locat|confirm|provid)[^.]*"
    r"|(?:no|insufficient|not\s+enough)\s+(?:relevant\s+|such\s+)?(?:answer|information|data|details?|mention|evidence|context)[^.]*"
    r")\W*",
    re.IGNORECASE,
)


def without_thoughts(text: str) -> str:
    """Return a reply without the model's reasoning and control tokens."""
    text = _THOUGHT.sub("", text)
    text = _END_OF_THOUGHT.sub("", text)
    text = _FINAL_CHANNEL.sub("", text)
    return _CONTROL.sub("", _OTHER_CHANNEL.sub("", text))


def split_verdict(text: str) -> tuple[str | None, str]:
    """Return the verdict of the first line, FOUND or NOT_FOUND or None, and the rest of a reply."""
    match = _VERDICT.match(text)
    if not match:
        return None, text
    return match[1].replace("_", " "), text[match.end() :]


def may_be_verdict(text: str) -> bool:
    """Return whether the beginning of a reply may still turn out to be its verdict."""
    bare = text.lstrip(" \n\t*_`#\"'").upper()
    return len(bare) <= len(NOT_FOUND) + 2 and (
        (NOT_FOUND.startswith(bare) or FOUND.startswith(bare))
        or bare.rstrip(" \n:.!*_`-") in (FOUND, NOT_FOUND)
    )


def is_remark(sentence: str) -> bool:
    """Return whether a sentence says that the sources do not say something, or that it knows nothing."""
    return bool(_REMARK.search(sentence) or _UNKNOWN.fullmatch(sentence))

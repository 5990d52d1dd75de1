"""Whether a question needs_context on a conversation, by its words alone.

It needs_context when something in it stands for what was said before: a pronoun without its antecedent, a
demonstrative, a clause that is cut short. Where the words leave it open, it stands alone: a
question that needs nothing must never be changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Parts of regular expressions.
WH = r"(?:who|whom|whose|what|which|when|where|why|how)"
AUXILIARY = (
    r"(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|shall|should|may|might|must)"
)
_PREPOSITION = (
    r"(?:about|above|according to|across|after|against|along|among|around|as|at|because of|before"
    r"|behind|below|beside|besides|between|beyond|by|despite|down|during|for|from|in|inside|into"
    r"|like|near|of|off|on|onto|out|outside|over|past|since|than|through|throughout|to|toward"
    r"|towards|under|until|up|upon|via|with|within|without)"
)
ENDED = (
    r"(?:[a-z]+(?<!e)ed|became|began|blew|broke|brought|built|came|cut"
    r"|did|died|drew|fell|fled|flew"
    r"|fought|gave|given|got|grew|hit|held|hurt|kept|knew|known|laid|led|left|lost|made|met|paid|put|ran"
    r"|rose|said|sank|sat|saw|seen|sent|set|shook|shot|shown|spent|spoke|stood|taken|took|told"
    r"|went|withdrew|won|wrote)"
)
_LAST = r"(?=\W*$)"

# What makes sure that a question is English: other languages write "so", "also" or "he", too.
_ENGLISH = re.compile(
    r"\b(?:and|but|the|what|who|whom|whose|which|when|where|why|how|did|does|are|were|would|could"
    r"|should|they|them|their|this|that|these|those|there|she|it|any|with|from|about|since|more"
    r"|really|example|else|of|has|done|anyone|anything|(?:is|was|had) he)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^”]+”|\"[^\"]+\"|«[^»]+»|„[^“”]+[“”]")
_CONTRACTIONS = [
    (re.compile(r"\bwon't\b", re.IGNORECASE), "will"),
    (re.compile(r"\bcan't\b", re.IGNORECASE), "can"),
    (re.compile(r"(?<=\w)n't\b", re.IGNORECASE), ""),
    (re.compile(rf"\b({WH}|that|it|he|she|there)'s\b", re.IGNORECASE), r"\1 is"),
    (re.compile(r"\b(they|these|those|there)'re\b", re.IGNORECASE), r"\1 are"),
    (re.compile(r"\b(it|he|she|they|that)'(?:ll|d|ve)\b", re.IGNORECASE), r"\1 would"),
]

_OPENING = re.compile(r"(?:and|but|or|also|plus|then|(?:what|how) about)\b", re.IGNORECASE)
_GOING_ON = re.compile(
    r"(?:(?:please )?(?:(?:tell|show) me )?(?:any )?more(?: details?)?|details|examples?|go on"
    r"|continue|explain|really|meaning|such as|like (?:what|who)|for (?:example|instance))\W*$",
    re.IGNORECASE,
)

# "It" and "there" that stand for nothing: "Is it true that", "How long does it take to".
_EXPLETIVES = re.compile(
    r"""
      (?<=\bis\ )it(?=\ (?:that|who|whom|which)\b) | (?<=\bwas\ )it(?=\ (?:that|who|whom|which)\b)
    | (?:(?<=\bis\ )|(?<=\bwas\ ))it(?=\ (?:[\w.'’–-]+\ ){1,6}(?:that|who|whom)\ )
    | (?:(?<=\bis\ )|(?<=\bwas\ )|(?<=\bbe\ ))it(?=\ (?:\w+\ )?(?:allowed|common|correct|dangerous
        |difficult|easy|enough|expected|fair|forbidden|hard|important|impossible|known|legal|likely
        |necessary|normal|permitted|planned|possible|right|safe|said|sensible|time|true|unlawful
        |unlikely|useful|usual|wise|wrong)\ (?:that|to|for|if|whether|when|how|why|who|under)\b)
    | (?:(?<=\bis\ )|(?<=\bwas\ ))it(?=\ [a-z]+ed\ (?:that|whether|how|why)\b|\ called\ (?:when|if)\b)
    | it(?=\ (?:takes?|took|taken|costs?|matters?|means?)\ (?:.*\ )?(?:to|for|before|until|that|if
        |whether|when)\b)
    | it(?=\ (?:is|was|has\ been|seems?|appears?|turns?\ out)\ (?:\w+\ )?(?:that|to|whether|if)\b)
    | it(?=\ comes?\ to\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)

_PRONOUN = re.compile(
    r"\b(?:he|she|they|it|him|them|himself|herself|itself|themselves|her|hers|his|its|their|theirs)\b",
    re.IGNORECASE,
)
_SUBJECT = frozenset(["he", "she", "they"])
_POSSESSIVE = frozenset(["her", "his", "its", "their"])
_PLURAL = frozenset(["they", "them", "themselves", "their", "theirs"])
_NAME = re.compile(
    rf"(?<=[\w,;:)%'] )[^\W\d_a-z][\w.'–&/-]+"
    rf"|^(?!(?i:{WH}|{AUXILIARY}|{_PREPOSITION}|the|an?|any|all|it|he|she|they|his|her|its|their|tell"
    r"|show|give|list|name|explain|describe|please)\b)[A-Z][\w.'–&/-]+"
)
# A subject of its own parts what follows from a pronoun's antecedent.
_CLAUSE = re.compile(
    r"\b(?:when|while|before|after|since|until|because|if|unless|although|though|whether|that|who|lets?"
    rf"|which|where|why|how|as|than|so)\b|\b(?:and|or|but) (?={WH}\b|{AUXILIARY}\b)",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"\b(?:the|an?|every|each|either|neither|any|which|what)\b((?: (?!"
    rf"{AUXILIARY}\b|{_PREPOSITION}\b|{ENDED}\b|{WH}\b|that\b)[a-z-]+){{1,3}})",
    re.IGNORECASE,
)
_PART = re.compile(
    rf"\b(?i:the|an?|which|what)(?: (?!{AUXILIARY}\b)[a-z-]+){{1,3}}"
    rf" (?:{_PREPOSITION}|is|are|was|were) (?:all )?$"
)
_FIRST_AUXILIARY = re.compile(rf"\b(?<!to ){AUXILIARY}\b", re.IGNORECASE)
_JOINED = re.compile(rf"\b(?:and|or|but)(?: {WH})?(?: [a-z]+)? $", re.IGNORECASE)
_INTRODUCED = re.compile(r"(?<=[\w”\"'’])[,;:.?!] ")
_ADJUNCT = re.compile(rf"(?:when|while|if|because|{_PREPOSITION})\b", re.IGNORECASE)

_THAT = re.compile(r"\bthat\b", re.IGNORECASE)
_COMPLEMENT = re.compile(
    r"\b(?:said?|says?|think|thinks|thought|knows?|knew|believes?|believed|claims?|claimed|agreed?"
    r"|agrees|announced?|shows?|showed|reports?|reported|hopes?|hoped|fears?|feared|argued?|argues"
    r"|denied|deny|warned|warns?|states?|stated|suggests?|suggested|found|means?|meant|true|clear"
    r"|sure|possible|likely|fact|so|now|given|provided|it|promised?|confirmed?|insists?|insisted) $",
    re.IGNORECASE,
)
_PLURAL_NOUN = re.compile(r"(?<![sui'])s$")
_DESCRIBED = re.compile(
    r"\b(?i:the|an?|any|some|every|each|no|which|what|many|are|were|two|three|four|five)"
    r" (?:[\w'.-]+ ){1,3}$"
    r"|(?<!\b[Ww]ho )(?<!\b[Ww]hat )\b[a-z]+s $"
)
_DEMONSTRATIVE = re.compile(
    r"\bthis\b(?! (?:year|season|month|week|morning|century|decade|library|collection|world)\b)"
    r"|\bthese\b(?! (?:days|years)\b)"
    rf"|\bthose\b(?! (?:[a-z-]+ )?(?:who|whom|whose|that|which)\b| (?:{_PREPOSITION}|{ENDED}|[a-z]+ing)\b)",
    re.IGNORECASE,
)
_THERE = re.compile(
    rf"(?<!\b(?:is|do) )(?<!\b(?:are|was|has|had|did|can|may) )(?<!\b(?:were|have|will|does|been) )"
    rf"(?<!\b(?:would|could|might) )(?<!should )\bthere\b"
    rf"(?! (?:{AUXILIARY}|be|been|exists?|ever|still|any|no)\b)"
    rf"|^who (?:is|are|was|were) there{_LAST}",
    re.IGNORECASE,
)
_COUNT = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|next|previous)"
_STAND_IN = re.compile(
    rf"""
      \b(?:the|which|what|this|another|other|last|next|first|second|third|earlier|later|new|old)
        \ ones?\b(?=\W*$|,|\ (?:{AUXILIARY}|{_PREPOSITION}|that|which|who|{ENDED})\b)(?!\ of\b)
    | \bthe\ (?:{_COUNT}|other|others|former|rest|same|two|three|both)
        (?:\ (?:two|three))?{_LAST}
    | \bthe\ same(?:\ (?:time|thing|day|year))?{_LAST}
    | \bthe\ (?:former|others|rest)\ {AUXILIARY}\b
    | \bthe\ latter\b(?!\ (?:half|part|years)\b)
    | (?<!each\ )(?<!among\ )(?<!and\ )(?<!or\ )\bothers{_LAST}
    | \bsuch\ an?\ [\w-]+(?=\W*$|\ (?:{_PREPOSITION}|{AUXILIARY})\b)(?!\ as\b)
    | ^(?!.*\b(?:besides|than|except|apart|outside)\b).*(?<!or\ )\belse\b
    | (?<!,)\ (?:too|as\ well|instead|afterwards?|thereafter|beforehand|meanwhile|since|then){_LAST}
    | ^(?!.*\b(?:and|or|after|before|when)\b).*\b(?:do|does|did|done)\ so{_LAST}
    """,
    re.IGNORECASE | re.VERBOSE,
)

_ELLIPSES = re.compile(
    rf"""^(?:
      # "Why?", "How high?", "Since when?"
      (?:{_PREPOSITION}\ )?{WH}(?:\ (?:not|many|much|long|[a-z-]+))?{_LAST}
      # "When for the first time?", "How long exactly?": what asks for an adverb needs an auxiliary
    | (?:when|where|why|how(?!\ (?:to|many|much)\b))\b(?:\ (?!{AUXILIARY}\b|{ENDED}\b)[a-z-]+){{1,4}}{_LAST}
    | (?:when|where|why)\ {_PREPOSITION}(?:\ (?!{AUXILIARY}\b|{ENDED}\b|{WH}\b)[\w’'-]+){{1,4}}{_LAST}
      # "From which faction?", "In return for what?"
    | {_PREPOSITION}(?:\ (?!{AUXILIARY}\b|{WH}\b|{ENDED}\b)[\w’'-]+)?\ {WH}
        (?:\ (?!{AUXILIARY}\b|{ENDED}\b)[\w’'-]+){{0,4}}{_LAST}
      # "As a share of GDP?"
    | {_PREPOSITION}(?:\ (?!{AUXILIARY}\b|{ENDED}\b|{WH}\b)[\w’'.-]+){{1,5}}\ ?\?
      # "Which portfolios before that?", "How many ships?"
    | (?:which|whose|how\ many|how\ much|what(?!\ [a-z-]+s\b))(?:\ (?!{AUXILIARY}\b|{ENDED}\b)[a-z-]+)
        (?:,?\ {_PREPOSITION}(?:\ (?!{AUXILIARY}\b|{ENDED}\b|{WH}\b|[a-z]+s\b)[\w’',.-]+){{1,6}})?{_LAST}
    | (?:which|whose|how\ many|how\ much)\ [a-z-]+(?<!s)\ [a-z]+(?<!s){_LAST}
      # "Any damage?", "Anyone hurt?"
    | any(?:one|body|thing|where)?\b(?:\ (?!{AUXILIARY}\b)[\w’'-]+){{0,5}}{_LAST}
    | (?:{AUXILIARY})\ (?:any|some|every)(?:one|body|thing)(?:\ [a-z]+){{1,2}}{_LAST}
      # "Who was invited?", "What happened next?", "Who took part?"
    | (?:who|what|how\ many)\ (?:is|are|was|were|has\ been|have\ been|had\ been)\ {ENDED}{_LAST}
    | (?:who|what|how\ many|which\ [a-z]+)\ {ENDED}\ (?:against|for|in\ favou?r|part|place|over|first
        |next|up|out|back|away|down){_LAST}
    )""",
    re.VERBOSE,
)


def needs_context(question: str) -> bool:
    """Whether a question cannot be understood without what was said before it."""
    text = _spelled_out(question)
    if not _ENGLISH.search(text):
        return False
    return any(test(text) for test in _TESTS)


def _opens(text: str) -> bool:
    concludes = text.lower().startswith("so ") and not _NAME.search(text, 3)
    return bool(_OPENING.match(text) or _GOING_ON.match(text) or concludes)


def _is_cut_short(text: str) -> bool:
    return bool(_ELLIPSES.match(text[:1].lower() + text[1:]))


def _points_back(text: str) -> bool:
    if _DEMONSTRATIVE.search(text) or _THERE.search(text) or _STAND_IN.search(text):
        return True
    return any(
        _is_demonstrative(text[: match.start()], text[match.end() :])
        for match in _THAT.finditer(text)
    )


def _is_demonstrative(before: str, after: str) -> bool:
    """Whether "that" points at something, and does not begin a clause."""
    if not re.search(r"\w", after):
        return True
    noun = re.match(r" ([\w-]+)(.*)", after)
    if not noun or _PLURAL_NOUN.search(noun[1]) or _COMPLEMENT.search(before):
        return False
    if re.search(rf"\b{AUXILIARY} $", before, re.IGNORECASE):
        return True
    if re.fullmatch(rf"{ENDED}|{AUXILIARY}|the|an?", noun[1]):
        return False
    after_preposition = re.search(rf"\b(?:{_PREPOSITION}|all) $", before, re.IGNORECASE)
    return bool(after_preposition) or _is_object(before, noun[2])


def _is_object(before: str, after: str) -> bool:
    """Whether "that" and a noun follow a verb, as in "Who blocked that draft?", and not a noun."""
    if not re.match(rf"\W*$|,| {_PREPOSITION}\b", after):
        return False
    return not _DESCRIBED.search(before)


def _misses_an_antecedent(text: str) -> bool:
    text = _EXPLETIVES.sub("", text)
    return any(
        not match.group().isupper() and not _is_resolved(text, match)
        for match in _PRONOUN.finditer(text)
    )


def _is_resolved(text: str, pronoun: re.Match[str]) -> bool:
    """Whether a pronoun may stand for something in the question itself."""
    word, before, after = pronoun.group().lower(), text[: pronoun.start()], text[pronoun.end() :]
    introduced = list(_INTRODUCED.finditer(before))
    if introduced and _has_name(text, introduced[-1].start()):
        return True
    auxiliary = _FIRST_AUXILIARY.search(text)
    has = auxiliary and auxiliary.group() in ("has", "have", "had") and word in _POSSESSIVE
    joined = auxiliary and _JOINED.search(text[: auxiliary.start()])
    if (
        auxiliary
        and not has
        and not joined
        and text[auxiliary.end() : pronoun.end()].strip() == pronoun.group()
    ):
        return False
    if _ADJUNCT.match(text) and "," in after:
        return bool(_NAME.search(after))  # "After he met Kim, what did Trump say?"
    part = _PART.search(before)
    before = before[: part.start()] if part and word in _POSSESSIVE | {"theirs", "hers"} else before
    if not _has_name(text, len(before)) and not _has_phrase(before, word in _PLURAL):
        return False
    if word in _SUBJECT | _POSSESSIVE or word.endswith(("self", "selves")):
        return True
    is_subject = word == "it" and re.match(rf" {AUXILIARY}\b", after)
    return bool(is_subject) or _parted(before, after, word)


def _parted(before: str, after: str, word: str) -> bool:
    """Whether a clause begins between an antecedent and an object: subject and object differ."""
    begun = [each for each in _CLAUSE.finditer(before) if each.start() > 0]
    if not begun:
        return False
    adjoins = not before[begun[-1].end() :].strip()
    return not adjoins or (word == "it" and bool(re.match(r" \w", after)))


def _has_name(text: str, end: int) -> bool:
    if not re.search(r".[^\W\d_a-z]", text):  # written without capitals
        return bool(_PHRASE.search(text[:end])) or len(text[:end].split()) > 3
    return any(match.start() < end for match in _NAME.finditer(text))


def _has_phrase(before: str, plural: bool) -> bool:
    """Whether a noun phrase of the same number comes before."""
    heads = [match[1].split()[-1] for match in _PHRASE.finditer(before)]
    return any(bool(_PLURAL_NOUN.search(head)) == plural for head in heads)


def _spelled_out(question: str) -> str:
    """A question without contractions, and with its quotations as names."""
    text = _QUOTED.sub("Quotation", " ".join(question.split())).replace("’", "'")
    for pattern, full in _CONTRACTIONS:
        text = pattern.sub(full, text)
    return text


_TESTS: tuple[Callable[[str], bool], ...] = (
    _opens,
    _is_cut_short,
    _points_back,
    _misses_an_antecedent,
)

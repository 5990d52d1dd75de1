"""A question and its answer made a statement, where the question is of a pattern that turns well."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from evals import english
from evals.english import AFTER_NOUN, AUXILIARIES, DETERMINERS, PREPOSITIONS, RELATIVES
from rag.types import Span

# Questions whose answer is no noun, or which say what is not so.
_UNFIT = frozenset("type types kind kinds form way sense role community term other not no he it they this direction along happen happens happened".split())  # fmt: skip
_WITH_CLAUSE = ("do", "say", "think", "believe", "propose", "help")
_NAMING = ("called", "named")
_NO_ANSWER = re.compile(r"[\[\]:;]|\((?!.*\))|['’]s$|,[\"”]|\b(?:no|not|none|never|also)\b")
_JOINED = re.compile(r" (?:\(|(?:of|in|on|at|by|for|to|with|from|that|which|who|between|as)\b)")
_MONTH = "|".join(english.MONTHS)
_TIME_ASKED = re.compile(r"(?:(?:in|on|during) )?what (?:year|decade|century|date|month)$|when$", re.IGNORECASE)  # fmt: skip
_WHEN = (
    (re.compile(r"(?i:in|on|after|before|between|around|during|by)\b"), ""),
    (re.compile(rf"(?:\d{{4}}|(?:{_MONTH}) \d{{4}})$"), "in "),
    (re.compile(r"\d{4}s$"), "in the "),
    (re.compile(rf"(?:\d+ )?(?:{_MONTH})\b.*\d"), "on "),
)
_COUNT_ASKED = re.compile(r"how many (?P<noun>[a-z].*)$", re.IGNORECASE)
_AMOUNT = re.compile(r"(?:[2-9]|\d[\d.,–]+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|[a-z]+ty)(?: (?:million|billion|thousand|hundred))?", re.IGNORECASE)  # fmt: skip
_NOUN_ASKED = re.compile(r"(?P<preposition>\w+ )??(?:who|whom|what|which)(?: [\w'’&.-]+){0,4}", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it may stand within a sentence, and the last word before it in its paragraph."""

    text: str
    word_before: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question in its parts: what is asked for, the verb behind it and the rest; and what the
    statement says instead of what is asked for, which may be an adverbial."""

    asked: str
    verb: str
    rest: list[str]
    slot: str
    is_adverbial: bool


def answer_in_sentence(
    text: str, paragraph: Span, span: Span, small: frozenset[str]
) -> Answer | None:
    """The answer with its article, in small letters where only a sentence began there. `small` are
    the words that the articles write small."""
    answer = " ".join(text[span.start : span.end].split()).rstrip(" .,;:")
    before, after = text[paragraph.start : span.start], text[span.end : paragraph.end]
    goes_on = not _AMOUNT.fullmatch(answer) and _goes_on(answer, after)
    if goes_on or _NO_ANSWER.search(answer) or len(answer.split()) > 12:
        return None
    first = answer.split()[0]
    begins = not before.strip() or before.rstrip()[-1] in ".!?"
    if begins and (first == "A" or (first[1:].islower() and first.lower() in small)):
        answer = answer[0].lower() + answer[1:]
    article = re.search(r"\b(the|an?) $", before, re.IGNORECASE)
    if article and re.match(rf"\s*[^\w\s-]|\s(?:{AFTER_NOUN})\b|$", after):
        answer = f"{article[1].lower()} {answer}"
    elif re.search(rf"\bthe {re.escape(answer)}(?: (?:{AFTER_NOUN})\b|[.,)])", text):
        answer = f"the {answer}"
    bare = answer.split()[0].lower() not in DETERMINERS and " and " not in answer
    head = _head(answer)
    if bare and (_is_counted(head, small) or (head.istitle() and head.lower() in small)):
        return None
    return Answer(answer, (before.split() or [""])[-1].lower())


def _goes_on(answer: str, after: str) -> bool:
    """Whether the noun goes on behind the answer, as in "Roman" of "Roman imperialism"."""
    is_name = answer[0].isupper() and not answer.endswith(("an", "ish", "ic"))
    is_next = str.isupper if is_name else str.isalpha
    found = re.match(rf" (?!(?:{AFTER_NOUN})\b)(\w)", after)
    return bool(found and is_next(found[1]))


def _is_counted(noun: str, small: frozenset[str]) -> bool:
    """Whether it has an article where it is one."""
    return noun in small and f"{noun}s" in small and not noun.endswith("s")


def _core(noun: str) -> str:
    """A noun phrase without what is joined to its end."""
    return _JOINED.split(noun)[0]


def _head(noun: str) -> str:
    """The word of a noun phrase that its verb agrees with."""
    return (_core(noun).split() or [""])[-1].rstrip(",")


def _agrees(subject: str, verb: str, small: frozenset[str]) -> bool:
    """Whether a verb for one has one subject. Where that is hard to tell, it has not."""
    for_one = verb in ("is", "was", "has", "does") or english.is_third(verb, small)
    return not (for_one and (" and " in _core(subject) or re.search(r"[^s'’]s$", _head(subject))))


def restated(question: str, answer: Answer, small: frozenset[str]) -> str | None:
    """The question as a statement with its answer in, where its pattern is one that turns well."""
    words = question.rstrip("? ").split()
    if _UNFIT & {word.lower() for word in words}:
        return None
    cut = _verb_behind_asked(words, small)
    if not cut or not words[cut + 1 :]:
        return None
    asked, verb, rest = " ".join(words[:cut]), words[cut], words[cut + 1 :]
    slot = _slot(asked, answer)
    if not slot:
        return None
    adverbial = _TIME_ASKED.match(asked) or re.match(r"[a-z]+ (?:what|which|whom)", asked, re.I)
    turned = _turned(_Asked(asked, verb, rest, slot, bool(adverbial)), small)
    return turned[0].upper() + turned[1:].rstrip() + "." if turned else None


def _verb_behind_asked(words: list[str], small: frozenset[str]) -> int | None:
    """Where the verb stands that ends what is asked for."""
    if not re.search(r"\b(?:who|whom|what|which|when|how)\b", " ".join(words[:2]), re.IGNORECASE):
        return None
    places = list(enumerate(words))[1:]
    auxiliary = next((i for i, word in places if word in AUXILIARIES), None)
    finite = next((i for i, word in places if english.is_finite(word, small)), None)
    if finite is None or auxiliary is None:
        return auxiliary or finite
    # In "what plays did", the first of the two is a noun.
    is_noun = finite > 1 and words[finite].endswith("s")
    return auxiliary if is_noun else min(auxiliary, finite)


def _slot(asked: str, answer: Answer) -> str | None:
    """What stands in the statement for what was asked."""
    if _TIME_ASKED.match(asked):
        return _time(answer)
    count = _COUNT_ASKED.match(asked)
    if count:
        return f"{answer.text.lower()} {count['noun']}" if _AMOUNT.fullmatch(answer.text) else None
    noun = _NOUN_ASKED.fullmatch(asked)
    inner = set(asked.lower().split()[1:]) & PREPOSITIONS
    if not noun or inner or _is_phrase(answer):
        return None
    before = (noun["preposition"] or "").lower()
    return before + answer.text if not before or before.strip() in PREPOSITIONS else None


def _time(answer: Answer) -> str | None:
    text = answer.text.removeprefix("the ")
    found = (preposition + text for pattern, preposition in _WHEN if pattern.match(text))
    return next(found, None)


def _is_phrase(answer: Answer) -> bool:
    """Whether the answer is no noun: what follows "to" or an auxiliary, or a verb and its object."""
    words = answer.text.split()
    behind_verb = answer.word_before in AUXILIARIES | {"to", "not", "be", "been"}
    predicate = behind_verb and words[0] not in DETERMINERS and words[0].islower()
    is_verb = set(words[1:2]) & DETERMINERS
    return bool(predicate or is_verb or words[0] in PREPOSITIONS | RELATIVES)


def _turned(question: _Asked, small: frozenset[str]) -> str | None:
    if question.verb in english.DO:
        return _with_do(question, small)
    if question.verb in AUXILIARIES:
        return _with_auxiliary(question, small)
    return None if question.is_adverbial else _subject_first(question, small)


def _subject_first(question: _Asked, small: frozenset[str]) -> str | None:
    """ "Who won?" -> "... won" """
    text = f"{question.slot} {question.verb} {' '.join(question.rest)}"
    return text if _agrees(question.slot, question.verb, small) else None


def _with_do(question: _Asked, small: frozenset[str]) -> str | None:
    """ "What did Tesla build?" -> "Tesla built ..." """
    rest = question.rest
    at = _predicate(rest, lambda word: english.is_base(word, small))
    if at is None or not _agrees(" ".join(rest[:at]), question.verb, small):
        return None
    subject, base, after = rest[:at], rest[at], rest[at + 1 :]
    if base in _WITH_CLAUSE or not {"to", "that"}.isdisjoint(after):
        return None
    return _joined(question, [*subject, english.inflected(base, question.verb)], after)


def _with_auxiliary(question: _Asked, small: frozenset[str]) -> str | None:
    """ "When was it built?" -> "It was built ..." """
    verb, rest = question.verb, question.rest

    def fits(word: str) -> bool:
        modal = verb in english.MODALS and (word == "be" or english.is_base(word, small))
        return modal or (verb not in english.MODALS and english.is_participle(word))

    at = _predicate(rest, fits)
    if not question.is_adverbial:
        at = next((i for i, word in enumerate(rest) if i and word in _NAMING), at)
        if fits(rest[0]):
            return _subject_first(question, small)
        if at is None or (
            verb in english.BE and not _is_open(rest[at:]) and rest[at] not in _NAMING
        ):
            return _equated(question, small)
    if at is None:
        return None
    agrees = _agrees(" ".join(rest[:at]), verb, small)
    return _joined(question, [*rest[:at], verb, rest[at]], rest[at + 1 :]) if agrees else None


def _is_open(after: list[str]) -> bool:
    """Whether a noun is missing behind a verb, as in "What is it based on?" """
    pairs = pairwise([*after, "in"])
    return any({a, b} <= PREPOSITIONS for a, b in pairs)


def _equated(question: _Asked, small: frozenset[str]) -> str | None:
    """ "What is the capital?" -> "The capital is ..."; "Who is the king?" -> "... is the king"."""
    verb, rest, noun = question.verb, question.rest, " ".join(question.rest)
    within = PREPOSITIONS | DETERMINERS
    acting = any(b.endswith("ing") and a not in within for a, b in pairwise(rest))
    is_noun = rest[0] in DETERMINERS or rest[0].endswith(("'s", "’s")) or rest[0][0].isupper()
    unclear = acting or not is_noun or _is_open(rest)
    if verb in english.MODALS or unclear or question.asked.lower().startswith("how"):
        return None
    if question.asked.lower() == "what" and rest[0] != "a" and _agrees(noun, verb, small):
        return f"{noun} {verb} {question.slot}"
    return _subject_first(question, small)


def _joined(question: _Asked, start: list[str], after: list[str]) -> str | None:
    """What was asked, put where it was missing."""
    first, end, slot = " ".join(start), " ".join(after), question.slot
    if question.is_adverbial or not after or after[-1] in PREPOSITIONS:
        return " ".join([*start, *after, slot])
    if set(after[:2]) <= PREPOSITIONS:
        return f"{first} {after[0]} {slot} {' '.join(after[1:])}"
    fits = after[0] in PREPOSITIONS and not set(after) & RELATIVES
    return f"{first} {slot} {end}" if fits else None


def _predicate(words: list[str], fits: Callable[[str], bool]) -> int | None:
    """Where the verb stands that ends the subject: what looks like a verb behind an article is a
    noun, and a verb behind a relative pronoun is one of the subject's own."""
    before_noun = DETERMINERS | PREPOSITIONS | {"and", "or", "most"}
    found = [
        i
        for i in range(1, len(words))
        if fits(words[i])
        and words[i - 1].lower() not in before_noun
        and (not set(words[:i]) & RELATIVES or not words[i + 1 :])
    ]
    return found[0] if found else None

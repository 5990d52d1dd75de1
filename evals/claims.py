"""SQuAD-format data -> statements that their paragraph supports, and the same made false.

They are made by rules alone and know nothing of what is measured with them. A true statement is a
sentence of the paragraph, that sentence shortened, or the question with its answer put in. A false
one changes a single place of a true one.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from evals import squad
from rag.sentences import sentences
from rag.types import Span


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence about a paragraph. `kind` says whether and how it was made false, `style` how it
    was worded, and `changed` what it says instead, as in "1962 -> 1987"."""

    text: str
    question: str
    article_id: str
    paragraph: Span
    kind: str  # "true", "number", "date", "name" or "swapped"
    style: str  # "quoted", "shortened" or "restated"
    changed: str = ""


@dataclass(frozen=True, slots=True)
class _Gold:
    """An answer as it stands in its paragraph, with the words around it."""

    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question in its parts: what is asked for, the verb behind it and the rest; and what the
    statement says instead of what is asked for, which may be an adverbial."""

    asked: str
    verb: str
    rest: list[str]
    slot: str
    is_adverbial: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a statement that can be made false. Only values of one `shape` replace each other."""

    start: int
    end: int
    text: str
    shape: str


@dataclass(frozen=True, slots=True)
class _World:
    """What all the articles tell about words: those written small, those that are counted, and the
    names: of what kind each is, and which there are of one shape."""

    small: frozenset[str]
    counted: frozenset[str]
    kinds: dict[str, str]
    names: dict[str, list[tuple[str, str]]]


def claims(data: squad.Dataset, seed: int = 0) -> list[Claim]:
    """Every true statement that can be made well, each followed by at most one false one a kind."""
    world = _world(data)
    texts = {article.id: article.text for article in data.articles}
    found: dict[tuple[str, str, int], Claim] = {}
    for question in data.questions:
        for style, text in _true(question, texts[question.article_id], world):
            place = question.paragraph
            claim = Claim(text, question.text, question.article_id, place, "true", style)
            found.setdefault((text, question.article_id, place.start), claim)
    made = []
    for claim in found.values():
        paragraph = texts[claim.article_id][claim.paragraph.start : claim.paragraph.end]
        # A seed for each, so that a new rule for one statement leaves the others as they are.
        chance = random.Random(f"{seed} {claim.text}")  # noqa: S311 - to repeat a run
        made += [claim, *_false(claim, paragraph, world, chance)]
    return made


def _true(question: squad.Question, text: str, world: _World) -> Iterator[tuple[str, str]]:
    span = question.spans[0]
    gold = _gold(text, question.paragraph, span, world)
    for found in sentences(text, question.paragraph):
        sentence = " ".join(text[found.start : found.end].split())
        if found.start <= span.start and span.end <= found.end and _is_whole(sentence):
            yield "quoted", sentence
            shortened = _shortened(sentence, " ".join(text[span.start : span.end].split()))
            if shortened != sentence and _is_whole(shortened):
                yield "shortened", shortened
    restated = gold and _restated(question.text, gold, world)
    if restated:
        yield "restated", restated


def _list(words: str) -> list[str]:
    return words.split()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WELL_FORMED = re.compile(r"""["“A-Z0-9](?:[^\s\[\]]+ ){4,59}[^\s\[\]]+(?<!\bapprox)[.!]["”]?""")
_TORN = re.compile(r"[,.]{2}|\w{2}[a-z](?<!\bRev)(?<!\bGen)(?<!\bCol)[.!?] [A-Z]|\w/s\. [A-Z]|\b[A-Z][a-z][a-z][.!?] [A-Z](?<!Rev\. .)")  # fmt: skip


def _is_whole(sentence: str) -> bool:
    """One sentence, and all of it."""
    closed = sentence.count("(") == sentence.count(")") and sentence.count('"') % 2 == 0
    return bool(closed and _WELL_FORMED.fullmatch(sentence) and not _TORN.search(sentence))


# --- a question made a statement -----------------------------------------------------------------

_PREPOSITIONS = _set("in on at by for with from to of into as after during about against under over near among between through within around before off upon toward towards along since until outside inside regarding versus across like")  # fmt: skip
_DETERMINERS = _set("the a an its his her their this that these those some any each every no")
_RELATIVES = _set("that which who whom whose when where while what how")
_BE = _set("is are was were")
_HAVE = _set("has have had")
_MODALS = _set("can could will would may might must should")
_DO = _set("do does did")
_AUXILIARIES = _BE | _HAVE | _MODALS | _DO
# base, past and participle
_IRREGULAR = """
be was been,bear bore born,die died died,beat beat beaten,become became become,begin began begun,break broke broken,bring brought
brought,build built built,buy bought bought,catch caught caught,choose chose chosen,come came come,cost cost cost,cut
cut cut,deal dealt dealt,do did done,draw drew drawn,drive drove driven,eat ate eaten,fall fell fallen,feel felt felt,
fight fought fought,find found found,fly flew flown,get got gotten,give gave given,go went gone,grow grew grown,have
had had,hear heard heard,hold held held,keep kept kept,know knew known,lay laid laid,lead led led,leave left left,lend
lent lent,let let let,lie lay lain,lose lost lost,make made made,mean meant meant,meet met met,oversee oversaw
overseen,pay paid paid,put put put,read read read,ride rode ridden,rise rose risen,run ran run,say said said,see saw
seen,sell sold sold,send sent sent,set set set,shoot shot shot,show showed shown,sing sang sung,sit sat sat,speak spoke
spoken,spend spent spent,spread spread spread,stand stood stood,steal stole stolen,strike struck struck,take took
taken,teach taught taught,tell told told,think thought thought,throw threw thrown,understand understood understood,
wear wore worn,win won won,write wrote written"""
_FORMS = [each.split() for each in _IRREGULAR.split(",")]
_PAST = {base: past for base, past, _ in _FORMS}
_PASTS = frozenset(_PAST.values())
_PARTICIPLES = frozenset(participle for *_, participle in _FORMS)
_ALSO_NOUNS = _set("break cost cut deal draw drive fall fight lay lead lie put read ride rise run set shoot show spread stand strike")  # fmt: skip
_SAYING = _set("say think believe feel report suggest claim argue state propose hear")
_HELPING = _set("help try want seek tend need agree manage attempt begin start")
# Questions whose answer is no noun, or which say what is not so.
_UNFIT = re.compile(
    r"\b(?:(?:type|kind|sort|form|way|sense|role|percentile|nationality|direction|scale|characteristic|status|community|title|term|dynasties)s?|"
    r"else|other|not|never|no|none|without|except|besides|aside|neither|he|she|it|they|this|following|happen\w*|to do|"
    r"what name|(?:how|what) (?:is|are|was|were|does|do) it|and (?:how|when|why|what|who))\b|n't\b|\bthe (?:is|are|was)\b|^(?:along|outside|name|why)\b|called that|,[\"”]",
    re.IGNORECASE,
)

_ADVERB = re.compile(r"(?:often|also|later|still|first|\w+ly)$")
_ONE_OF = re.compile("another|one |an example|two examples")
_PREFIX = re.compile(r"^((?:[^,?]+, )+)(?=(?:\w+ )?(?:what|which|who|when|where|how many)\b)")
_ASKING = re.compile(r"\b(?:who|whom|whose|what|which|when|where|how|why)\b", re.IGNORECASE)
_IN_PLACE = re.compile(r"^(?P<head>.+) (?P<wh>what|which|whom?|where)(?P<noun>(?: [\w'’]+){0,3})$")
_TIME_ASKED = re.compile(r"(?:(?:in|on|during) )?(?:what|which) (?:year|decade|century|date|month)$|when$", re.IGNORECASE)  # fmt: skip
_SHARE_ASKED = re.compile(r"(?:what|which) percent(?:age)?(?P<of> of .+)$", re.IGNORECASE)
_COUNT_ASKED = re.compile(r"(?P<about>approximately )?how many (?P<noun>[a-z].*)$", re.IGNORECASE)
_PLACE_ASKED = re.compile(r"(?P<preposition>\w+) (?:what|which|whom)(?: \w+){0,3}$", re.IGNORECASE)
_NOUN_ASKED = re.compile(r"(?:who|whom|what|which)(?: [\w'’&.-]+?){0,5}?(?P<adverbs>(?: (?:first|best|also|later|originally|previously|currently|upon arriving|\w+ly))*)$", re.IGNORECASE)  # fmt: skip
_MONTHS = _list("January February March April May June July August September October November December")  # fmt: skip
_MONTH = "|".join(_MONTHS)
_WORDS = _list("two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty")  # fmt: skip
_ORDINALS = _list("second third fourth fifth sixth seventh eighth ninth tenth")
_CENTURIES = _list("fifteenth sixteenth seventeenth eighteenth nineteenth twentieth")
_TENS = _list("twenty thirty forty fifty sixty seventy eighty ninety")
_AMOUNT = re.compile(rf"(?:\d[\d.,–]*|{'|'.join(_WORDS + _TENS)})(?: (?:million|billion|thousand|hundred))?", re.IGNORECASE)  # fmt: skip
_ABOUT = re.compile(r"\b(?:over|more than|about|approximately|nearly|around|at least|up to|almost|fewer than|less than) $", re.IGNORECASE)  # fmt: skip
_TIME_BEFORE = re.compile(r"\b(?:in|on|at|during|around|about|after|before|between)(?: the)?(?: early| late)? $", re.IGNORECASE)  # fmt: skip
_PLACE_BEFORE = re.compile(r"\b(?:in|on|at|near|within|along)(?: the| a| an)? $", re.IGNORECASE)
_MOVING = _set("move moved go went exiled visit visited transferred send sent spread return returned travel flow migrate migrated come")  # fmt: skip
_WHEN = (
    (re.compile(r"(?i:in|on|after|before|between|around|during|by|when)\b|.*\bago$"), ""),
    (re.compile(rf"(?:\d{{4}}|(?:{_MONTH}) \d{{4}}|{_MONTH})$"), "in "),
    (re.compile(r"(?:mid-)?\d+(?:s|(?:th|st|rd|nd) century)$"), "in the "),
    (re.compile(rf"\d.* (?:{_MONTH})\b|(?:{_MONTH}) \d+\b"), "on "),
)
_AFTER_NOUN = r"of|in|on|at|by|for|to|and|or|from|with|as|that|which|who|where|when|while|is|are|was|were|has|had|have|can|could|will|would|may|must|did|during|after|before|since|until|into|through|between|under|such|including|because|but|than|if|per|the|an?|his|its|their|\w+ed"
_JOINED = re.compile(r" (?:\(|(?:of|in|on|at|by|for|to|with|from|that|which|who|between|as|alongside)\b)")  # fmt: skip
_NO_ANSWER = re.compile(r"[\[\]:;]|['’]s$|,[\"”]|^also\b|\b(?:no|not|none|never)\b")
_WITH_ARTICLE = _set("Award Party Center Centre Council Court Conference Prize Army Group Service Act Gorge Exhibition Delta Order Government Museum Department Commission Agency Union League Society Dynasty Empire River Sea Ocean Coast Islands")  # fmt: skip
_WITHOUT = _set("University Street Avenue Boulevard Park Stadium Hall Tower Airport Road Station Church College School Castle City Freeway Yard Company")  # fmt: skip


def _gold(text: str, paragraph: Span, span: Span, world: _World) -> _Gold | None:
    """The first answer with its article, in small letters where only a sentence began there."""
    answer = " ".join(text[span.start : span.end].split()).rstrip(" .,;:")
    before = " ".join(f"|{text[paragraph.start : span.start]}|".split())[1:-1]
    after = text[span.end : paragraph.end]
    first = answer.split()[0]
    unclosed = answer.count("(") != answer.count(")") or answer.count('"') % 2
    if unclosed or _NO_ANSWER.search(answer) or len(answer.split()) > 12:
        return None
    begins = not before.strip() or before.rstrip()[-1] in ".!?"
    if begins and (first == "A" or (first[1:].islower() and first.lower() in world.small)):
        answer = answer[0].lower() + answer[1:]
    ended = text[span.end - 1] in ".,;:"
    if not ended and not _AMOUNT.fullmatch(answer) and _goes_on(answer, after):
        return None
    article = re.search(r"\b(?:the|an?) $", before, re.IGNORECASE)
    owned = re.search(r"['’]s? $", before)
    if article and re.match(rf"\s*[^\w\s-]|\s(?:{_AFTER_NOUN})\b|$", after):
        answer, before = article[0].lower() + answer, before[: article.start()]
    elif not owned and _wants_article(answer, text):
        answer = f"the {answer}"
    bare = answer.split()[0] not in _DETERMINERS and not owned and " and " not in answer
    return None if bare and _head(answer) in world.counted else _Gold(answer, before, after)


def _goes_on(answer: str, after: str) -> bool:
    """Whether the noun goes on behind the answer, as in "Roman" of "Roman imperialism"."""
    if answer[0].isupper():
        adjective = re.fullmatch(r"\w+(?:an|ish|ese|ic|al)", answer) and re.match(r" [a-z]", after)
        return bool(re.match(r" [A-Z]", after) or adjective)
    return bool(re.match(rf" (?!(?:{_AFTER_NOUN})\b)[a-z]", after))


def _wants_article(name: str, text: str) -> bool:
    """A name that has the article elsewhere in its text, whole or by its last words."""
    words = name.split()
    if name[0].islower() or re.search(r"\b[a-z]|–", name) or words[0] in ("The", "A", "An"):
        return False
    ends = [] if words[-1] in _WITHOUT else [" ".join(words[i:]) for i in range(len(words))]
    before = "|".join(map(re.escape, ends)) or "$."
    known = re.search(rf"\b[Tt]he (?:{before})(?: (?:{_AFTER_NOUN})\b|[.,)])", text)
    return bool(known) or (len(words) > 1 and words[-1] in _WITH_ARTICLE)


def _core(noun: str) -> str:
    """A noun phrase without what is joined to its end."""
    return _JOINED.split(noun)[0]


def _head(noun: str) -> str:
    """The word of a noun phrase that its verb agrees with."""
    return (_core(noun).split() or [""])[-1].rstrip(",")


def _agrees(subject: str, verb: str, world: _World) -> bool:
    """Whether a verb for one has one subject. Where that is hard to tell, it has not."""
    third = verb.endswith("s") and _is_third(verb, world)
    for_one = verb in ("is", "was", "has", "does") or third
    return not (for_one and (" and " in _core(subject) or re.search(r"[^s'’]s$", _head(subject))))


def _restated(question: str, gold: _Gold, world: _World) -> str | None:
    """The question as a statement with its answer in, where its pattern is one that turns well."""
    asked = " ".join(question.split()).rstrip("? ")
    asked = asked.rstrip('" ') if asked.count('"') % 2 else asked
    prefix = _PREFIX.match(asked)
    lead = prefix[0] if prefix else ""
    if _UNFIT.search(asked) or len(asked.split()) > 30 or _ASKING.search(lead):
        return None
    words = asked[len(lead) :].split()
    if _ASKING.match(words[0]) or words[0].lower() in _PREPOSITIONS | {"approximately"}:
        turned = _turned(words, gold, world)
    else:
        turned = None if lead else _in_place(" ".join(words), gold)
    return _capital(" ".join((lead + turned).split())) + "." if turned else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _in_place(asked: str, gold: _Gold) -> str | None:
    """ "It was named after what?" -> "It was named after ..." """
    found = _IN_PLACE.match(asked)
    if not found or _ASKING.search(found["head"]) or _is_phrase(gold):
        return None
    noun, last = set(found["noun"].split()), found["head"].split()[-1]
    fits = last in _PREPOSITIONS if noun or found["wh"] == "where" else last not in _RELATIVES
    if not fits or noun & (_PREPOSITIONS | _AUXILIARIES | _RELATIVES):
        return None
    owned = last in _DETERMINERS or last.endswith(("'s", "s'", "’s", "al"))
    return f"{found['head']} {re.sub('^(?:the|an?) ', '', gold.text) if owned else gold.text}"


def _is_phrase(gold: _Gold) -> bool:
    """Whether the answer is no noun: a clause, what follows "to", or what follows an auxiliary."""
    words, before = gold.text.split(), set(gold.before.split()[-1:])
    clause = set(words) & (_AUXILIARIES - {"can", "may"}) and not set(words) & _RELATIVES
    verb = before & (_AUXILIARIES | _set("to not be been")) and words[0] not in _DETERMINERS
    has_object = words[0].endswith(("s", "ed")) and set(words[1:2]) & _DETERMINERS
    is_verb = has_object or (verb and words[0].islower())
    return bool(clause or is_verb or words[0] in _PREPOSITIONS)


def _turned(words: list[str], gold: _Gold, world: _World) -> str | None:
    """What is asked for comes first in a question: find its end, then the verb."""
    cut = _verb_after_asked(words, world)
    if not cut or (not words[cut + 1 :] and words[cut] in _AUXILIARIES):
        return None
    asked, verb, rest = " ".join(words[:cut]), words[cut], words[cut + 1 :]
    told = _told(asked, gold, rest)
    if not told:
        return None
    question = _Asked(asked, verb, rest, told, is_adverbial=_is_adverbial(asked))
    if verb in _DO:
        return _with_do(question, world)
    if verb in _AUXILIARIES:
        return _with_auxiliary(question, world)
    return None if question.is_adverbial else _subject_first(question, world)


def _subject_first(question: _Asked, world: _World) -> str | None:
    """ "Who won?" -> "... won" """
    text = f"{question.slot} {question.verb} {' '.join(question.rest)}"
    return text if _agrees(question.slot, question.verb, world) else None


def _verb_after_asked(words: list[str], world: _World) -> int | None:
    """Where the verb stands that ends what is asked for; None where two might."""
    if not _ASKING.search(" ".join(words[:3])):
        return None
    auxiliary = next((i for i, word in enumerate(words) if i and word in _AUXILIARIES), None)
    finite = next((i for i, word in enumerate(words) if i and _is_finite(word, world)), None)
    if finite is None or (auxiliary is not None and auxiliary <= finite):
        return auxiliary
    if finite == 1 and words[1].endswith("ed") and len(words) > 3 and _is_third(words[3], world):
        return None
    if auxiliary is None or finite == 1 or set(words[finite:auxiliary]) & _RELATIVES:
        return finite
    return auxiliary if words[finite].endswith("s") else None


def _told(asked: str, gold: _Gold, rest: list[str]) -> str | None:
    """What stands in the statement for what was asked."""
    share, count = _SHARE_ASKED.match(asked), _COUNT_ASKED.match(asked)
    if _TIME_ASKED.match(asked):
        return _time(gold, " century" if asked.endswith("century") else "")
    if asked.lower() == "where":
        return None if set(rest) & _MOVING or rest[-1] in _PREPOSITIONS else _where(gold)
    if share:
        return gold.text + share["of"] if re.fullmatch(r"[\d.]+(?:%| percent)", gold.text) else None
    return _count(count, gold) if count else None if _is_phrase(gold) else _noun(asked, gold)


def _is_adverbial(asked: str) -> bool:
    where = r"where$|(?!approximately)[a-z]+ (?:what|which|whom)"
    return bool(_TIME_ASKED.match(asked) or re.match(where, asked, re.IGNORECASE))


def _noun(asked: str, gold: _Gold) -> str | None:
    """The answer itself, behind the preposition that was asked with."""
    noun, place = _NOUN_ASKED.match(asked), _PLACE_ASKED.match(asked)
    joined = set(asked.lower().split()[1:]) & (_PREPOSITIONS - {"upon"} | {"that"})
    part = joined or re.search(r"['’]s\b", asked)
    if noun:
        return None if part else gold.text + noun["adverbs"]
    fits = place and not gold.text[0].isdigit() and place["preposition"].lower() in _PREPOSITIONS
    return f"{place['preposition'].lower()} {gold.text}" if place and fits else None


def _count(asked: re.Match[str], gold: _Gold) -> str | None:
    unfit = re.search(r"^(?:of|more|square) |\b(?:large|high|long|old|tall)$", asked["noun"])
    if unfit or not _AMOUNT.fullmatch(gold.text) or gold.text == "1":
        return None
    about = _ABOUT.search(gold.before)
    return f"{(about[0] if about else asked['about'] or '').lower()}{gold.text.lower()} {asked['noun']}"


def _time(gold: _Gold, unit: str) -> str | None:
    text = gold.text.removeprefix("the ")
    text += unit if re.search(r"\d(?:th|st|rd|nd)$", text) else ""
    for pattern, preposition in _WHEN:
        if pattern.match(text):
            given = _TIME_BEFORE.search(gold.before + "the " * gold.text.startswith("the "))
            return (given[0].lower() if given and preposition else preposition) + text
    return None


def _where(gold: _Gold) -> str | None:
    if gold.text.split()[0] in _PREPOSITIONS:
        return gold.text
    given = _PLACE_BEFORE.search(gold.before)
    if given:
        return given[0].lower() + gold.text
    return f"in {gold.text}" if gold.text[0].isupper() else None


def _with_do(question: _Asked, world: _World) -> str | None:
    rest = question.rest
    at = _predicate(rest, lambda word: _is_base(word, world))
    if at is None or not _agrees(" ".join(rest[:at]), question.verb, world):
        return None
    base, after = rest[at], rest[at + 1 :]
    is_clause = base in _SAYING and after and (not question.is_adverbial or after[0] != "that")
    if is_clause or base == "do" or "and" in after[:1]:
        return None
    helped = (2 if after[:1] == ["to"] else 1) if base in _HELPING else 0
    verb = [_inflected(base, question.verb), *after[:helped]]
    return _joined(question, rest[:at], verb, after[helped:])


def _with_auxiliary(question: _Asked, world: _World) -> str | None:
    verb, rest = question.verb, question.rest
    fits = _predicate_of(verb, world)
    if rest[0] == "there":
        is_count = _COUNT_ASKED.match(question.asked)
        return f"there {verb} {question.slot} {' '.join(rest[1:])}" if is_count else None
    if not question.is_adverbial and _is_subject_asked(question, fits):
        return _subject_first(question, world)
    named = [i for i, word in enumerate(rest) if i and (word == "called" or rest[i:] == ["named"])]
    if named and verb in _BE and not question.is_adverbial:
        start = _joined(question, rest[: named[0]], [verb, rest[named[0]]], [])
        return f"{start} {' '.join(rest[named[0] + 1 :])}" if start else None
    at = _predicate(rest, fits)
    is_open = at is not None and _is_left_open(rest[at], rest[at + 1 :])
    if at is not None and (is_open or verb not in _BE or question.is_adverbial):
        agrees = _agrees(" ".join(rest[:at]), verb, world)
        return _joined(question, rest[:at], [verb, rest[at]], rest[at + 1 :]) if agrees else None
    is_noun = verb in _BE and (at is None or rest[0] == "the") and not _ADVERB.match(rest[0])
    return _equated(question, world) if is_noun else None


def _is_subject_asked(question: _Asked, fits: Callable[[str], bool]) -> bool:
    """Whether the predicate stands right behind the verb: then what is asked for is the subject."""
    verb, rest = question.verb, question.rest
    start = 1 if len(rest) > 1 and _ADVERB.match(rest[0]) else 0
    if fits(rest[start]) or (rest[start] in _PREPOSITIONS and len(rest) > 1):
        return True
    if verb in _BE:
        return bool(start and rest[1] in _DETERMINERS)
    return verb in _HAVE and _predicate(rest, fits) is None


def _is_left_open(word: str, after: list[str]) -> bool:
    """Whether something is missing behind a verb: "What is it based on in law?" """
    pairs = zip(after, [*after[1:], "in"], strict=False)
    stranded = any({a, b} <= _PREPOSITIONS for a, b in pairs)
    ended = not after or after[0] in _set("during when while out up")
    return stranded or (word.endswith("ing") and ended)


def _equated(question: _Asked, world: _World) -> str | None:
    """ "What is the capital?" -> "The capital is ..."; "Who is the king?" -> "... is the king"."""
    verb, rest, slot, noun = question.verb, question.rest, question.slot, " ".join(question.rest)
    if _is_unclear(rest):
        return None
    if question.is_adverbial:
        long = set(rest[1:]) & (_PREPOSITIONS - {"of"}) or len(rest) > 6
        return None if long else f"{noun} {verb} {slot}"
    is_noun = rest[0] in _DETERMINERS or rest[0][0].isupper() or rest[0].endswith(("'s", "’s"))
    who = re.search(r"\bwhom?\b|how many|percent", question.asked, re.IGNORECASE)
    if who or (not is_noun and question.asked.lower() != "what") or _ONE_OF.match(noun):
        return _subject_first(question, world)
    one = rest[0] in ("a", "an")
    agrees = _agrees(noun, verb, world) and (not one or _agrees(slot, verb, world))
    stranded = rest[-1] in _PREPOSITIONS and not set(rest) & _RELATIVES
    return f"{noun} {verb} {slot}" if agrees and not stranded else None


def _is_unclear(noun: list[str]) -> bool:
    """Whether a noun phrase holds what only a clause would."""
    pairs = list(pairwise(noun))
    clause = set(noun) & _AUXILIARIES and not set(noun) & _RELATIVES
    acting = any(b.endswith("ing") and a not in _PREPOSITIONS | _DETERMINERS for a, b in pairs)
    stranded = any({a, b} <= _PREPOSITIONS for a, b in pairs)
    return bool(clause or acting or stranded or "," in " ".join(noun))


def _joined(question: _Asked, subject: list[str], verb: list[str], after: list[str]) -> str | None:
    """Subject, verb and what was asked, put where it was missing."""
    adverb = _ADVERB.match(subject[-1]) or subject[-1] in ("being", "been")
    if adverb and len(subject) > 1 and verb[0] in _AUXILIARIES:
        subject, verb = subject[:-1], [verb[0], subject[-1], *verb[1:]]
    start, end, slot = " ".join([*subject, *verb]), " ".join(after), question.slot
    if subject[-1] == "be" or "or" in after[-2:]:
        return None
    if question.is_adverbial:
        long = len(after) > 7 or set(after) & _RELATIVES
        return f"{slot}, {start} {end}" if long else f"{start} {end} {slot}"
    if not after or after[-1] in _PREPOSITIONS:
        return f"{start} {end} {slot}"
    within = _PREPOSITIONS | _RELATIVES | {"first"}
    if after[0] in _PREPOSITIONS - {"along"} and after[1] in within:
        return f"{start} {after[0]} {slot} {' '.join(after[1:])}"
    is_plain = after[0] in _PREPOSITIONS | {"shortly", "first"}
    return f"{start} {slot} {end}" if is_plain and not set(after) & _set("that which who") else None


def _predicate(words: list[str], fits: Callable[[str], bool]) -> int | None:
    """Where the verb stands that ends the subject. After a noun that only looks like a verb comes a
    word that comes after no verb, and a verb within the subject stands behind a relative pronoun."""
    before_noun = _DETERMINERS | _PREPOSITIONS | {"and", "or", "most"}
    found = [
        i
        for i in range(1, len(words))
        if fits(words[i])
        and words[i - 1].lower() not in before_noun
        and not words[i - 1].endswith(("'s", "’s", "s'"))
        and (not set(words[:i]) & _RELATIVES or not words[i + 1 :])
    ]
    return next((i for i in found if _is_clear(words[i], words[i + 1 :])), next(iter(found), None))


def _is_clear(verb: str, after: list[str]) -> bool:
    """Whether a word is a verb for sure, by itself or by the word behind it."""
    alone = (verb in _PAST and verb not in _ALSO_NOUNS) or verb in _HELPING
    return alone or not after or not after[0].islower() or after[0] in _DETERMINERS | _PREPOSITIONS


def _predicate_of(verb: str, world: _World) -> Callable[[str], bool]:
    if verb in _MODALS:
        return lambda word: word == "be" or _is_base(word, world)
    return lambda word: _is_participle(word) or (verb in _BE and _is_present(word, world))


def _is_participle(word: str) -> bool:
    regular = re.fullmatch(r"[a-z]+(?<!e)ed", word) and word != "hundred"
    return bool(regular) or word in _PARTICIPLES


def _is_present(word: str, world: _World) -> bool:
    stems = (word[:-3], word[:-3] + "e", word[:-4])
    acts = word.endswith("ing") and word not in ("building", "meeting")
    return acts and any(_is_base(stem, world) for stem in stems)


def _is_base(word: str, world: _World) -> bool:
    if word in ("found", "wound", "ground"):
        return False
    misspelt = word not in world.small and f"{word}e" in world.small
    return word in _PAST or (_regular_past(word) in world.small and not misspelt)


def _is_finite(word: str, world: _World) -> bool:
    past = word in _PASTS or (word.endswith("ed") and _is_participle(word))
    return past or _is_third(word, world)


def _is_third(word: str, world: _World) -> bool:
    bases = [word[:-1], word[:-2], word[:-3] + "y"] if word.endswith("es") else [word[:-1]]
    inflected = word.endswith("s") and word not in _AUXILIARIES
    return inflected and any(_is_base(base, world) for base in bases)


def _inflected(base: str, auxiliary: str) -> str:
    if auxiliary == "do":
        return base
    if auxiliary == "did":
        return _PAST.get(base) or _regular_past(base)
    if base == "have":
        return "has"
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")


def _regular_past(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ied"
    double = re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]|occur|refer|permit|prefer|control", base)
    return base + (base[-1] if double else "") + "ed"


# --- a sentence made shorter ---------------------------------------------------------------------

_VERB = rf"(?:{'|'.join(sorted(_AUXILIARIES | (_PASTS - _PARTICIPLES)))})"
_ASIDE = re.compile(r" \((?![^()]*\b(?:not|except|excluding|unless|if|only|but|or|all)\b)[^()]*[a-z]{3}[^()]*\)(?=[ .,;])")  # fmt: skip
_OPENING = re.compile(
    r"^(?:(?:However|Moreover|Furthermore|Therefore|Thus|Meanwhile|Additionally|In addition|In fact|For example|For instance|Also|"
    r"Consequently|As a result|Similarly|Likewise|Indeed|Eventually|Then|Finally|Nevertheless)|"
    rf"(?:In|On) (?:(?:the )?(?:early |late |mid-)?\d|(?:early |late )?(?:{_MONTH})\b|the (?:\w+ ){{0,2}}(?:century|years?|decades?|spring|summer|fall|autumn|winter)\b)(?:[^,;]|(?<=\d),(?= \d{{4}})){{0,60}}|"
    r"(?:During|Following|Despite|Although|Though|Upon) (?:[^,;]|(?<=\d),(?= \d{4})){3,80}), "
    rf"(?P<rest>(?P<subject>(?!and |or )[^,;]{{2,60}}?) (?:{_VERB}|\w+ed)\b.*)$"
)
_MIDDLE = re.compile(rf"^(?P<head>[^,;]{{3,60}}?), (?!and |or |but |not |then |[^,;]* (?:and|or) [^,;]*, (?:and|or)\b)[^,;]{{3,80}}, (?P<rest>{_VERB}\b.*)$")  # fmt: skip
_CLOSING = re.compile(
    rf"^(?P<head>[^,;]*?\b{_VERB}\b[^,;]* [^,;]*), (?:which|who|where|although|though|while|including|such as|but|and (?:he|she|it|they)|"
    r"so|making|giving|leading|resulting|leaving|allowing|followed by|as well as|along with|with)\b[^;]*\.$"
)
_CLAUSE = re.compile(r"\b(?:which|who|that|where|when|if|neither|not only|both|between|rather|either)\b")  # fmt: skip
_OPENERS = _set("In On At By During After Since For From With As Although While When If Under Like Despite Upon Though Unlike Even")  # fmt: skip


def _shortened(sentence: str, answer: str) -> str:
    """The sentence without what stands between brackets or commas, where the answer is elsewhere."""
    for shorter in (_without_asides, _without_opening, _without_middle, _without_closing):
        kept = shorter(sentence)
        if answer in kept and len(kept.split()) > 5:
            sentence = kept
    return sentence


def _without_asides(sentence: str) -> str:
    return _ASIDE.sub("", sentence)


def _without_opening(sentence: str) -> str:
    found = _OPENING.match(sentence)
    return _capital(found["rest"]) if found and not _CLAUSE.search(found["subject"]) else sentence


def _without_middle(sentence: str) -> str:
    found = _MIDDLE.match(sentence)
    if not found or _CLAUSE.search(found["head"]) or found["head"].split()[0] in _OPENERS:
        return sentence
    return f"{found['head']} {found['rest']}"


def _without_closing(sentence: str) -> str:
    found = _CLOSING.match(sentence)
    return f"{found['head']}." if found and not _CLAUSE.search(found["head"]) else sentence


# --- a statement made false ----------------------------------------------------------------------

_YEAR = r"(?:1\d{3}|20[0-2]\d)"
_DATES = {
    "decade": re.compile(r"(?<![\w.,$£€])(?P<value>(?:1\d|20)\d0s)\b"),
    "year": re.compile(rf"(?<![\w.,$£€])(?<!× )(?P<value>{_YEAR})(?!\w|[.,]\d|\s?(?:%|°|×|percent|million|square|km\b)| (?!was |is |has |his )[a-z]+s\b)"),
    "day": re.compile(rf"(?<![\d.,:–-])(?P<value>\d\d?)(?= (?:{_MONTH})\b)|\b(?:{_MONTH}) (?P<other>\d\d?)(?![\d:])"),
    "month": re.compile(rf"(?:\b(?:in|of|by|since|until|from|to|early|late|mid|last)|\d) (?P<value>{_MONTH})\b|\b(?P<other>{_MONTH})(?= \d)"),
    "century": re.compile(rf"\b(?P<value>\d\d?(?:st|nd|rd|th)|{'|'.join(_CENTURIES)})(?=[ -]centur)"),
}  # fmt: skip
# What has digits and is no count: dates, times of the day, and what a number is only a label of.
_NO_COUNT = re.compile(
    rf"\b{_YEAR}\b(?:\s?[–-]\s?\d+)?|\b\d\d? (?:{_MONTH})\b|\b(?:{_MONTH}) \d\d?\b|\d+(?=[ -](?:centur|BCE?\b|BP\b|CE\b|AD\b))|"
    r"\b[A-Z][\w.]*[ -]\d[\d.,]*|\([^()]*\d (?:km|mi|ft|m|ha|in|mm|cm|kg|lb)\b[^()]*\)|\d+:\d+|\d[\d.]* ×|\w+-\d+"
)
_NUMBERS = {
    "digits": re.compile(r"(?<![\w.,:/^-])(?P<value>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?![\w:/⁄½]|[.,]\d|\s?(?:%|percent|per cent))"),
    "share": re.compile(r"(?<![\w.,:/-])(?P<value>\d+(?:\.\d+)?)(?=\s?(?:%|percent|per cent))"),
    "word": re.compile(rf"(?<![\w-])(?P<value>{'|'.join(_WORDS + _TENS[1:])})\b(?!-(?:one|two|three|four|five|six|seven|eight|nine|thirds|fifths)\b)", re.IGNORECASE),
    "ordinal": re.compile(rf"(?<![\w-])(?P<value>{'|'.join(_ORDINALS)})\b(?![ -]centur)"),
}  # fmt: skip
# Behind these words a smaller value, or a greater one, follows from the true one.
_AT_LEAST = re.compile(r"\b(?:over|more than|greater than|at least|exceed\w*|above|minimum of) (?:the )?$", re.IGNORECASE)  # fmt: skip
_AT_MOST = re.compile(r"\b(?:under|less than|fewer than|below|up to|at most|by|within) (?:the )?$", re.IGNORECASE)  # fmt: skip
# What goes on all the time after one or between two does so in a part of it; what was once, in more.
_BETWEEN = re.compile(
    r"\b(?:after|before|between (?:[^.;]{1,40} and )?)(?: ?the)? ?$", re.IGNORECASE
)
_ROUGHLY = re.compile(r"(?:~|\b(?:about|around|approximately|roughly|nearly|almost|some|circa|estimated)) ?$", re.IGNORECASE)  # fmt: skip

_CAPITAL = r"(?:(?:[A-Z]\.){1,3}(?= ?[A-Z])|(?:St|Dr|Mt)\.(?= [A-Z])|[A-ZÀ-ÖØ-ÞĐŌÖŠŽŁ](?:[\w&-]|['’](?!s\b)(?=[a-zA-Z]))*)"
_NAME = re.compile(rf"(?<![\w./–-])(?>{_CAPITAL}(?: (?:(?:of the|of|de la|de|von|van|du|der|al|ibn|bin|&) )?{_CAPITAL})*)(?!-|–|/|['’](?!s?\b)| \d)")  # fmt: skip
_NO_NAMES = frozenset([*_MONTHS, *_list("Monday Tuesday Wednesday Thursday Friday Saturday Sunday I II III IV V VI XLIX XXXIII BC AD CE BP")])  # fmt: skip
_PLAIN = _DETERMINERS | _PREPOSITIONS | _RELATIVES | _AUXILIARIES | _set("and or but not also it there he she they we one both all most many some such other several however these only if then than because although though once likewise")  # fmt: skip
_GIVEN = _set("Albert Alexander Andrew Anthony Antoine Benjamin Bill Carl Catherine Charles Christian Daniel David Edward Elizabeth Eric Eugene Francis Frederick Friedrich George Henry Isaac Jack Jacob James Jean Jeff John Joseph Juan Karl Larry Lawrence Leon Louis Ludwig Luke Martin Mary Max Michael Milton Oliver Otto Paul Percy Peter Philip Richard Robert Samuel Stephen Theodor Thomas Victor Walter William")  # fmt: skip
# The last or the first word of a name tells what it names.
_ENDINGS = {
    "site": _list("City County River Sea Ocean Street Avenue Boulevard Island Islands Bay Lake Valley Park Stadium Mountains Coast Gorge Freeway Delta Channel Hall Tower Square Road Bridge Airport Forest Basin Garden"),
    "school": _list("University School Schools College Institute Department Library Hospital"),
    "state": _list("Council Court Parliament Commission Committee Party Union Assembly Bureau Congress Government Office Agency Army"),
    "body": _list("Museum Church Company Corporation Association Center Society League Foundation Network Group Bank Theatre Commons"),
    "law": _list("Treaty Act Convention Agreement Directive Protocol Constitution"),
    "event": _list("War Revolution Bowl Championship Cup Games Conference Reformation Uprising Exhibition Crusade Crisis Game"),
    "": _list("Bible Keys Medicine System Business Story Type Types Close Who Latin North South East West Central African American Korean European"),
}  # fmt: skip
_ENDING = {word: kind for kind, words in _ENDINGS.items() for word in words}
_BEGINNING = {"University": "school", "Battle": "event", "Treaty": "law", "Edict": "law", "Lake": "site", "Mount": "site", "North": "place", "South": "place", "King": "person", "Queen": "person", "Emperor": "person"}  # fmt: skip
_ROLE = re.compile(r"\b(\w*(?:er|or|ist|ian|man|tect|poet|king|queen|president|President|General|Minister|scholar|end|back|tackle|son|wife|noble|Dr\.|Rev\.)) $")  # fmt: skip
_ACTING = re.compile(r",? (?:who|said|wrote|argued|believed|died|led|won|played|himself|suggested|thought|proposed|discovered|married|threw|served|observed|stated|showed|condemned|claimed|explained)\b| \(\d{4}[–-]|['’]s (?:wife|son|father|mother|death|theory|career|birth|view|idea)")  # fmt: skip
_INSIDE = re.compile(r"\b(?:in|near|throughout|across|outside) (?:the )?$")
_ENDED = re.compile(rf"[.,;)]|['’]s| (?:{_AFTER_NOUN})\b")
# What is true of a place may be true of these, which hold many.
_WIDE = _set("Europe Britain Asia Africa America States European African Asian American")
_LIST = re.compile(rf"(?:[\s,&/()“”\"'’–-]|\b(?:and|or|the|of|s)\b|{_CAPITAL})*")


def _world(data: squad.Dataset) -> _World:
    """What the articles tell about words and names, in the order of the articles."""
    text = " ".join(article.text for article in data.articles)
    small = frozenset(re.findall(r"\b[a-z]+\b", text))
    counted = frozenset(word for word in small if f"{word}s" in small and not word.endswith("s"))
    kinds = _kinds(data, small)
    names: dict[str, dict[tuple[str, str], None]] = {}
    for article in data.articles:
        for place in _names(article.text, small, kinds):
            names.setdefault(place.shape, {})[article.id, place.text] = None
    return _World(small, counted, kinds, {shape: list(found) for shape, found in names.items()})


def _false(claim: Claim, paragraph: str, world: _World, chance: random.Random) -> Iterator[Claim]:
    for kind in ("number", "date", "name", "swapped"):
        found = list(_changes(kind, claim, paragraph, world, chance))
        if found:
            place, new = chance.choice(found)
            text = claim.text[: place.start] + new + claim.text[place.end :]
            yield replace(claim, text=text, kind=kind, changed=f"{place.text} -> {new}")


def _changes(
    kind: str, claim: Claim, paragraph: str, world: _World, chance: random.Random
) -> Iterator[tuple[_Place, str]]:
    """Every place of a statement that can be made false so, with what it says then."""
    finders: dict[str, Callable[[str], Iterator[_Place]]] = {
        "number": _numbers,
        "date": lambda text: _found(_DATES, text),
        "name": lambda text: _names(text, world.small, world.kinds),
    }
    for find in finders.values() if kind == "swapped" else [finders[kind]]:
        for place in find(claim.text):
            if kind == "swapped":
                same = {each.text for each in find(paragraph) if each.shape == place.shape}
                options = sorted(new for new in same if new[0].isupper() == place.text[0].isupper())
            elif kind == "name":
                known = world.names.get(place.shape, [])
                options = [name for article, name in known if article != claim.article_id]
            else:
                options = _values(place, chance)
            chance.shuffle(options)
            fits = (new for new in options if _fits(kind, place, new, claim.text, paragraph))
            yield from ((place, new) for new in islice(fits, 1))


def _fits(kind: str, place: _Place, new: str, text: str, paragraph: str) -> bool:
    """Whether a statement is false with the new value: it stands elsewhere in the paragraph if it
    is swapped, and nowhere otherwise."""
    if not _differs(place, new, text):
        return False
    if kind == "swapped":
        return not _occurs(new, text) and not _related(place, new, paragraph)
    return not _occurs(new, paragraph)


def _occurs(value: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE))


def _numbers(text: str) -> Iterator[_Place]:
    taken = [found.span() for found in _NO_COUNT.finditer(text)]
    for place in _found(_NUMBERS, text):
        free = not any(start < place.end and place.start < end for start, end in taken)
        if free and place.text.strip("0.") not in ("", "1"):
            yield place


def _found(patterns: dict[str, re.Pattern[str]], text: str) -> Iterator[_Place]:
    for shape, pattern in patterns.items():
        for match in pattern.finditer(text):
            group = "value" if match["value"] else "other"
            yield _Place(match.start(group), match.end(group), match[group], shape)


def _values(place: _Place, chance: random.Random) -> list[str]:
    """Values that a model might say instead: most are near, some are off by a factor."""
    old, listed = place.text, _LISTS.get(place.shape, [])
    if old.lower() in map(str.lower, listed):
        most = 12 if place.shape == "month" else 5
        near = [each for each in listed if 0 < abs(_value(each) - _value(old)) < most]
        return [each.capitalize() if old[0].isupper() else each for each in near]
    number = int(re.sub(r"\D", "", old))
    if place.shape in _STEPS:
        most = {"day": 28, "century": 21}.get(place.shape, 2025)
        near = [str(number + sign * step) for step in _STEPS[place.shape] for sign in (1, -1)]
        return [_dated(int(each), place.shape) for each in near if 0 < int(each) <= most]
    factors = (0.1, 0.5, 2, 3, 10) if number >= 100 else (0.5, 2, 3)
    values = [_scaled(old, factor) for factor in factors]
    values += [_turned_over(old), *(_digit_changed(old, chance) for _ in range(6))]
    return [each for each in values if each and not (place.shape == "share" and float(each) > 100)]


_LISTS = {"month": _MONTHS, "word": _WORDS + _TENS[1:], "ordinal": _ORDINALS, "century": _CENTURIES}
_STEPS = {"year": (1, 2, 3, 4, 6, 9, 10, 20, 100), "decade": (10, 20, 30, 100), "century": (1, 2, 3), "day": (1, 2, 3, 7, 10)}  # fmt: skip


def _dated(number: int, shape: str) -> str:
    if shape == "century":
        ending = "th" if 10 < number < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending}"
    return f"{number}s" if shape == "decade" else str(number)


def _digit_changed(old: str, chance: random.Random) -> str:
    """Another digit, but none for a nought that only rounds."""
    rounded = len(old) if "." in old or not old.strip("0,") else len(old.rstrip("0,"))
    at = chance.choice([i for i, mark in enumerate(old[:rounded]) if mark.isdigit()])
    lowest = 1 if at == 0 and old[:2] != "0." else 0
    return old[:at] + str(chance.randint(lowest, 9)) + old[at + 1 :]


def _turned_over(old: str) -> str:
    """The first two digits the other way round: 1.2 -> 2.1."""
    found = re.match(r"(\d)([.,]?)(\d)", old)
    return found[3] + found[2] + found[1] + old[found.end() :] if found and found[3] != "0" else ""


def _scaled(old: str, factor: float) -> str:
    value = _value(old) * factor
    places = len(old.partition(".")[2])
    if not places and value != int(value):
        return ""
    return f"{value:,.{places}f}" if "," in old else f"{value:.{places}f}"


def _value(text: str) -> float:
    """How great a value is, to compare those of one shape."""
    for listed in (_MONTHS, _ORDINALS, _CENTURIES, _WORDS):
        if text in listed or text.lower() in listed:
            return 2.0 + listed.index(text if text in listed else text.lower())
    # From twenty on the words count as far apart as two of the smaller ones.
    if text.lower() in _TENS:
        return 20.0 + 2 * _TENS.index(text.lower())
    return float(re.sub(r"[^\d.]", "", text))


def _differs(place: _Place, new: str, text: str) -> bool:
    """Whether what is said then is no longer true, as far as its own words tell."""
    before = text[: place.start]
    if before.endswith((" a ", " an ")) and before.endswith(" an ") != bool(_VOWEL.match(new)):
        return False
    if place.shape.count("|"):
        return _other_name(place.text, new)
    old, value = _value(place.text), _value(new)
    if place.shape in _NUMBERS and _ROUGHLY.search(before) and 0.75 < value / old < 1.35:
        return False
    if place.shape == "month" or old == value:
        return old != value
    bound = _AT_LEAST if value < old else _AT_MOST
    return not bound.search(before) and not _BETWEEN.search(before) and 0.05 < value / old < 20


_VOWEL = re.compile(r"[aeiou]|8|1[18]\b", re.IGNORECASE)


def _other_name(old: str, new: str) -> bool:
    """Neither a part of the other, nor its initials, nor a place that holds it."""
    words, others = set(old.split()), set(new.split())
    shared = (words & others) - {"of", "the", "de"} or old in new or new in old
    return not (shared or others & _WIDE or _initials(old) == new or _initials(new) == old)


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split() if word[0].isupper())


def _related(place: _Place, new: str, paragraph: str) -> bool:
    """Whether two values stand in one list, or one behind the other: what is true of the one is
    likely true of the other, or the two are one thing. Of two places in a sentence, one may hold
    the other."""
    for first, second in ((place.text, new), (new, place.text)):
        ends = rf"(?<!\w){re.escape(first)}(?!\w)", rf"(?<!\w){re.escape(second)}(?!\w)"
        for found in re.finditer(r"([^.!?]{0,200}?)".join(ends), paragraph):
            listed = len(found[1]) < 60 and _LIST.fullmatch(found[1])
            if listed or place.shape.startswith(("place", "site")):
                return True
    return False


def _names(text: str, small: frozenset[str], kinds: dict[str, str]) -> Iterator[_Place]:
    """The names whose kind is known."""
    for start, name in _runs(text, small):
        if name in kinds:
            article = "the" if re.search(r"\b[Tt]he $", text[:start]) else ""
            many, long = "many" * name.endswith("s"), "long" * (" " in name)
            shape = f"{kinds[name]}|{article}|{many}|{long}"
            yield _Place(start, start + len(name), name, shape)


def _runs(text: str, small: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Runs of capitalised words. A word that begins a sentence counts if it is never written small."""
    for match in _NAME.finditer(text):
        start, name = match.start(), match[0]
        while " " in name and name.split()[0].lower() in _PLAIN:
            start, name = start + len(name.split()[0]) + 1, name.split(" ", 1)[1]
        before = text[:start].rstrip(" \n\"“'(")
        first = not before or before[-1] in ".!?"
        common = (first and name.split()[0].lower() in small) or name.lower() in _PLAIN
        if not common and len(name) > 2 and not set(name.split()) & _NO_NAMES:
            yield start, name


def _kinds(data: squad.Dataset, small: frozenset[str]) -> dict[str, str]:
    """Of what kind a name is, for those where its own words or the words around it tell."""
    signs: dict[str, Counter[str]] = {}
    for article in data.articles:
        for start, name in _runs(article.text, small):
            end, text = start + len(name), article.text
            sign = _sign(text[max(0, start - 30) : start], text[end : end + 20])
            signs.setdefault(name, Counter())[sign] += 1
    told = {name: _kind(name, found) for name, found in signs.items()}
    common = {name for name, kind in told.items() if kind == "people" and name.lower() in small}
    kinds = {name: kind for name, kind in told.items() if kind and name not in common}
    given = (name for name in kinds if name.partition(" ")[0] in _GIVEN and " of " not in name)
    last = {name.rpartition(" ")[2] for name in given} - set(kinds)
    return kinds | {name: "person" for name in signs if name in last and name.lower() not in small}


def _sign(before: str, after: str) -> str:
    role = _ROLE.search(before)
    if (role and role[1].lower() not in _PLAIN) or _ACTING.match(after):
        return "person"
    if _INSIDE.search(before) and _ENDED.match(after):
        return "place"
    return "people" if re.search(r"\b[Tt]he $", before) and _ENDED.match(after) else "none"


def _kind(name: str, signs: Counter[str]) -> str:
    words = name.split()
    if len(words) == 1:
        odd = (
            name in _ENDING
            or name.isupper()
            or re.search(r"-[a-z]|\d|(?:an|ish|ese|nch|utch)$", name)
        )
        return (
            ""
            if odd
            else "people"
            if name.endswith("s") and signs["people"]
            else _told_by(signs, words)
        )
    built = _ENDING.get(words[-1], _BEGINNING.get(words[0]))
    if built is None and words[0] in _GIVEN and "of" not in words:
        return "person"
    return _told_by(signs, words) if built is None else built


def _told_by(signs: Counter[str], words: list[str]) -> str:
    """What a name is by the words around it."""
    singular = len(words) > 1 or not words[0].endswith("s")
    if len(words) > 3:
        return ""
    person, place, times = signs["person"], signs["place"], signs.total()
    if singular and person > place and person >= min(3, times / 6):
        return "person"
    return "place" if place > person and place >= min(3, times / 4) else ""

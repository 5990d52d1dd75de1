"""English words by their grammar, as far as making statements needs them."""

from __future__ import annotations

import re

PREPOSITIONS = frozenset("in on at by for with from to of into as after during about against under over near among between through within around before off regarding upon toward towards along since until outside inside versus across like".split())  # fmt: skip
DETERMINERS = frozenset("the a an its his her their this that these those some any each every no".split())  # fmt: skip
RELATIVES = frozenset("that which who whom whose when where while what how".split())
BE = frozenset("is are was were".split())
HAVE = frozenset("has have had".split())
MODALS = frozenset("can could will would may might must should".split())
DO = frozenset("do does did".split())
AUXILIARIES = BE | HAVE | MODALS | DO
# What ends a noun phrase that it stands behind.
AFTER_NOUN = r"of|in|on|at|by|for|to|and|or|from|with|as|that|which|who|where|when|while|is|are|was|were|has|had|have|can|could|will|would|may|must|did|during|after|before|since|until|into|through|between|under|such|including|because|but|than|if|per|the|an?|his|its|their|\w+ed"
MONTHS = "January February March April May June July August September October November December".split()  # fmt: skip
# base, past and participle
_IRREGULAR = """
be was been,beat beat beaten,become became become,begin began begun,bring brought brought,build built built,
buy bought bought,choose chose chosen,come came come,deal dealt dealt,do did done,draw drew drawn,fall fell fallen,
feel felt felt,fight fought fought,find found found,get got gotten,give gave given,go went gone,grow grew grown,
have had had,hold held held,keep kept kept,know knew known,lay laid laid,lead led led,leave left left,let let let,
lie lay lain,lose lost lost,make made made,mean meant meant,meet met met,pay paid paid,put put put,read read read,
rise rose risen,run ran run,say said said,see saw seen,sell sold sold,send sent sent,set set set,show showed shown,
speak spoke spoken,spend spent spent,spread spread spread,stand stood stood,take took taken,teach taught taught,
tell told told,think thought thought,win won won,write wrote written"""
PAST = {each.split()[0]: each.split()[1] for each in _IRREGULAR.split(",")}
PARTICIPLES = frozenset(each.split()[2] for each in _IRREGULAR.split(","))
# Past forms that are no participles: only these are verbs for sure.
PASTS = frozenset(PAST.values()) - PARTICIPLES


def is_participle(word: str) -> bool:
    return word in PARTICIPLES or bool(re.fullmatch(r"[a-z]+(?<!e)ed", word) and word != "hundred")


def is_base(word: str, small: frozenset[str]) -> bool:
    """Whether it is a verb as it stands in a dictionary: one whose past form is among the words."""
    return word in PAST or (word not in PAST.values() and regular_past(word) in small)


def is_third(word: str, small: frozenset[str]) -> bool:
    """Whether it is a verb as in "she writes"; many a noun looks like one."""
    bases = [word[:-1], word[:-2], word[:-3] + "y"] if word.endswith("es") else [word[:-1]]
    ends = word.endswith("s") and word not in AUXILIARIES
    return ends and any(is_base(base, small) for base in bases)


def is_finite(word: str, small: frozenset[str]) -> bool:
    past = word in PAST.values() or (word.endswith("ed") and is_participle(word))
    return past or is_third(word, small)


def inflected(base: str, auxiliary: str) -> str:
    """ "does win" -> "wins" """
    if auxiliary == "do":
        return base
    if auxiliary == "did":
        return PAST.get(base) or regular_past(base)
    if base == "have":
        return "has"
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")


def regular_past(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ied"
    double = re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]|occur|refer|permit|prefer|control", base)
    return base + (base[-1] if double else "") + "ed"

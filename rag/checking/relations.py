"""What a claim says otherwise than its source, in nearly the same words.

The facts of a claim may all be in a source that says something else: that the other one won, that
it may have happened, that it was less. Here the tokens of the claim are aligned with those of the
source sentence, and what stands in each other's place is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rag.checking.alignment import TOKEN, Places, Text, replaced_places
from rag.text.english import (
    AUXILIARIES,
    COMMON_OPENERS,
    MODALITIES,
    OPPOSITES,
    PREPOSITIONS,
    PRONOUNS,
)
from rag.text.quantities import Quantity, quantities

_FUNCTION = (
    AUXILIARIES | PREPOSITIONS | PRONOUNS | frozenset("a an the and or but not never no".split())
)
_BEFORE_TO = frozenset(("intended", "believed"))  # count only in "planned to", "believed to be"
_PAST = frozenset("was were had did".split())
_PRESENT = frozenset("is are has does do".split())
_SKIPPED = frozenset(
    "be been being have has had is are was were do does did not also still only even then now once often "
    "already to n't just both".split()
)
_CAUSE = re.compile(
    r"\b(?:because(?: of)?|due to|owing to|thanks to|as a (?:result|consequence)|caused?|causing|led to"
    r"|resulted in|therefore|consequently|hence|in order to|so that|prompted|triggered)\b",
    re.IGNORECASE,
)
_CAUSE_OF_SOURCE = re.compile(
    _CAUSE.pattern
    + r"|\b(?:since|as|for|so|thus|reasons?|results?|resulting|lead(?:s|ing)? to|causes|through|by|after|when"
    r"|forc(?:ed|ing)|mak(?:es|ing)|made|allow\w*|enabl\w*|means?|why|to|with)\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"(?:^|[,;.] )(?:as|for|since|so)\b|\b(?:since|reasons?)\b", re.IGNORECASE)
_STRONG_CAUSE = re.compile(r"\bbecause\b", re.IGNORECASE)
_SAYING = (
    r"(?:said|says|told|claim(?:s|ed)|stat(?:es|ed)|argu(?:es|ed)|announced|added|wrote|writes|believ(?:es|ed)"
    r"|insist(?:s|ed)|warn(?:s|ed)|declared|suggest(?:s|ed)|explain(?:s|ed)|report(?:s|ed)|noted|confirmed|den(?:ies|ied))"
)
_NAME = r"(?:[A-Z][\w.’'-]*(?: (?:of |de |van |von |al-)?[A-Z][\w.’'-]*)*)"
_SPEAKER = re.compile(
    rf"(?P<before>{_NAME})(?:,[^,]{{1,60}},)? {_SAYING}\b|\b{_SAYING} (?P<after>{_NAME})"
    rf"|\b[Aa]ccording to (?:the )?(?P<source>{_NAME})"
)
_ATTRIBUTED = re.compile(rf"\b{_SAYING}\b|\baccording to\b", re.IGNORECASE)
_MAX_FUNCTION = 2  # function words between an auxiliary and what it belongs to: "was in the"


def contradictions(
    claim: str,
    source: str,
    others: Iterable[str] = (),
    language: str = "en",
    metadata: str = "",
) -> tuple[str, ...]:
    """Return the words of a claim that stand where its source sentence says something else.

    `others` are more sentences that support the claim, and `metadata` names the article's source and
    author, who say all of it. Only English is compared.
    """
    if not language.startswith("en"):
        return ()
    claimed, stated = Text.of(claim), Text.of(source)
    replaced = list(replaced_places(claimed, stated))
    everything = " ".join([source, *others])
    contradicting = [
        *_replaced_names(claimed, stated, replaced),
        *_swapped_names(claimed, stated),
        *_opposites(claimed, stated, replaced),
        *_modalities(claimed, stated),
        *_causes(claim, everything),
        *_speakers(claim, everything, metadata),
        *_units(claim, everything, language),
    ]
    return tuple(dict.fromkeys(contradicting))


def same_quantities(claim: str, source: str, language: str = "en") -> frozenset[str]:
    """Return the quantities of a claim that a source states in the same or another unit."""
    stated = [quantity for quantity in quantities(source, language) if quantity.dimension]
    return frozenset(
        quantity.phrase(claim)
        for quantity in quantities(claim, language)
        if any(quantity.is_comparable(other) and quantity.equals(other) for other in stated)
    )


def _replaced_names(claim: Text, source: Text, replaced: Iterable[Places]) -> Iterator[str]:
    """Yield names that stand in the place of other names of the source."""
    for first, last, start, end in replaced:
        ours = [n for n in range(start, end) if claim.is_name(n)]
        theirs = {source.stems[n] for n in range(first, last) if source.is_name(n)}
        ours = [n for n in ours if claim.stems[n] not in theirs]
        theirs -= {claim.stems[n] for n in range(start, end)}
        if ours and theirs and not _is_initials(claim, ours, source, first, last):
            yield " ".join(claim.tokens[n] for n in ours)


def _swapped_names(claim: Text, source: Text) -> Iterator[str]:
    """Yield a name that does in the claim what is done to it in the source, by the same words."""
    for (_, first), (second, _) in pairwise(_name_runs(claim)):
        middle = claim.stems[first:second]
        if not middle or all(word in _FUNCTION for word in claim.lower[first:second]):
            continue
        for (_, start), (end, _) in pairwise(_name_runs(source)):
            if source.stems[start:end] == middle:
                before, after = claim.stems[first - 1], claim.stems[second]
                is_reversed = before in source.stems[end:] and after in source.stems[:start]
                if is_reversed and before not in source.stems[:start]:
                    yield claim.tokens[first - 1]


def _name_runs(text: Text) -> list[tuple[int, int]]:
    """Return the ranges of tokens that are names, one after another."""
    runs: list[tuple[int, int]] = []
    for index in range(len(text.tokens)):
        if text.is_name(index):
            if runs and runs[-1][1] == index:
                runs[-1] = (runs[-1][0], index + 1)
            else:
                runs.append((index, index + 1))
    return runs


def _is_initials(claim: Text, ours: Sequence[int], source: Text, first: int, last: int) -> bool:
    """Return whether one name abbreviates the other, as in UN and United Nations."""
    long = "".join(source.lower[n][0] for n in range(first, last) if source.tokens[n][0].isupper())
    own = "".join(claim.lower[n][0] for n in ours)
    return any(claim.lower[n] == long for n in ours) or own in source.lower[first:last]


def _opposites(claim: Text, source: Text, replaced: Iterable[Places]) -> Iterator[str]:
    """Yield a word whose opposite the source has in its place, or beside the same words."""
    for first, last, start, end in replaced:
        for word in claim.lower[start:end]:
            opposites = {other for pair in OPPOSITES if word in pair for other in pair - {word}}
            if not opposites.isdisjoint(source.lower[first:last]):
                yield word
    for index, word in enumerate(claim.lower):
        if word in source.lower:
            continue
        for pair in OPPOSITES:
            if word not in pair:
                continue
            (other,) = pair - {word}
            places = [n for n, token in enumerate(source.lower) if token == other]
            if other not in claim.lower and any(
                _have_same_neighbor(claim, index, source, place) for place in places
            ):
                yield word


def _have_same_neighbor(claim: Text, index: int, source: Text, place: int) -> bool:
    """Return whether the same word stands on the same side of both, function words passed over."""
    for step in (1, -1):
        ours, theirs = _next_content(claim, index, step), _next_content(source, place, step)
        if ours is not None and ours == theirs:
            return True
    return False


def _next_content(text: Text, index: int, step: int) -> str | None:
    index += step
    while 0 <= index < len(text.lower):
        if text.lower[index] not in _FUNCTION:
            return text.stems[index]
        index += step
    return None


def _modalities(claim: Text, source: Text) -> Iterator[str]:
    """Yield the words that make a verb of the source possible, intended, future or past, or a fact."""
    ours, theirs = list(_verbs(claim)), list(_verbs(source))
    for verb, kinds, words in ours:
        others = [other for other_verb, other, _ in theirs if other_verb == verb]
        if others and kinds not in others:
            yield words
    for verb, kinds, _ in theirs:
        is_there = any(verb == our_verb for our_verb, _, _ in ours)
        if not is_there and kinds & _MODAL_KINDS and verb in claim.stems:
            yield claim.tokens[claim.stems.index(verb)]


_MODAL_KINDS = frozenset(MODALITIES.values())


def _verbs(text: Text) -> Iterator[tuple[str, frozenset[str], str]]:
    """Yield each word that follows auxiliaries, their kinds of modality or their tense, and them."""
    index = 0
    while index < len(text.lower):
        start, kinds = index, set[str]()
        while index < len(text.lower) and (kind := _kind(text, index)) is not None:
            kinds |= {kind} if kind else set()
            index += 1
        if index == start or not kinds:
            index += 1
            continue
        modal = frozenset(kinds - {"past", "present"} or kinds)
        verb = next(
            (n for n in range(index, len(text.lower)) if text.lower[n] not in _FUNCTION), None
        )
        if verb is not None and verb <= index + _MAX_FUNCTION:
            yield text.stems[verb], modal, " ".join(text.tokens[start : verb + 1])


def _kind(text: Text, index: int) -> str | None:
    """Return what a word adds to the verb after it, "" for nothing; None if it is no auxiliary."""
    word = text.lower[index]
    kind = MODALITIES.get(word) if text.tokens[index] != "May" else None
    if kind in _BEFORE_TO and text.lower[index + 1 : index + 2] != ("to",):
        kind = None
    if kind:
        return kind
    if word in _PAST:
        return "past"
    if word in _PRESENT:
        return "present"
    return "" if word in _SKIPPED or (word.endswith("ly") and len(word) > 4) else None


def _causes(claim: str, source: str) -> Iterator[str]:
    """Yield the word for a cause that the source does not give."""
    match = _CAUSE.search(claim)
    pattern = _CAUSE if match and _STRONG_CAUSE.match(match.group()) else _CAUSE_OF_SOURCE
    if match and not pattern.search(source) and not _REASON.search(source):
        yield match.group()


def _speakers(claim: str, source: str, metadata: str) -> Iterator[str]:
    """Yield who says something in the claim alone."""
    for match in _SPEAKER.finditer(claim):
        name = next(filter(None, match.groups()))
        said_by = [next(filter(None, m.groups())) for m in _SPEAKER.finditer(source)]
        names = {word for other in said_by for word in other.split()}
        words = [word for word in name.split() if word.lower() not in COMMON_OPENERS]
        if not words or names.intersection(words) or any(word in metadata for word in words):
            continue
        if said_by or not _ATTRIBUTED.search(source):
            yield name


def _units(claim: str, source: str, language: str) -> Iterator[str]:
    """Yield quantities whose number the source has with another unit."""
    stated = list(quantities(source, language))
    for quantity in quantities(claim, language):
        if any(quantity.is_comparable(other) and quantity.equals(other) for other in stated):
            continue
        number = _digits(quantity.phrase(claim))
        same = [other for other in stated if number and _digits(other.phrase(source)) == number]
        if same and all(_are_of_other_kinds(quantity, other) for other in same):
            yield quantity.phrase(claim)


def _are_of_other_kinds(quantity: Quantity, other: Quantity) -> bool:
    if quantity.dimension or other.dimension:
        return quantity.dimension != other.dimension or quantity.value != other.value
    return quantity.value != other.value


def _digits(phrase: str) -> str:
    words = TOKEN.findall(phrase)
    return words[0].lower() if words else ""

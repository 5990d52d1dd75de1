"""What a claim says otherwise than its source, in nearly the same words.

The facts of a claim may all be in a source that says something else: that the other one won, that
it may have happened, that it was less. Here the tokens of the claim are aligned with those of the
source sentence, and what stands in each other's place is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from rag.text.english import AUXILIARIES, COMMON_OPENERS, PREPOSITIONS, PRONOUNS, months, weekdays
from rag.text.quantities import Quantity, quantities

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?|%")
_STEM = 5  # letters
_FUNCTION = (
    AUXILIARIES | PREPOSITIONS | PRONOUNS | frozenset("a an the and or but not never no".split())
)
_OPPOSITES = [
    frozenset(pair.split())
    for pair in """
    more less|more fewer|most least|many few|larger smaller|largest smallest|bigger smaller
    biggest smallest|greater smaller|greater lesser|higher lower|highest lowest|above below|over under
    before after|earlier later|earliest latest|first last|older younger|oldest youngest|older newer
    faster slower|fastest slowest|longer shorter|longest shortest|better worse|best worst
    stronger weaker|strongest weakest|richer poorer|cheaper dearer|hotter colder|warmer cooler
    increased decreased|increase decrease|increases decreases|increasing decreasing|rose fell|rise fall
    rises falls|rising falling|grew shrank|gained lost|won lost|win lose|wins loses|up down
    majority minority|north south|northern southern|east west|eastern western|northeast southwest
    northwest southeast|always never|all none|everyone nobody|maximum minimum|upper lower|inside outside
    import export|imports exports|accepted rejected|allowed banned|allowed forbidden|supported opposed
    support oppose|supports opposes|began ended|opened closed|open closed|succeeded failed|legal illegal
    possible impossible|able unable|likely unlikely|public private|positive negative|male female
    men women|husband wife|father mother|son daughter|left right|buy sell|bought sold|wide narrow
    """.replace("\n", "|").split("|")
    if pair.strip()
]
_MODALITIES = {
    word: kind
    for kind, words in {
        "possible": "may might could perhaps possibly probably maybe likely allegedly reportedly",
        "future": "will shall",
        "conditional": "would",
        "advised": "should ought",
        "necessary": "must",
        "able": "can",
        "intended": "planned plans plan hoped hopes wanted wants intended intends tried attempted "
        "expected scheduled set supposed proposed agreed promised",
        "believed": "believed thought alleged said suspected considered reported",
    }.items()
    for word in words.split()
}
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
_MIN_MATCHED = 0.65  # of the tokens of a claim that are aligned with its source
_MAX_REPLACED = 8  # tokens of an aligned difference


@dataclass(frozen=True, slots=True)
class _Text:
    tokens: tuple[str, ...]
    lower: tuple[str, ...]
    stems: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Text:
        tokens = tuple(_TOKEN.findall(text))
        lower = tuple(token.lower() for token in tokens)
        return cls(tokens, lower, tuple(token[:_STEM] for token in lower))

    def is_name(self, index: int) -> bool:
        token = self.lower[index]
        return (
            self.tokens[index][0].isupper()
            and token not in COMMON_OPENERS
            and token not in months()
            and token not in weekdays()
        )


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
    claimed, stated = _Text.of(claim), _Text.of(source)
    rest = " ".join(others)
    found = [
        *_replaced_names(claimed, stated),
        *_swapped_names(claimed, stated),
        *_opposites(claimed, stated),
        *_modalities(claimed, stated),
        *_causes(claim, f"{source} {rest}"),
        *_speakers(claim, f"{source} {rest}", metadata),
        *_units(claim, f"{source} {rest}", language),
    ]
    return tuple(dict.fromkeys(found))


def same_quantities(claim: str, source: str, language: str = "en") -> frozenset[str]:
    """Return the quantities of a claim that a source states in the same or another unit."""
    stated = [quantity for quantity in quantities(source, language) if quantity.dimension]
    return frozenset(
        quantity.phrase(claim)
        for quantity in quantities(claim, language)
        if any(quantity.is_comparable(other) and quantity.equals(other) for other in stated)
    )


def _replaced_names(claim: _Text, source: _Text) -> Iterator[str]:
    """Yield names that stand in the place of other names of the source."""
    for first, last, start, end in _replaced(claim, source):
        ours = [n for n in range(start, end) if claim.is_name(n)]
        theirs = {source.stems[n] for n in range(first, last) if source.is_name(n)}
        ours = [n for n in ours if claim.stems[n] not in theirs]
        theirs -= {claim.stems[n] for n in range(start, end)}
        if ours and theirs and not _is_initials(claim, ours, source, first, last):
            yield " ".join(claim.tokens[n] for n in ours)


def _swapped_names(claim: _Text, source: _Text) -> Iterator[str]:
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


def _name_runs(text: _Text) -> list[tuple[int, int]]:
    """Return the ranges of tokens that are names, one after another."""
    runs: list[tuple[int, int]] = []
    for index in range(len(text.tokens)):
        if text.is_name(index):
            if runs and runs[-1][1] == index:
                runs[-1] = (runs[-1][0], index + 1)
            else:
                runs.append((index, index + 1))
    return runs


def _replaced(claim: _Text, source: _Text) -> Iterator[tuple[int, int, int, int]]:
    """Yield ranges of tokens of the source, and those of the claim in their place.

    A claim in quite other words has no places that correspond.
    """
    matcher = SequenceMatcher(None, source.lower, claim.lower, autojunk=False)
    matched = sum(block.size for block in matcher.get_matching_blocks())
    if matched < _MIN_MATCHED * len(claim.lower):
        return
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "replace" and max(last - first, end - start) <= _MAX_REPLACED:
            yield first, last, start, end


def _is_initials(claim: _Text, ours: Sequence[int], source: _Text, first: int, last: int) -> bool:
    """Return whether one name abbreviates the other, as in UN and United Nations."""
    long = "".join(source.lower[n][0] for n in range(first, last) if source.tokens[n][0].isupper())
    own = "".join(claim.lower[n][0] for n in ours)
    return any(claim.lower[n] == long for n in ours) or own in source.lower[first:last]


def _opposites(claim: _Text, source: _Text) -> Iterator[str]:
    """Yield a word whose opposite the source has in its place, or beside the same words."""
    for first, last, start, end in _replaced(claim, source):
        for word in claim.lower[start:end]:
            opposites = {other for pair in _OPPOSITES if word in pair for other in pair - {word}}
            if not opposites.isdisjoint(source.lower[first:last]):
                yield word
    for index, word in enumerate(claim.lower):
        if word in source.lower:
            continue
        for pair in _OPPOSITES:
            if word not in pair:
                continue
            (other,) = pair - {word}
            places = [n for n, token in enumerate(source.lower) if token == other]
            if other not in claim.lower and any(
                _have_same_neighbor(claim, index, source, place) for place in places
            ):
                yield word


def _have_same_neighbor(claim: _Text, index: int, source: _Text, place: int) -> bool:
    """Return whether the same word stands on the same side of both, function words passed over."""
    for step in (1, -1):
        ours, theirs = _next_content(claim, index, step), _next_content(source, place, step)
        if ours is not None and ours == theirs:
            return True
    return False


def _next_content(text: _Text, index: int, step: int) -> str | None:
    index += step
    while 0 <= index < len(text.lower):
        if text.lower[index] not in _FUNCTION:
            return text.stems[index]
        index += step
    return None


def _modalities(claim: _Text, source: _Text) -> Iterator[str]:
    """Yield the words that make a verb of the source possible, intended, future or past, or a fact."""
    ours, theirs = list(_verbs(claim)), list(_verbs(source))
    for stem, kinds, words in ours:
        others = [other for other_stem, other, _ in theirs if other_stem == stem]
        if others and kinds not in others:
            yield words
    for stem, kinds, _ in theirs:
        is_there = any(stem == our_stem for our_stem, _, _ in ours)
        if not is_there and kinds & _MODAL_KINDS and stem in claim.stems:
            yield claim.tokens[claim.stems.index(stem)]


_MODAL_KINDS = frozenset(_MODALITIES.values())


def _verbs(text: _Text) -> Iterator[tuple[str, frozenset[str], str]]:
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


def _kind(text: _Text, index: int) -> str | None:
    """Return what a word adds to the verb after it, "" for nothing; None if it is no auxiliary."""
    word = text.lower[index]
    kind = _MODALITIES.get(word) if text.tokens[index] != "May" else None
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
    words = _TOKEN.findall(phrase)
    return words[0].lower() if words else ""

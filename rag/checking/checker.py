"""Whether the passages support a sentence that a model wrote: the check behind every mark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.answering.citations import Quotation, Stated
from rag.checking.facts import Fact, denials, facts, plain, small_words, source
from rag.encoders.sentence_transformer import Encoder, Vectors
from rag.retrieval.late_interaction import MaxSim, max_sims
from rag.text.numbers import Numeral, numerals
from rag.text.words import words
from rag.types import Evidence, Span, Support, Verdict

Frequencies = Callable[[Sequence[str]], tuple[Mapping[str, int], int]]
"""In how many passages each word occurs, and how many passages there are."""

THRESHOLD = 0.6
_BEHIND = 0.15  # a cited passage so far behind the best one is not what the sentence rests on
_OWN = 0.53  # of the words, without what the title says: it tells the subject and supports nothing
_TOGETHER = 3  # sentences of one passage, at most, that support a sentence between them
# A number has to stand among the same words in the passage: they have to be alike, and no other
# number of it may be more so, nor its words alone by so much.
_ALIKE, _ELSEWHERE = 0.55, 0.12
_OURS, _THEIRS = 2, 5  # words on each side, in the sentence and in the passage


@dataclass(frozen=True, slots=True)
class Finding:
    """What one passage holds of a sentence.

    `spans` are those of its own sentences that hold most of it, `lacking` the facts that they and
    what is known of their article lack, `denied` what the one denies and the other does not.
    """

    evidence: Evidence
    spans: tuple[Span, ...]
    cover: MaxSim
    lacking: tuple[str, ...]
    denied: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return self.lacking + self.denied

    @property
    def score(self) -> float:
        """How well its sentences cover the words, 0 to 1."""
        return self.cover.by(self.spans)

    def quotations(self) -> Iterable[Quotation]:
        return (Quotation(self.evidence.article, span, self.score) for span in self.spans)


class Checker:
    """Checks sentences against passages.

    A passage supports a sentence when it holds every number, date, name, quotation and address of
    it, the numbers among the same words, and when some of its sentences cover its words: late
    interaction, as for a question (rag.retrieval.late_interaction). `threshold` is the cover that is enough, 0 to 1.
    """

    def __init__(
        self, encoder: Encoder, frequencies: Frequencies, threshold: float = THRESHOLD
    ) -> None:
        self._encoder = encoder
        self._frequencies = frequencies
        self._threshold = threshold

    def check(self, claim: str, cited: Sequence[int], evidence: Sequence[Evidence]) -> Stated:
        """A sentence with what supports it.

        `cited` are the places in `evidence`, from 0, that the model named: any of them supports
        the sentence alone, or all of them together do. What they do not support, or what another
        passage supports far better, is looked for in the rest.
        """
        found = self.findings(claim, evidence)
        named = [found[n] for n in dict.fromkeys(cited)]
        good = sorted((each for each in found if self._support([each])), key=lambda f: -f.score)
        kept = [each for each in named if each in good and each.score >= good[0].score - _BEHIND]
        if not kept and not good and self._support(named):
            kept = named
        chosen = kept or good[:1]
        if not chosen:
            return Stated(claim, (), _unsupported(found))
        verdict: Verdict = "supported" if kept else "corrected"
        quotations = tuple(each for finding in chosen for each in finding.quotations())
        return Stated(claim, quotations, Support(verdict, _score(chosen)))

    def findings(self, claim: str, evidence: Sequence[Evidence]) -> list[Finding]:
        """What each passage holds of a sentence."""
        frequencies, passages = self._frequencies(words(claim))
        covers = max_sims(
            claim,
            [(each.article, each.passage) for each in evidence],
            self._encoder,
            frequencies=frequencies,
            passages=passages,
        )
        ordinary = small_words(" ".join(each.text for each in evidence))
        return [
            _find(claim, each, cover, facts(claim, each.article.read_as, ordinary))
            for each, cover in zip(evidence, covers, strict=True)
        ]

    def _support(self, findings: Sequence[Finding]) -> bool:
        """Whether passages support a sentence together: each fact is in one of them."""
        if not findings:
            return False
        lacking = set.intersection(*(set(each.lacking) for each in findings))
        denied = any(each.denied for each in findings)
        own = _together(findings, [each.cover.own(each.spans) for each in findings])
        score = _score(findings)
        return not lacking and not denied and score >= self._threshold and own >= _OWN


def _score(findings: Sequence[Finding]) -> float:
    """How well passages cover a sentence together."""
    return _together(findings, [each.cover.tokens(each.spans) for each in findings])


def _together(findings: Sequence[Finding], tokens: Sequence[Vectors]) -> float:
    return float(findings[0].cover.weights @ np.maximum.reduce(tokens))


def _unsupported(found: Sequence[Finding]) -> Support:
    nearest = max(found, key=lambda each: each.score, default=None)
    if nearest is None:
        return Support("unsupported", 0.0)
    return Support("unsupported", nearest.score, nearest.missing)


def _find(claim: str, evidence: Evidence, cover: MaxSim, wanted: Sequence[Fact]) -> Finding:
    """The passage's best sentence, and others that hold what it lacks."""
    article, passage = evidence.article, evidence.passage
    about = source(_about(evidence), article.read_as, article.published)
    lacking = [fact for fact in wanted if fact not in about]
    texts = {span: article.text[span.start : span.end] for span in passage.sentences}
    sources = {span: source(text, article.read_as) for span, text in texts.items()}
    scores = {span: cover.by([span]) for span in passage.sentences}
    chosen: list[Span] = []
    while scores and len(chosen) < _TOGETHER and (lacking or not chosen):
        held = {span: sum(fact in sources[span] for fact in lacking) for span in scores}
        best = max(scores, key=lambda span: (held[span] if chosen else 0, scores[span]))
        if chosen and not held[best]:
            break
        chosen.append(best)
        lacking = [fact for fact in lacking if fact not in sources[best]]
    denied = denials(claim, texts[chosen[0]]) if chosen else ()
    chosen.sort(key=lambda span: span.start)
    lacking_words = [fact.words for fact in lacking] + _misplaced(claim, evidence, cover)
    return Finding(evidence, tuple(chosen), cover, tuple(dict.fromkeys(lacking_words)), denied)


def _misplaced(claim: str, evidence: Evidence, cover: MaxSim) -> list[str]:
    """Numbers that the passage has among other words, or in whose place it has another number."""
    language = evidence.article.read_as
    there = numerals(evidence.text, language, _THEIRS, evidence.passage.start)
    found = []
    words = f" {plain(evidence.text)} "
    for number in numerals(claim, language, _OURS):
        same = [likeness(cover, number, each) for each in there if each.value == number.value]
        if not same or f" {plain(claim[number.around.start : number.around.end])} " in words:
            continue
        others = [likeness(cover, number, each) for each in there if each.value != number.value]
        alike, around = map(max, zip(*same, strict=True))
        rival, elsewhere = map(max, zip(*others, (0.0, 0.0), strict=True))
        if alike < max(_ALIKE, rival) or around < elsewhere - _ELSEWHERE:
            found.append(claim[number.span.start : number.span.end])
    return found


def likeness(cover: MaxSim, ours: Numeral, theirs: Numeral) -> tuple[float, float]:
    """How alike two numbers with the words around them are, and how alike these words are alone."""
    around = cover.likeness(ours.around, theirs.around)
    return (cover.likeness(ours.span, theirs.span) + around) / 2, around


def _about(evidence: Evidence) -> str:
    """What stands around a passage's sentences: its headings, and what is known of its article."""
    article, passage = evidence.article, evidence.passage
    rest, at = [], passage.start
    for span in (*passage.sentences, Span(passage.end, passage.end)):
        rest.append(article.text[at : span.start])
        at = span.end
    known = (article.title, article.source, article.author, article.place)
    return "\n".join([*filter(None, known), *rest])

"""Checks whether passages support a sentence that a language model wrote."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rag.checking.claims import Quotation, SupportedSentence
from rag.checking.facts import Fact, denials, facts, plain, small_words, source
from rag.checking.relations import contradictions, same_quantities
from rag.encoders.protocols import Encoder, Vectors
from rag.retrieval.late_interaction import MaxSim, max_sims
from rag.store.library import WordCounts
from rag.text.numbers import Numeral, numerals
from rag.text.words import words
from rag.types import Evidence, Span, Support, Verdict

THRESHOLD = 0.6
_MAX_LAG = 0.15  # a cited passage that scores this much less than the best one is not the source
_MIN_OWN_COVER = 0.53  # without the title, which names the subject but supports nothing
_MAX_SENTENCES = 3  # of one passage that together support a sentence
# A number must have a similar context in the passage. No other number of the passage may fit
# better, and the context of no other number may be more similar by the second value.
_MIN_SIMILARITY, _MAX_CONTEXT_LAG = 0.55, 0.12
_CLAIM_WINDOW, _PASSAGE_WINDOW = 2, 5  # words on each side of a number

CountWords = Callable[[Iterable[str]], WordCounts]
"""Returns in how many passages of the library each word occurs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one passage contains of a sentence.

    `spans` are the sentences of the passage that contain most of it, `lacking` the facts that
    neither they nor the article's metadata contain, and `denied` what one side negates and the
    other does not.
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
        """How well the spans cover the words of the sentence (0 to 1)."""
        return self.cover.sentence_score(self.spans)

    def quotations(self) -> Iterable[Quotation]:
        return (Quotation.of(self.evidence, span, self.score) for span in self.spans)


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks sentences against passages.

    A passage supports a sentence if it contains each of its numbers, dates, names, quotations and
    addresses, the numbers among the same words, and if some of its sentences cover its words by
    late interaction. `threshold` is the cover that is enough (0 to 1).
    """

    encoder: Encoder
    threshold: float = THRESHOLD

    def check(
        self,
        claim: str,
        cited: Sequence[int],
        evidence: Sequence[Evidence],
        count_words: CountWords,
    ) -> SupportedSentence:
        """Return a sentence with the quotations that support it.

        `cited` are the indexes of the passages in `evidence` that the model cited. One of them may
        support the sentence alone, or all of them together. If they do not, or if another passage
        supports it far better, that passage is cited instead.
        """
        findings = self.findings(claim, evidence, count_words)
        named = [findings[index] for index in dict.fromkeys(cited)]
        supporting = sorted(
            (finding for finding in findings if self._support([finding])),
            key=lambda finding: -finding.score,
        )
        kept = [
            finding
            for finding in named
            if finding in supporting and finding.score >= supporting[0].score - _MAX_LAG
        ]
        if not kept and not supporting and self._support(named):
            kept = named
        chosen = kept or supporting[:1]
        if not chosen:
            return SupportedSentence(claim, (), _unsupported(findings))
        verdict: Verdict = "supported" if kept else "corrected"
        quotations = tuple(quote for finding in chosen for quote in finding.quotations())
        return SupportedSentence(claim, quotations, Support(verdict, _score(chosen)))

    def findings(
        self, claim: str, evidence: Sequence[Evidence], count_words: CountWords
    ) -> list[Finding]:
        """Return what each passage contains of a sentence."""
        covers = max_sims(claim, evidence, self.encoder, word_counts=count_words(words(claim)))
        ordinary = small_words(" ".join(passage.text for passage in evidence))
        return [
            _find(
                claim, passage, cover, facts(claim, passage.article.language_or_default, ordinary)
            )
            for passage, cover in zip(evidence, covers, strict=True)
        ]

    def _support(self, findings: Sequence[Finding]) -> bool:
        """Return whether passages together support a sentence: each fact is in one of them."""
        if not findings:
            return False
        lacking = set.intersection(*(set(finding.lacking) for finding in findings))
        denied = any(finding.denied for finding in findings)
        own = _together(findings, [f.cover.own_token_scores(f.spans) for f in findings])
        score = _score(findings)
        return not lacking and not denied and score >= self.threshold and own >= _MIN_OWN_COVER


def number_similarity(cover: MaxSim, claimed: Numeral, stated: Numeral) -> tuple[float, float]:
    """Return the similarity of a claim's number to one of a passage, and of their contexts alone."""
    context = cover.span_similarity(claimed.around, stated.around)
    return (cover.span_similarity(claimed.span, stated.span) + context) / 2, context


def _score(findings: Sequence[Finding]) -> float:
    """Return how well passages cover a sentence together."""
    return _together(findings, [f.cover.token_scores(f.spans) for f in findings])


def _together(findings: Sequence[Finding], token_scores: Sequence[Vectors]) -> float:
    return float(findings[0].cover.weights @ np.maximum.reduce(token_scores))


def _unsupported(findings: Sequence[Finding]) -> Support:
    closest = max(findings, key=lambda finding: finding.score, default=None)
    if closest is None:
        return Support("unsupported", 0.0)
    return Support("unsupported", closest.score, closest.missing)


def _find(claim: str, evidence: Evidence, cover: MaxSim, wanted: Sequence[Fact]) -> Finding:
    """Return the passage's best sentence, and others that contain what it lacks."""
    article, passage = evidence.article, evidence.passage
    language = article.language_or_default
    context_text = _context(evidence)
    context = source(context_text, language, article.published)
    same = same_quantities(claim, evidence.text, language)
    lacking = [fact for fact in wanted if fact not in context and not _is_same(fact, same)]
    texts = {span: evidence.quote(span) for span in passage.sentences}
    sources = {span: source(text, language) for span, text in texts.items()}
    scores = {span: cover.sentence_score([span]) for span in passage.sentences}
    chosen: list[Span] = []
    while scores and len(chosen) < _MAX_SENTENCES and (lacking or not chosen):
        contained = {span: sum(fact in sources[span] for fact in lacking) for span in scores}
        best = max(scores, key=lambda span: (contained[span] if chosen else 0, scores[span]))
        if chosen and not contained[best]:
            break
        chosen.append(best)
        lacking = [fact for fact in lacking if fact not in sources[best]]
    denied: tuple[str, ...] = ()
    if chosen:
        stated, *others = [texts[span] for span in chosen]
        denied = (
            *denials(claim, stated),
            *contradictions(claim, stated, others, language, context_text),
        )
    chosen.sort(key=lambda span: span.start)
    missing = [fact.words for fact in lacking] + _misplaced(claim, evidence, cover)
    return Finding(evidence, tuple(chosen), cover, tuple(dict.fromkeys(missing)), denied)


def _is_same(fact: Fact, phrases: Collection[str]) -> bool:
    """Return whether a number is stated with another unit: nine weeks are 63 days."""
    return fact.kind == "number" and any(fact.words in phrase for phrase in phrases)


def _misplaced(claim: str, evidence: Evidence, cover: MaxSim) -> list[str]:
    """Return the numbers that have another context in the passage, or a better-fitting rival."""
    language = evidence.article.language_or_default
    in_passage = numerals(evidence.text, language, _PASSAGE_WINDOW, evidence.passage.start)
    passage_words = f" {plain(evidence.text)} "
    misplaced = []
    for number in numerals(claim, language, _CLAIM_WINDOW):
        same = [number_similarity(cover, number, n) for n in in_passage if n.value == number.value]
        claim_words = plain(claim[number.around.start : number.around.end])
        if not same or f" {claim_words} " in passage_words:
            continue
        others = [
            number_similarity(cover, number, n) for n in in_passage if n.value != number.value
        ]
        similarity, context = map(max, zip(*same, strict=True))
        rival, rival_context = map(max, zip(*others, (0.0, 0.0), strict=True))
        if similarity < max(_MIN_SIMILARITY, rival) or context < rival_context - _MAX_CONTEXT_LAG:
            misplaced.append(claim[number.span.start : number.span.end])
    return misplaced


def _context(evidence: Evidence) -> str:
    """Return what surrounds a passage's sentences: its headings and the article's metadata."""
    article, passage = evidence.article, evidence.passage
    between, previous_end = [], passage.start
    for span in (*passage.sentences, Span(passage.end, passage.end)):
        between.append(evidence.quote(Span(previous_end, span.start)))
        previous_end = span.end
    metadata = (article.title, article.source, article.author, article.place)
    return "\n".join([*filter(None, metadata), *between])

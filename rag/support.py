"""Whether the passages support a sentence that a model wrote: the check behind every mark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rag.citations import Quotation, Stated
from rag.encoder import Encoder
from rag.evidence import Coverage, coverages
from rag.facts import Fact, Source, facts, small_words
from rag.types import Evidence, Span, Support, Verdict
from rag.words import words

Frequencies = Callable[[Sequence[str]], tuple[Mapping[str, int], int]]
"""In how many passages each word occurs, and how many passages there are."""

THRESHOLD = 0.6
_TOGETHER = 3  # sentences of one passage, at most, that support a sentence between them


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one passage has for a sentence: which of its own, how well they cover it, what lacks."""

    evidence: Evidence
    spans: tuple[Span, ...]
    score: float
    missing: tuple[str, ...]

    def quotations(self) -> list[Quotation]:
        return [Quotation(self.evidence.article, span, self.score) for span in self.spans]


class Checker:
    """Checks sentences against passages.

    A passage supports a sentence when it holds every number, date, name, quotation and address
    of it, and when the passage's own sentences cover its words: late interaction, as for a
    question (rag.evidence).
    """

    def __init__(
        self, encoder: Encoder, frequencies: Frequencies, threshold: float = THRESHOLD
    ) -> None:
        self._encoder = encoder
        self._frequencies = frequencies
        self._threshold = threshold

    def check(self, claim: str, cited: Sequence[int], evidence: Sequence[Evidence]) -> Stated:
        """A sentence with what supports it.

        `cited` are the places in `evidence`, from 0, that the model named. What they do not
        support is looked for in the rest.
        """
        found = self.findings(claim, evidence)
        good = [n for n, each in enumerate(found) if self._supports(each)]
        kept = [n for n in dict.fromkeys(cited) if n in good]
        chosen = kept or good[:1]
        if not chosen:
            nearest = min(found, key=lambda each: (len(each.missing), -each.score), default=None)
            score, missing = (nearest.score, nearest.missing) if nearest else (0.0, ())
            return Stated(claim, (), Support("unsupported", score, missing))
        score = max(found[n].score for n in chosen)
        verdict: Verdict = "supported" if kept else "corrected"
        quotations = tuple(each for n in chosen for each in found[n].quotations())
        return Stated(claim, quotations, Support(verdict, score))

    def _supports(self, finding: _Finding) -> bool:
        return not finding.missing and finding.score >= self._threshold

    def findings(self, claim: str, evidence: Sequence[Evidence]) -> list[_Finding]:
        frequencies, passages = self._frequencies(words(claim))
        covers = coverages(
            claim,
            [(each.article, each.passage) for each in evidence],
            self._encoder,
            frequencies=frequencies,
            passages=passages,
        )
        ordinary = small_words(" ".join(each.text for each in evidence))
        return [
            _find(each, cover, facts(claim, each.article.language or "en", ordinary))
            for each, cover in zip(evidence, covers, strict=True)
        ]


def _find(evidence: Evidence, cover: Coverage, wanted: Sequence[Fact]) -> _Finding:
    """The passage's best sentence, and others that hold what it does not."""
    article, passage = evidence.article, evidence.passage
    language = article.language or "en"
    about = Source(_about(evidence), language, article.published)
    lacking = [fact for fact in wanted if fact not in about]
    scores = {span: cover.by([span]) for span in passage.sentences}
    sources = {
        span: Source(article.text[span.start : span.end], language) for span in passage.sentences
    }
    spans: list[Span] = []
    while len(spans) < _TOGETHER:
        rest = [span for span in passage.sentences if span not in spans]
        if not rest or (spans and not lacking):
            break
        best = (
            max(
                rest,
                key=lambda span: (sum(fact in sources[span] for fact in lacking), scores[span]),
            )
            if spans
            else max(rest, key=scores.__getitem__)
        )
        still = [fact for fact in lacking if fact not in sources[best]]
        if spans and len(still) == len(lacking):
            break
        spans.append(best)
        lacking = still
    spans.sort(key=lambda span: span.start)
    missing = tuple(fact.words for fact in lacking)
    return _Finding(evidence, tuple(spans), cover.by(spans), missing)


def _about(evidence: Evidence) -> str:
    """What stands around a passage's sentences: its headings, and what is known of its article."""
    article, passage = evidence.article, evidence.passage
    rest, at = [], passage.start
    for span in (*passage.sentences, Span(passage.end, passage.end)):
        rest.append(article.text[at : span.start])
        at = span.end
    known = (article.title, article.source, article.author, article.place)
    return "\n".join([*filter(None, known), *rest])

"""The sentences of an article that say most of it: extractive summaries.

A sentence is central if it is like the whole article and like its headline, and news puts first
what matters most. Sentences are chosen one by one, each for what it adds to those before it:
maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998,
https://doi.org/10.1145/290941.291025).
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from rag.checking.claims import Quotation
from rag.encoders.protocols import Encoder, Vectors
from rag.text.boilerplate import is_boilerplate
from rag.text.english import COMMON_OPENERS, CONNECTIVES, DEMONSTRATIVES, PRONOUNS
from rag.text.words import words
from rag.types import RetrievedPassage

_MIN_WORDS, _MAX_WORDS = 8, 60  # of a sentence that can be understood alone
_MIN_NEW = 3  # words that are not in the headline: "Here is what to know about ..." has fewer
_LEAD = 0.2  # what the first sentence gains, and the tenth half of it
_HALF = 10.0
_NOVELTY = 0.4  # the weight of what a sentence adds, against how central it is
_ENDS = (".", "!", ".”", '."', "!”", ".’", ".)")


def main_sentences(
    passages: Sequence[RetrievedPassage],
    encoder: Encoder,
    *,
    limit: int,
    about: Sequence[str] = (),
    read: int = 60,
) -> list[Quotation]:
    """Return up to `limit` sentences of an article in reading order, with scores from 0 to 1.

    Only sentences with one of the words `about` are considered, if there are any. The first `read`
    of them are compared.
    """
    usable = [quotation for passage in passages for quotation in _usable(passage)]
    relevant = [q for q in usable if not set(about).isdisjoint(words(q.text))] or usable
    compared = relevant[:read]
    if not compared:
        return []
    texts = [passages[0].article.title, *(quotation.text for quotation in compared)]
    headline, *sentences = encoder.embed(texts)
    chosen = _chosen(headline, np.stack(sentences), limit)
    return [
        Quotation(compared[n].article, compared[n].span, compared[n].text, score)
        for n, score in sorted(chosen.items())
    ]


def _chosen(headline: Vectors, sentences: Vectors, limit: int) -> dict[int, float]:
    """Return the numbers of the chosen sentences, each with how central it is."""
    centroid = sentences.mean(axis=0)
    centroid /= max(float(np.linalg.norm(centroid)), 1e-9)
    places = np.arange(len(sentences))
    central = (sentences @ headline + sentences @ centroid) / 2 + _LEAD / (1 + places / _HALF)
    chosen: dict[int, float] = {}
    while len(chosen) < min(limit, len(sentences)):
        repeated = (sentences @ sentences[list(chosen)].T).max(axis=1) if chosen else 0.0
        gain = central - _NOVELTY * repeated
        gain[list(chosen)] = -np.inf
        best = int(gain.argmax())
        chosen[best] = float(np.clip(central[best], 0, 1))
    return chosen


def _usable(passage: RetrievedPassage) -> list[Quotation]:
    """Return the sentences of a passage that tell something by themselves."""
    headline = set(words(passage.article.title))
    quotations = (Quotation.of(passage, span, 0.0) for span in passage.passage.sentences)
    return [quotation for quotation in quotations if _is_usable(quotation.text, headline)]


def _is_usable(text: str, headline: Set[str]) -> bool:
    """Return whether a text is a whole statement that says more than the headline."""
    terms = words(text)
    new = [term for term in terms if term not in COMMON_OPENERS | headline and len(term) > 1]
    return (
        text.endswith(_ENDS)
        and _MIN_WORDS <= len(text.split()) <= _MAX_WORDS
        and terms[0] not in PRONOUNS | DEMONSTRATIVES | CONNECTIVES
        and len(new) >= _MIN_NEW
        and not is_boilerplate(text)
        and text.count("“") == text.count("”")
        and text.count('"') % 2 == 0
    )

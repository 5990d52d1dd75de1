"""Articles for measurements: real ones, and as many more of their sentences as are wanted."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import count

from evals.squad import BREAK
from rag.text.sentences import sentences
from rag.types import Article, Span

_PARAGRAPHS, _SENTENCES = 20, 5  # of an article, of a paragraph


def recombined(real: Sequence[Article]) -> Iterator[Article]:
    """The real articles, then others without end: paragraphs of real sentences, in a new order."""
    said = [
        " ".join(article.text[span.start : span.end].split())
        for article in real
        for span in sentences(article.text, Span(0, len(article.text)), "en")
    ]
    chance = random.Random(1)  # noqa: S311 - to repeat a run, not to keep a secret
    yield from real
    for number in count(len(real)):
        paragraphs = (" ".join(chance.sample(said, _SENTENCES)) for _ in range(_PARAGRAPHS))
        title = " ".join(chance.choice(said).split()[:6])
        name = f"recombined:{number}"
        yield Article(name, title, url=name, origin=name, text=BREAK.join(paragraphs))

"""Articles and vectors for tests of stores, for which no model is needed."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from datetime import date
from hashlib import blake2b

import numpy as np

from rag.encoders.protocols import Vectors
from rag.store.library import Library, Unembedded, Update
from rag.types import Article, Origin, Passage, Span

DIMENSION = 32
ENCODER = "a model of the tests"


def vector(text: str) -> Vectors:
    """Return a unit vector [dimension] that depends on the text alone."""
    seed = int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
    values = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return values / np.linalg.norm(values)


def article(
    name: str, *paragraphs: str, published: date | None = None, source: str | None = None
) -> Article:
    """Return an article with a passage for each paragraph, see `passages`."""
    return Article(
        id=name,
        title=f"About {name}",
        url=f"https://news.example/{name}",
        origin=f"file:///{name}",
        published=published,
        source=source,
        text="\n\n".join(paragraphs),
    )


def passages(of: Article) -> list[Passage]:
    """Return each paragraph as a passage with one sentence."""
    split, start = [], 0
    for paragraph in of.text.split("\n\n"):
        end = start + len(paragraph)
        key = blake2b((of.title + paragraph).encode(), digest_size=16).hexdigest()
        split.append(Passage(f"{of.id}:{start}", of.id, key, start, end, (Span(start, end),)))
        start = end + 2
    return split


class Embedder:
    """Embeds texts as `vector` does; `texts` are those that it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def map(
        self, batches: Iterable[Sequence[Unembedded]]
    ) -> Generator[tuple[Sequence[Unembedded], Vectors]]:
        for batch in batches:
            self.texts += [unembedded.text for unembedded in batch]
            yield batch, np.array([vector(unembedded.text) for unembedded in batch])


def put(update: Update, *articles: Article, digest: str = "1") -> int:
    """Put articles, each as its own origin, and embed them; return how many texts were embedded."""
    embedded = 0
    for each in articles:
        texts = update.put(Origin(each.origin, digest), [(each, passages(each))])
        if texts:
            update.add_vectors(
                [unembedded.key for unembedded in texts],
                np.array([vector(unembedded.text) for unembedded in texts]),
            )
        embedded += len(texts)
    return embedded


def ingest(library: Library, *articles: Article) -> int:
    """Put articles in an update of their own; return how many texts were embedded."""
    with library.update() as update:
        return put(update, *articles)

"""Is the library whole? Every passage found by its own vector and its own words, nothing stray."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rag.errors import StoreError
from rag.store.embedded.library import Library, View
from rag.store.embedded.reader import Reader
from rag.store.embedded.vectors import VectorIndex
from rag.text.words import words
from rag.types import Article, Passage

_AT_ONCE = 500
_NEAR = 10  # copies share a vector or almost, so one's own need not be the very first


def problems(library: Library) -> Iterator[str]:
    """What is wrong, a line each; nothing when all is well."""
    try:
        with library.catalog.reading() as catalog:
            yield from catalog.damage()
            yield from _articles(catalog)
        with library.reading() as view:
            yield from _vectors(view)
    except StoreError as error:
        yield str(error)


def _articles(catalog: Reader) -> Iterator[str]:
    stray = catalog.fulltext.numbers()
    for summary in catalog.summaries():
        article = catalog.article(summary.id)
        assert article is not None
        for number, passage in catalog.numbered_passages_of(article.id):
            stray.discard(number)
            if not _is_inside(article, passage):
                yield f"a passage of “{article.title}” lies outside its article"
            elif not catalog.fulltext.holds(number, _rare(article, passage)):
                yield f"a passage of “{article.title}” is not found by its words"
    for number in sorted(stray):
        yield f"the full text holds a passage {number} that no article has"


def _is_inside(article: Article, passage: Passage) -> bool:
    bounds = [passage.start, *(n for s in passage.sentences for n in (s.start, s.end)), passage.end]
    return bounds == sorted(bounds) and bounds[0] >= 0 and bounds[-1] <= len(article.text)


def _rare(article: Article, passage: Passage) -> list[str]:
    """A few long words: enough to tell a passage by, and never very common ones."""
    return sorted(words(article.text[passage.start : passage.end]), key=len)[-5:]


def _vectors(view: View) -> Iterator[str]:
    expected = view.catalog.keys()
    if view.vectors is None:
        if expected:
            yield f"{len(expected)} passages have no vectors at all"
        return
    found: set[str] = set()
    for keys, vectors in view.vectors.batches(_AT_ONCE):
        found.update(keys)
        yield from _lost(view.vectors, keys, vectors)
    if missing := expected - found:
        yield f"{len(missing)} passages have no vector"
    if stray := found - expected:
        yield f"{len(stray)} vectors belong to no passage"


def _lost(index: VectorIndex, keys: list[str], vectors: np.ndarray) -> Iterator[str]:
    for key, vector in zip(keys, vectors, strict=True):
        nearest = index.search(vector, _NEAR)
        if key not in {near for near, _ in nearest} and not (nearest and nearest[-1][1] > 0.9999):
            yield f"the vector {key} is stored, but a search does not find it"

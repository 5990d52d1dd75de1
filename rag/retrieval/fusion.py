"""Two rankings of passages -> one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.encoders.protocols import Vectors
from rag.store.library import Candidate


@dataclass(frozen=True, slots=True)
class Fused:
    """A candidate with its standard score (z-score) in each search.

    `is_verbatim` tells whether the search by words returned it.
    """

    passage_id: str
    cosine: float
    bm25: float
    is_verbatim: bool


def fuse(candidates: Sequence[Candidate]) -> list[Fused]:
    """Return the candidates by the sum of both searches' standard scores, best first.

    Adding z-scores keeps how clearly each search preferred a passage, which ranks discard. A
    passage that one search did not return gets the lowest score that this search gave.
    """
    cosines = _standard([candidate.cosine for candidate in candidates])
    bm25 = _standard([candidate.bm25 for candidate in candidates])
    fused = [
        Fused(c.passage_id, float(cosine), float(words), c.bm25 is not None)
        for c, cosine, words in zip(candidates, cosines, bm25, strict=True)
    ]
    return sorted(fused, key=lambda f: (-(f.cosine + f.bm25), f.passage_id))


def _standard(scores: Sequence[float | None]) -> Vectors:
    given = np.array([score for score in scores if score is not None])
    if not given.size:
        return np.zeros(len(scores), dtype=np.float32)
    filled = np.array([given.min() if score is None else score for score in scores])
    return np.asarray((filled - given.mean()) / (given.std() or 1.0), dtype=np.float32)

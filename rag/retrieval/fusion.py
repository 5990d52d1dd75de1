"""Two rankings of passages -> one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.store.library import Candidate


def fuse(candidates: Sequence[Candidate]) -> list[str]:
    """Return passage ids by the sum of both searches' standard scores, best first.

    Adding z-scores keeps how clearly each search preferred a passage, which ranks discard. A
    passage that one search did not return gets the lowest score that this search gave.
    """
    total = np.zeros(len(candidates))
    for scores in ([c.cosine for c in candidates], [c.bm25 for c in candidates]):
        given = np.array([score for score in scores if score is not None])
        if given.size:
            filled = np.array([given.min() if score is None else score for score in scores])
            total += (filled - given.mean()) / (given.std() or 1.0)
    order = sorted(range(len(candidates)), key=lambda i: (-total[i], candidates[i].passage_id))
    return [candidates[i].passage_id for i in order]

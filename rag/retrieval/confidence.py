"""How likely the best sentences answer the question: a calibrated probability.

Logistic regression, fitted by `python -m evals.ranking` to the news of RealTimeQA's first weeks,
with rankings that were learned without the question, and to questions of CLAP NQ that articles on
their subject answer or not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def answer_features(scored: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """Return what tells whether sentences answer, from their scores and features, best first.

    More features (rank, margin, content words) fitted the tuned weeks better, and others worse.
    """
    if not scored:
        return {}
    return {
        "bias": 1.0,
        "coverage": max(features["coverage"] for _, features in scored),
        "own_coverage": max(features["own_coverage"] for _, features in scored),
    }


def probability(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the probability that the sentences answer (0 to 1); 0 if there are none."""
    if not features:
        return 0.0
    logit = sum(weights.get(name, 0.0) * value for name, value in features.items())
    return 1 / (1 + math.exp(-logit))

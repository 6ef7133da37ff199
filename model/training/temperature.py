"""Temperature: how far the probabilities of a classifier may be from even, judged by the cases kept back.

Networks that are trained until they are right are surer than they are right. Dividing logits by a temperature T keeps
every answer and changes only how sure it is (Guo et al. 2017): T is the one that makes the loss of the cases kept back

    L(b) = mean(log sum_k exp(b z_k) - b z_y),  b = 1 / T

smallest. L is convex in b, and its slope mean(sum_k p_k z_k - z_y) rises with b, so halving an interval finds the root.
"""

from __future__ import annotations

import numpy as np

from model.arrays import Array

FEWEST = 10
"""Cases from which a temperature is told; fewer say too little."""
LOWEST, HIGHEST = 0.25, 20.0
"""Bounds of a temperature: a few cases that are all answered rightly would make it zero."""

_HALVINGS = 60


def temperature(labels: Array, logits: Array, weights: Array | None = None) -> float:
    """From true classes (n,) int64 and the network's logits (n, K); weights: (n,), how much each case counts."""
    if len(labels) < FEWEST:
        return 1.0
    z = logits.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    chosen = np.take_along_axis(z, labels[:, None], axis=1)[:, 0]
    counts = np.ones(len(labels)) if weights is None else weights.astype(np.float64)
    low, high = np.log(1 / HIGHEST), np.log(1 / LOWEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _slope(z, chosen, counts, np.exp(middle)) < 0:
            low = middle
        else:
            high = middle
    return float(np.float32(np.exp(-(low + high) / 2)))


def _slope(z: Array, chosen: Array, counts: Array, b: float) -> float:
    """dL/db, times the total of the counts."""
    shares = np.exp(b * z)
    shares /= shares.sum(axis=1, keepdims=True)
    return float((counts * ((shares * z).sum(axis=1) - chosen)).sum())

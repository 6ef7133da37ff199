"""Temperature: how far the probabilities of a classifier may be from even, judged by the cases kept back.

Networks that are trained until they are right are surer than they are right. Dividing logits by a temperature T keeps
every answer and changes only how sure it is (Guo et al. 2017): T is the one that makes the loss of the cases kept back

    L(b) = mean(log sum_k exp(b z_k) - b z_y),  b = 1 / T

smallest. L is convex in b, and its slope mean(sum_k p_k z_k - z_y) rises with b, so halving an interval finds the root.

A case that is cut into windows w is answered with their mean p_y = mean_w p_wy, and -log p_y has the slope
sum_w r_w (sum_k p_wk z_wk - z_wy), where r_w = p_wy / sum_w p_wy: the windows that say what is true count.
"""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.data.series import offsets_of

FEWEST = 10
"""Cases from which a temperature is told; fewer say too little."""
LOWEST, HIGHEST = 0.25, 20.0
"""Bounds of a temperature: a few cases that are all answered rightly would make it zero."""

_HALVINGS = 60


def temperature(labels: Array, logits: Array, counts: Array | None = None) -> float:
    """From true classes (n,) int64 and the network's logits (m, K); counts: (n,), the windows of each case, if any."""
    if len(labels) < FEWEST:
        return 1.0
    z = logits.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    windows = np.ones(len(labels), np.int64) if counts is None else counts
    chosen = np.take_along_axis(z, np.repeat(labels, windows)[:, None], axis=1)[:, 0]
    low, high = np.log(1 / HIGHEST), np.log(1 / LOWEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _slope(z, chosen, windows, np.exp(middle)) < 0:
            low = middle
        else:
            high = middle
    return float(np.float32(np.exp(-(low + high) / 2)))


def _slope(z: Array, chosen: Array, windows: Array, b: float) -> float:
    """dL/db, times the number of cases."""
    shares = np.exp(b * z)
    totals = shares.sum(axis=1)
    begins = offsets_of(windows)[:-1]
    logs = b * chosen - np.log(totals)
    r = np.exp(logs - np.repeat(np.maximum.reduceat(logs, begins), windows))
    r /= np.repeat(np.add.reduceat(r, begins), windows)
    return float((r * ((shares * z).sum(axis=1) / totals - chosen)).sum())

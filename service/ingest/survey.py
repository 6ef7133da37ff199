"""Each channel looked at once: what is missing, and the moments of what is not."""

from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from model.data.blocks import blocks

BLOCK = 1 << 18
"""Values looked at in one go, so that they stay in cache."""


@dataclass(frozen=True, eq=False)
class Survey:
    """Each channel over all steps, arrays of (C,): what is missing, from which step on, and the moments of the rest."""

    missing: Array
    first_missing: Array
    low: Array
    high: Array
    mean: Array
    deviation: Array


def survey(values: Array) -> Survey:
    """Look at (T, C) values once, block by block, each channel of a block in one stretch."""
    channels = values.shape[1]
    missing, total, square = np.zeros(channels, np.int64), np.zeros(channels), np.zeros(channels)
    low, high = np.full(channels, np.nan, np.float32), np.full(channels, np.nan, np.float32)
    first = np.full(channels, len(values), np.int64)
    start = 0
    for part in blocks(values, BLOCK):
        block = np.ascontiguousarray(part.T)
        gaps = np.isnan(block)
        counts = np.count_nonzero(gaps, axis=1)
        new = np.flatnonzero((counts > 0) & (missing == 0))
        first[new] = start + gaps[new].argmax(axis=1)
        missing += counts
        start += len(part)
        low, high = np.fmin(low, np.fmin.reduce(block, axis=1)), np.fmax(high, np.fmax.reduce(block, axis=1))
        wide = np.nan_to_num(block.astype(np.float64), copy=False)
        total += wide.sum(axis=1)
        square += np.square(wide, out=wide).sum(axis=1)
    count = np.maximum(len(values) - missing, 1)
    mean = total / count
    return Survey(missing, first, low, high, mean, np.sqrt(np.maximum(square / count - mean * mean, 0)))

"""Where a case ends: trailing steps that miss every channel are padding, which dense files and requests need."""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.data.series import rows_of


def ends(values: Array, starts: Array, lengths: Array) -> Array:
    """(N,) int64: the lengths, without padding, of stretches of flat values (T, C); each keeps one step at least."""
    unended = np.flatnonzero(np.isnan(values[starts + lengths - 1]).all(axis=1))
    if not unended.size:
        return lengths
    rows, offsets = rows_of(starts[unended], lengths[unended])
    observed = ~np.isnan(values[rows]).all(axis=1)
    steps = np.arange(1, len(rows) + 1) - np.repeat(offsets[:-1], lengths[unended])
    ended = lengths.copy()
    ended[unended] = np.maximum.reduceat(np.where(observed, steps, 1), offsets[:-1])
    return ended

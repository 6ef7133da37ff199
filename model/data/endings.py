"""Where a case ends: trailing steps that miss every channel are padding, which dense files and requests need."""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.data.blocks import BLOCK, pieces, release
from model.data.series import rows_of


def ends(values: Array, starts: Array, lengths: Array) -> Array:
    """(N,) int64: the lengths, without padding, of stretches of flat values (T, C); each keeps one step at least."""
    ended = lengths.copy()
    for piece in pieces(lengths, values.shape[1]):
        last = values[starts[piece] + lengths[piece] - 1]
        unended = np.flatnonzero(np.isnan(last).all(axis=1)) + piece.start
        if unended.size:
            ended[unended] = _observed(values, starts[unended], lengths[unended])
        release(values)
    return ended


def _observed(values: Array, starts: Array, lengths: Array) -> Array:
    """(n,) int64: the steps up to the last with any value, of a few cases or of a long one."""
    if len(starts) == 1:
        return np.array([_observed_steps(values, int(starts[0]), int(lengths[0]))], np.int64)
    rows, offsets = rows_of(starts, lengths)
    observed = ~np.isnan(values[rows]).all(axis=1)
    steps = np.arange(1, len(rows) + 1) - np.repeat(offsets[:-1], lengths)
    last: Array = np.maximum.reduceat(np.where(observed, steps, 1), offsets[:-1])
    return last


def _observed_steps(values: Array, start: int, length: int) -> int:
    """As above for one case, looked through from its end."""
    while length > 1:
        first = max(0, length - BLOCK // int(values.shape[1]) - 1)
        observed = np.flatnonzero(~np.isnan(values[start + first : start + length]).all(axis=1))
        if observed.size:
            return first + int(observed[-1]) + 1
        length = first
        release(values)
    return 1

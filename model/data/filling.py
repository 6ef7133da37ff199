"""Filling gaps: missing values (NaN) in several cases at once, in place, never across the end of a case."""

from __future__ import annotations

import numpy as np

from model.arrays import Array


def interpolate(values: Array, offsets: Array, unobserved: Array) -> None:
    """Fill linearly between observed neighbours in time; beyond the first and the last observed step, repeat it.

    values: (T, C) float32; offsets: (n + 1,) int64; unobserved: (C,) float32, for a channel a case never observed
    """
    for channel in np.flatnonzero(np.isnan(values).any(axis=0)):
        values[:, channel] = _interpolated(values[:, channel], offsets, unobserved[channel])


def zero(values: Array, offsets: Array, unobserved: Array) -> None:  # noqa: ARG001 - one shape for every filling
    """Fill every gap with zero, which is the training mean once a channel is scaled."""
    np.copyto(values, np.float32(0), where=np.isnan(values))


def _interpolated(x: Array, offsets: Array, unobserved: np.float32) -> Array:
    """x: (T,) -> (T,).

    For every gap the nearest observed steps before and behind it are looked up in the list of observed steps; one
    that belongs to another case does not count. x = (1 - w) left + w right; where there is one of the two only, it
    stands for both, and w = 0.
    """
    gaps = np.flatnonzero(np.isnan(x))
    observed = np.flatnonzero(~np.isnan(x))
    if not observed.size:
        return np.full_like(x, unobserved)
    case = np.searchsorted(offsets, gaps, side="right") - 1
    behind = np.searchsorted(observed, gaps)
    left = observed[np.maximum(behind - 1, 0)]
    right = observed[np.minimum(behind, len(observed) - 1)]
    has_left = (left < gaps) & (left >= offsets[case])
    has_right = (right > gaps) & (right < offsets[case + 1])
    left = np.where(has_left, left, right)
    right = np.where(has_right, right, left)
    w = (np.where(left == right, 0, gaps - left) / np.maximum(right - left, 1)).astype(np.float32)
    filled = x.copy()
    filled[gaps] = np.where(has_left | has_right, (1 - w) * x[left] + w * x[right], unobserved)
    return filled

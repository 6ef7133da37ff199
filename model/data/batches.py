"""Batches: cases of any lengths as dense arrays, channels last, zero behind a case's end."""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.data.scaling import Preprocessing
from model.data.series import Series, rows_of


def dense(series: Series, indices: Array, preprocessing: Preprocessing, length: int) -> tuple[Array, Array]:
    """Preprocessed cases, padded to `length`: x (n, length, C) float32 and their own lengths (n,) int64."""
    rows, offsets = rows_of(series.offsets[indices], series.lengths[indices])
    x = np.empty((len(indices), length, len(series.channels)), np.float32)
    scatter(preprocessing.apply_all(series.values[rows], offsets, indices), np.diff(offsets), x)
    return x, np.diff(offsets)


def scatter(values: Array, lengths: Array, out: Array) -> None:
    """Lay cases that stand one after another, (T, C), into out (n, length, C); what is behind their ends is zero."""
    n, length, channels = out.shape
    if (lengths == length).all():
        out[...] = values.reshape(n, length, channels)
        return
    out[...] = 0
    out[np.arange(length) < lengths[:, None]] = values


def even_batches(order: Array, batch_size: int) -> list[Array]:
    """Cut (n,) indices into the fewest batches of at most `batch_size`, whose sizes differ by one at most."""
    return np.array_split(order, -(-len(order) // batch_size))

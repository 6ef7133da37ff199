"""Batches: cases of any lengths as dense arrays, channels last, zero behind a case's end."""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.data.blocks import release
from model.data.scaling import Preprocessing
from model.data.series import Series, rows_of


def dense(series: Series, indices: Array, preprocessing: Preprocessing, length: int) -> tuple[Array, Array]:
    """Preprocessed cases, padded to `length`: x (n, length, C) float32 and their own lengths (n,) int64."""
    x = np.empty((len(indices), length, len(series.channels)), np.float32)
    lengths = series.lengths
    gather(series.values, series.offsets[:-1], lengths, indices, preprocessing, x)
    return x, lengths[indices]


def gather(
    values: Array, starts: Array, lengths: Array, indices: Array, preprocessing: Preprocessing, out: Array
) -> None:
    """Preprocess some of the stretches that (N,) starts and lengths mark in flat values (T, C), into out (n, L, C)."""
    rows, offsets = rows_of(starts[indices], lengths[indices])
    gathered = values[rows]
    release(values)
    scatter(preprocessing.apply_all(gathered, offsets, indices), lengths[indices], out)


def scatter(values: Array, lengths: Array, out: Array) -> None:
    """Lay cases that stand one after another, (T, C), into out (n, L, C); what is behind their ends is zero."""
    n, length, channels = out.shape
    if (lengths == length).all():
        out[...] = values.reshape(n, length, channels)
        return
    out[...] = 0
    out[np.arange(length) < lengths[:, None]] = values


def even_batches(order: Array, batch_size: int) -> list[Array]:
    """Cut (n,) indices into the fewest batches of at most `batch_size`, whose sizes differ by one at most."""
    return np.array_split(order, -(-len(order) // batch_size))

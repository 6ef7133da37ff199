"""Which cases are equal: within one set of series, where they are duplicates, or in two, where they are leaks."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data.blocks import BLOCK, blocks, pieces, release
from model.data.series import Series


class Equal(NamedTuple):
    """Cases (n,) int64 that equal an earlier one, or one of another set, and the first such case for each, (n,)."""

    cases: Array
    firsts: Array


def case_keys(series: Series) -> Array:
    """(N,) int64: equal for equal cases, and but for a chance of 2^-64 for no others, within this process.

    Values are compared as the digest of a set does: all missing values are one value, and so are both zeros.
    """
    keys = np.empty(series.cases, np.int64)
    offsets = series.offsets
    for piece in pieces(series.lengths, len(series.channels)):
        first, last = int(offsets[piece.start]), int(offsets[piece.stop])
        if (last - first) * len(series.channels) > BLOCK:  # a case that is longer than a block
            keys[piece] = hash(tuple(hash(_canonical(block)) for block in blocks(series.values[first:last])))
            continue
        content = memoryview(_canonical(series.values[first:last]))
        width = 4 * len(series.channels)
        bounds = ((offsets[piece.start : piece.stop + 1] - first) * width).tolist()
        keys[piece] = [hash(bytes(content[a:b])) for a, b in pairwise(bounds)]
        release(series.values)
    return keys


def repeated(keys: Array) -> Equal:
    """The cases of one set that equal an earlier case of it."""
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    firsts = first[places]
    cases = np.flatnonzero(firsts != np.arange(len(keys)))
    return Equal(cases, firsts[cases])


def shared(keys: Array, others: Array) -> Equal:
    """The cases of one set that stand in another as well."""
    known, first = np.unique(others, return_index=True)
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    cases = np.flatnonzero(known[places] == keys)
    return Equal(cases, first[places[cases]])


def _canonical(values: Array) -> bytes:
    return np.where(np.isnan(values), np.float32(np.nan), values + np.float32(0)).tobytes()

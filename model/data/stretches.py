"""Series as they look once every case is scaled and filled, a stretch at a time: a case may be larger than memory.

How a gap is filled depends on the nearest observed steps on either side of it, wherever in the case these are: a
stretch of a long case is filled together with as many steps around it as that takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data.blocks import BLOCK, pieces, release
from model.data.scaling import Preprocessing
from model.data.series import Series

NEAR = 64
"""Steps around a stretch that are looked at first; twice as many each time."""


class Stretch(NamedTuple):
    """values: (t, C) float32, filled, of the rows from `first` on; those before `end` stand in no other stretch."""

    first: int
    end: int
    values: Array


def filled(series: Series, preprocessing: Preprocessing, overlap: int, block: int = BLOCK) -> Iterator[Stretch]:
    """All rows in order; a stretch reaches `overlap` rows into the next, as far as its last case goes.

    preprocessing: by channel, robust or not at all, as a stretch does not know the moments of its case
    """
    values, offsets = series.values, series.offsets
    rows = max(1, block // len(series.channels))
    for piece in pieces(series.lengths, len(series.channels)):
        first, last = int(offsets[piece.start]), int(offsets[piece.stop])
        if last - first <= rows:
            cases = np.arange(piece.start, piece.stop)
            within = offsets[piece.start : piece.stop + 1] - first
            yield Stretch(first, last, preprocessing.apply_all(values[first:last], within, cases))
            release(values)
            continue
        for case in range(piece.start, piece.stop):
            first, last = int(offsets[case]), int(offsets[case + 1])
            for begin in range(first, last, rows):
                end = min(begin + rows, last)
                until = min(end + overlap, last)
                low, high = _around(values, begin, until, first, last)
                around = preprocessing.apply_all(values[low:high], np.array([0, high - low]), np.array([case]))
                yield Stretch(begin, end, around[begin - low : until - low])
                release(values)


def _around(values: Array, begin: int, end: int, low: int, high: int) -> tuple[int, int]:
    """As far from a stretch as to a step of each channel observed on either side, or to the ends of its case."""
    step, lacking = NEAR, np.isnan(values[begin])
    while lacking.any() and begin > low:
        before = max(low, begin - step)
        lacking &= np.isnan(values[before:begin]).all(axis=0)
        begin, step = before, 2 * step
    step, lacking = NEAR, np.isnan(values[end - 1])
    while lacking.any() and end < high:
        behind = min(high, end + step)
        lacking &= np.isnan(values[end:behind]).all(axis=0)
        end, step = behind, 2 * step
    return begin, end

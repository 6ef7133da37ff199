"""Values a block at a time, so that a file larger than memory can be looked through.

Series that were stored are mapped from their file: what is touched becomes memory of this process, and stays it until
it is given back. Whoever goes through values takes blocks from here, or releases what it gathered.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator

import numpy as np

from model.arrays import Array

BLOCK = 1 << 20
"""Values looked at in one go."""
LARGE = 16 << 20
"""Bytes from which a mapping's pages are given back; a smaller one stays in memory, where it is quicker."""


def blocks(values: Array, size: int = BLOCK) -> Iterator[Array]:
    """Views of (T, C) values, a few steps at a time; each is released when the next one is asked for."""
    rows = max(1, size // max(1, values.shape[1]))
    for start in range(0, len(values), rows):
        yield values[start : start + rows]
        release(values)


def pieces(lengths: Array, width: int) -> Iterator[slice]:
    """Runs of consecutive cases, lengths (N,) int64, of about a block of values together, or of one longer case."""
    ends = np.cumsum(lengths) * width
    start = 0
    while start < len(lengths):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + BLOCK, side="right")))
        yield slice(start, stop)
        start = stop


def release(values: Array | memoryview) -> None:
    """Give the pages of a large mapped file back; it is read again, from the page cache or the disk, when touched."""
    mapping = _mapping(values)
    if mapping is not None and len(mapping) >= LARGE:
        mapping.madvise(mmap.MADV_DONTNEED)


def _mapping(values: object) -> mmap.mmap | None:
    """The mapping that an array, or a view of one, stands on."""
    while not isinstance(values, mmap.mmap):
        if isinstance(values, np.ndarray):
            values = values.base
        elif isinstance(values, memoryview):
            values = values.obj
        else:
            return None
    return values

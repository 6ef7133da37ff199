"""Numbers of a column, in the order they come: in memory until they are too many for it, then on the disk."""

from collections.abc import Iterator

import numpy as np

from model.arrays import Array
from model.data.blocks import release
from service.ingest.source import Scratch, Source

AT_ONCE = 1 << 16
"""Rows that are looked at together."""
SHARE = 4
"""A column may hold this part of the memory that values may."""


class Spool:
    """One column, (R,) of any type of number; a later batch of a wider type widens what is there."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._parts: list[Array] = []
        self._held = 0
        self._scratch: Scratch | None = None
        self._kind: np.dtype[np.generic] | None = None

    def append(self, part: Array) -> None:
        """Add the rows of a batch."""
        kind = part.dtype if self._kind is None else np.result_type(self._kind, part.dtype)
        if self._scratch is not None and kind != self._kind:
            self._scratch = self._widened(self._scratch, kind)
        self._kind = kind
        self._parts.append(part)
        self._held += part.nbytes
        if self._held > self._source.limits.in_memory // SHARE:
            self._spill()

    def finish(self) -> Array:
        """(R,): everything; on the disk it is mapped, read-only."""
        if self._scratch is None:
            parts, self._parts = self._parts, []
            return np.concatenate(parts).astype(self._kind, copy=False) if parts else np.empty(0, self._kind)
        self._spill()
        return self._scratch.mapped(np.dtype(self._kind))

    def _spill(self) -> None:
        self._scratch = self._scratch or self._source.scratch()
        for part in self._parts:
            self._scratch.write(part.astype(self._kind, copy=False))
        self._parts, self._held = [], 0

    def _widened(self, narrow: Scratch, kind: np.dtype[np.generic]) -> Scratch:
        wide, written = self._source.scratch(), narrow.mapped(np.dtype(self._kind))
        for rows in spans(len(written)):
            wide.write(written[rows].astype(kind))
            release(written)
        return wide


def spans(rows: int, size: int = AT_ONCE) -> Iterator[slice]:
    """Slices of a few rows each, one behind another."""
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))

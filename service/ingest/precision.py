"""Changes that 32-bit floats cannot hold: values far from zero beside how much they vary, or too small for them.

A file may write a pressure as 1000000000000.25 or a current as 3e-300: read as 32-bit floats such channels are flat, as
if nothing had ever happened. So the values are looked at while they are read, as wide as the file has them. What is
usual costs next to nothing: a few rows of each block show that a channel changes, and that its changes stay.
"""

from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from model.data.blocks import pieces, release
from model.data.series import Series

SAMPLE = 256
"""Rows of a block that are compared with the next ones."""
AT_ONCE = 1 << 16
"""Values that are looked at together; smaller blocks are gathered."""
SPACINGS = 256
"""A channel that spans more spacings of 32-bit floats than this loses nothing that matters."""
LOST = 0.1
"""The share of changes from which they count as lost."""
ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""Changes of a smaller part of the value are the file's own rounding."""


@dataclass(frozen=True, eq=False)
class Flattened:
    """By channel, arrays of (C,): the changes looked at, those lost, and where and at what value the first was.

    first: counted in steps, in the order in which they were read
    by_row: whether the steps were read in the order of rows, and may stand in another order now
    """

    changes: Array
    lost: Array
    first: Array
    level: Array
    by_row: bool = False

    def channels(self, series: Series) -> Array:
        """(n,): the channels that lost their changes: enough of them, in cases that span little more than nothing."""
        suspects = np.flatnonzero((self.lost > 0) & (self.lost >= LOST * self.changes))
        if not suspects.size:
            return suspects
        flat = np.zeros(len(suspects))
        for piece in pieces(series.lengths, len(series.channels)):
            offsets = series.offsets[piece.start : piece.stop + 1]
            within = series.values[offsets[0] : offsets[-1]][:, suspects]
            low, high = (each.reduceat(within, offsets[:-1] - offsets[0]) for each in (np.fmin, np.fmax))
            flat += np.diff(offsets) @ ~varies(low, high)
            release(series.values)
        return suspects[flat >= LOST * len(series.values)]


class Precision:
    """Looks at the values of all steps of a file, block by block, before they are narrowed."""

    def __init__(self, channels: int) -> None:
        self._changes, self._lost = np.zeros(channels, np.int64), np.zeros(channels, np.int64)
        self._first = np.full(channels, -1, np.int64)
        self._level, self._last = np.zeros(channels), np.full(channels, np.nan)
        self._pending: list[Array] = []
        self._gathered = 0
        self._steps = 0

    def look(self, wide: Array, keep: Array | None = None) -> None:
        """Take a block (..., C) of numbers as the file has them; keep: (n,) bool, which of its n steps count."""
        if keep is None and wide.size < AT_ONCE:
            self._pending.append(wide.reshape(-1, wide.shape[-1]))
            self._gathered += wide.size
            if self._gathered >= AT_ONCE:
                self._flush()
            return
        self._flush()
        self._block(wide, keep)

    def found(self) -> Flattened:
        """What was seen, of all blocks."""
        self._flush()
        return Flattened(self._changes, self._lost, self._first, self._level)

    def _flush(self) -> None:
        pending, self._pending, self._gathered = self._pending, [], 0
        if pending:
            self._block(pending[0] if len(pending) == 1 else np.concatenate(pending), None)

    def _block(self, wide: Array, keep: Array | None) -> None:
        rows = np.arange(wide[..., 0].size) if keep is None else np.flatnonzero(keep)
        if rows.size:
            certain = _certain(wide, rows)
            self._changes[certain] += len(rows)
            self._last[certain] = np.nan
            for channel in np.flatnonzero(~certain).tolist():
                column = wide[..., channel].reshape(-1)
                self._channel(channel, column if keep is None else column[rows])
        self._steps += len(rows)

    def _channel(self, channel: int, column: Array) -> None:
        """Compare each value (n,) with the one before it, as it is and as it will be."""
        places = np.flatnonzero(~np.isnan(column))
        if not places.size:
            return
        values = np.concatenate(([self._last[channel]], column[places].astype(np.float64)))
        changed, same = _compared(values[:-1], values[1:])
        lost = np.flatnonzero(changed & same)
        self._changes[channel] += np.count_nonzero(changed)
        self._lost[channel] += len(lost)
        self._last[channel] = values[-1]
        if lost.size and self._first[channel] < 0:
            self._first[channel] = self._steps + places[lost[0]]
            self._level[channel] = values[lost[0] + 1]


def varies(low: Array, high: Array) -> Array:
    """Whether channels span enough spacings of 32-bit floats; low, high: (..., C) float32, NaN where nothing was."""
    with np.errstate(over="ignore", invalid="ignore"):
        spacing = np.spacing(np.maximum(np.abs(low), np.abs(high)))
        enough: Array = high - low >= SPACINGS * spacing
    return enough


def _certain(wide: Array, rows: Array) -> Array:
    """(C,) bool: the channels that change, near and far, between a few of these rows, and lose none of the changes."""
    picked = np.arange(0, len(rows), max(1, len(rows) // SAMPLE))
    here, next_ = (
        wide[np.unravel_index(rows[np.minimum(places, len(rows) - 1)], wide.shape[:-1])].astype(np.float64)
        for places in (picked, picked + 1)
    )
    near, far = _compared(here, next_), _compared(here[:-1], here[1:])
    changed = np.concatenate([near[0], far[0]])
    lost = changed & np.concatenate([near[1], far[1]])
    certain: Array = np.logical_and(changed.any(axis=0), ~lost.any(axis=0))
    return certain


def _compared(one: Array, other: Array) -> tuple[Array, Array]:
    """Which numbers of two arrays differ as 64-bit floats, and which are the same as 32-bit floats; NaN is neither."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        changed = np.abs(other - one) > ROUNDING * np.maximum(np.abs(one), np.abs(other))
        same = one.astype(np.float32) == other.astype(np.float32)
    return changed, same

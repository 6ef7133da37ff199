"""Windows: long series cut into inputs of one length, for forecasts with the steps that follow them.

A window is known by its first row in the flat values; neither inputs nor following steps are copied before a batch
asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data.outline import Cases
from model.data.series import offsets_of
from model.data.splits import Split
from model.errors import InvalidSeries

MOST = 10_000_000
"""Windows of all cases together: each takes some 40 bytes of memory while it is trained on."""


@dataclass(frozen=True)
class Windowing:
    """`window` steps are seen and the next `horizon` are forecast; consecutive windows start `stride` steps apart.

    Without a horizon windows are answered for by their case.
    """

    window: int
    horizon: int = 0
    stride: int = 1

    @property
    def span(self) -> int:
        """The steps that one window needs: what it sees and what is forecast."""
        return self.window + self.horizon

    def counts(self, lengths: Array) -> Array:
        """(N,) int64: how many windows `cover` makes of stretches of these lengths."""
        counts: Array = -(-np.maximum(lengths - self.window, 0) // self.stride) + 1
        return counts

    def within(self, lengths: Array) -> Array:
        """(N,) int64: how many windows lie within stretches of these lengths, with what is forecast."""
        counts: Array = np.maximum((lengths - self.span) // self.stride + 1, 0)
        return counts


class Cover(NamedTuple):
    """Windows of several cases one behind another: starts, lengths: (M,) int64; counts: (N,) int64, of each case."""

    starts: Array
    lengths: Array
    counts: Array


def cover(starts: Array, lengths: Array, windowing: Windowing) -> Cover:
    """Cut stretches, (N,) int64 each, and leave nothing at their ends: the last window of each ends where it does.

    A stretch that is no longer than a window is one, of its own length.
    """
    counts = windowing.counts(lengths)
    require_few(counts, windowing)
    places = np.arange(counts.sum()) - np.repeat(offsets_of(counts)[:-1], counts)
    last = np.repeat(np.maximum(lengths - windowing.window, 0), counts)
    begun = np.repeat(starts, counts) + np.minimum(places * windowing.stride, last)
    return Cover(begun, np.repeat(np.minimum(lengths, windowing.window), counts), counts)


def means(values: Array, counts: Array | None) -> Array:
    """(M, K) of windows -> (N, K), the mean of each case's; as they are where there are no windows."""
    if counts is None or len(counts) == len(values):
        return values
    totals = np.add.reduceat(values, offsets_of(counts)[:-1], axis=0, dtype=np.float64)
    mean: Array = (totals / counts[:, None]).astype(values.dtype)
    return mean


def firsts(values: Array, counts: Array | None) -> Array:
    """(M, ...) of windows that share what their case has -> (N, ...)."""
    return values if counts is None else values[offsets_of(counts)[:-1]]


def window_starts(series: Cases, windowing: Windowing) -> Array:
    """(M,) int64: the first row of every window that lies within a case; cases that are too short have none."""
    counts = _counts(series.lengths, windowing)
    places = np.arange(counts.sum()) - np.repeat(offsets_of(counts)[:-1], counts)
    starts: Array = np.repeat(series.offsets[:-1], counts) + places * windowing.stride
    return starts


def outermost_starts(series: Cases, windowing: Windowing) -> Array:
    """(m,) int64: of these the first and the last of every case.

    They are few where windows are many, and enough to see whether a split leaves a side without any.
    """
    counts = _counts(series.lengths, windowing)
    cut = counts > 0
    first, last = series.offsets[:-1][cut], (counts[cut] - 1) * windowing.stride
    return np.unique(np.concatenate([first, first + last]))


def split_in_time(series: Cases, starts: Array, windowing: Windowing, fraction: float) -> tuple[Split, Array]:
    """Hold back the windows whose forecast lies in the last `fraction` of their case.

    Also answers (N,) int64: how many steps of each case belong to training. A training window ends within them, a
    held one forecasts nothing but what follows them, and windows across the cut belong to neither.
    """
    lengths = series.lengths
    kept = lengths - np.ceil(lengths * fraction).astype(np.int64)
    case = np.searchsorted(series.offsets, starts, side="right") - 1
    cut = series.offsets[case] + kept[case]
    split = Split(
        np.flatnonzero(starts + windowing.span <= cut),
        np.flatnonzero(starts + windowing.window >= cut),
    )
    _require_sides(split, f"{fraction:g} of {lengths.max()} steps")
    return split, kept


def split_by_case(series: Cases, starts: Array, cases: Split) -> Split:
    """Hold back the windows of the cases that are held back."""
    held = np.isin(np.searchsorted(series.offsets, starts, side="right") - 1, cases.held)
    split = Split(np.flatnonzero(~held), np.flatnonzero(held))
    _require_sides(split, f"{len(cases.held)} of {series.cases} series")
    return split


def _require_sides(split: Split, kept_back: str) -> None:
    if not split.training.size or not split.held.size:
        purpose = "validate" if split.training.size else "train"
        raise InvalidSeries(
            f"With {kept_back} kept back for validation there is no window to {purpose} on; "
            "a shorter window or horizon gives some."
        )


def inputs(values: Array, starts: Array, windowing: Windowing) -> Array:
    """(T, C) and (n,) -> (n, window, C): what each window sees."""
    rows = starts[:, None] + np.arange(windowing.window)
    seen: Array = values[rows]
    return seen


def following(values: Array, starts: Array, windowing: Windowing) -> Array:
    """(T, C) and (n,) -> (n, C, horizon): the steps behind each window, channel by channel."""
    rows = starts[:, None] + np.arange(windowing.window, windowing.span)
    steps: Array = values[rows].transpose(0, 2, 1)
    return steps


def require_few(counts: Array, windowing: Windowing) -> None:
    """Refuse what would fill memory with mere places of windows, before they are made."""
    total = int(counts.sum())
    if total > MOST:
        raise InvalidSeries(
            f"A stride of {windowing.stride} cuts the series into {total} windows; at most {MOST} are held, "
            f"as a stride of about {windowing.stride * total // MOST + 1} makes them."
        )


def _counts(lengths: Array, windowing: Windowing) -> Array:
    """(N,) int64: the windows that lie within each case; InvalidSeries if they are none, or too many."""
    counts = windowing.within(lengths)
    require_few(counts, windowing)
    if not counts.any():
        raise InvalidSeries(
            f"The longest series has {lengths.max()} steps; a window of {windowing.window} and a horizon of "
            f"{windowing.horizon} need {windowing.span}."
        )
    return counts

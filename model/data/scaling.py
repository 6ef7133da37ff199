"""Preprocessing: what is done to every series before the network sees it, in training and in serving alike.

First the observed values are scaled, then the gaps are filled, so that "zero" means the training mean of a scaled
channel. A value is missing where it is NaN; statistics look at observed values only. With "mask" the network also
sees which values were observed: as many channels again, one where there was a value and zero where there was none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from model.arrays import Array, surely_finite
from model.data.blocks import BLOCK, blocks, release
from model.data.filling import interpolate, zero
from model.data.order_statistics import quantiles
from model.data.series import Series, rows_of
from model.errors import InvalidSeries

Scaling: TypeAlias = Literal["channel", "instance", "robust", "none"]
Missing: TypeAlias = Literal["interpolate", "zero", "mask"]
SCALINGS: tuple[Scaling, ...] = ("channel", "instance", "robust", "none")

FILLINGS: dict[Missing, Callable[[Array, Array, Array], None]] = {
    "interpolate": interpolate,
    "zero": zero,
    "mask": interpolate,
}
"""How gaps in (T, C) values of several cases are filled in place; the last argument is for channels never observed."""

TOGETHER = 512
"""Values that are scaled in one go."""

NORMAL_RANGE = 1.349
"""The range between the quartiles of a normal distribution of deviation 1."""


NARROWEST = np.float32(1e-6)
"""Of a channel's deviation, the least that its quartiles must be apart: values would leave float32 otherwise."""


def input_channels(channels: int, missing: Missing | None) -> int:
    """How many channels the network sees of series with so many."""
    return 2 * channels if missing == "mask" else channels


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """Fitted scaling and filling; mean, deviation: (C,) float32, of the training split, deviation never zero.

    With "robust" they are the median, and what the range between the quartiles would be the deviation of, so that a few
    values far from all others do not matter.
    """

    scaling: Scaling
    missing: Missing
    mean: Array
    deviation: Array

    @classmethod
    def fit(
        cls,
        series: Series,
        scaling: Scaling,
        missing: Missing,
        indices: Array | None = None,
        lengths: Array | None = None,
    ) -> Preprocessing:
        """Measure the channels over the observed steps of the chosen cases (indices: (n,) int64; None for all).

        lengths: (N,) int64, how many first steps of each case are looked at; None for all.

        A channel that is constant, or was never observed, gets the deviation 1; with "robust" one whose quartiles are
        as good as the same keeps its standard deviation.
        """
        chosen = np.arange(series.cases) if indices is None else indices
        channels = len(series.channels)
        steps = series.lengths if lengths is None else lengths
        mean, deviation = _moments(_blocks(series, chosen, steps), channels)
        if scaling == "robust":
            low, middle, high = quantiles(lambda: _blocks(series, chosen, steps), channels, (0.25, 0.5, 0.75))
            mean = middle.astype(np.float32)
            spread = np.minimum((high - low) / NORMAL_RANGE, np.finfo(np.float32).max).astype(np.float32)
            deviation = np.where(spread > NARROWEST * deviation, spread, deviation)
        return cls(scaling, missing, mean, deviation)

    def apply(self, case: Array) -> Array:
        """(L, C) float32 with NaN for missing -> (L, C) float32, finite; (L, 2 C) with "mask"."""
        return self.apply_all(case, np.array([0, len(case)], np.int64))

    def apply_all(self, values: Array, offsets: Array, numbers: Array | None = None) -> Array:
        """Several cases one after another at once: (T, C) float32 and (n + 1,) int64 -> (T, C) float32, finite.

        With "mask" (T, 2 C): behind the values, one where a value was observed and zero where it was not.
        numbers: (n,) int64, what an error calls the cases; their places by default
        """
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            scaled = self._scaled(values, offsets)
            sound = surely_finite(scaled)  # as most are: nothing is missing, and nothing has overflowed
            if not sound:
                FILLINGS[self.missing](scaled, offsets, self._unobserved())
        if not sound and not np.isfinite(scaled).all():
            row, channel = np.argwhere(~np.isfinite(scaled))[0]
            case = int(np.searchsorted(offsets, row, side="right")) - 1
            number = case if numbers is None else numbers[case]
            raise InvalidSeries(
                f"Case {number} holds {values[row, channel]:g} in channel {channel} at step {row - offsets[case]}, "
                "which leaves float32 once it is scaled; values nearer to the others are needed."
            )
        if self.missing == "mask":
            return np.concatenate([scaled, ~np.isnan(values)], axis=1, dtype=np.float32)
        return scaled

    def apply_even(self, cases: Array, first: int = 0) -> Array:
        """(n, L, C) float32 with NaN for missing -> (n, L, C) float32, finite; (n, L, 2 C) with "mask".

        first: what an error calls the first of them
        """
        count, length, channels = cases.shape
        numbers = np.arange(first, first + count)
        applied = self.apply_all(cases.reshape(-1, channels), np.arange(0, count * length + 1, length), numbers)
        return applied.reshape(count, length, -1)

    def restore(self, scaled: Array) -> Array:
        """(..., C) float32 in deviations from the training mean -> in the channels' own units."""
        restored: Array = scaled * self.deviation + self.mean
        return restored

    def _scaled(self, values: Array, offsets: Array) -> Array:
        if self.scaling == "none":
            return values.astype(np.float32)
        if self.scaling != "instance":
            return self._standardized(values)
        lengths = np.diff(offsets)
        mean, deviation = (np.repeat(each, lengths, axis=0) for each in instance_moments(values, offsets))
        scaled: Array = (values - mean) / deviation
        return scaled

    def _standardized(self, values: Array) -> Array:
        """(T, C) less the mean, divided by the deviation.

        Many rows are taken for one: NumPy goes through the last axis and then starts anew, and C values are few.
        """
        mean, deviation = self._repeated
        width = len(mean)
        whole = values.size - values.size % width
        scaled = np.empty(values.shape, np.float32)
        flat, target = values.reshape(-1), scaled.reshape(-1)
        wide = target[:whole].reshape(-1, width)
        np.subtract(flat[:whole].reshape(-1, width), mean, out=wide)
        np.divide(wide, deviation, out=wide)
        rest = values.size - whole
        np.divide(flat[whole:] - mean[:rest], deviation[:rest], out=target[whole:])
        return scaled

    @cached_property
    def _repeated(self) -> tuple[Array, Array]:
        """Mean and deviation as often as there are channels in so many values."""
        times = max(1, TOGETHER // len(self.mean))
        return np.tile(self.mean, times), np.tile(self.deviation, times)

    def _unobserved(self) -> Array:
        return self.mean if self.scaling == "none" else np.zeros_like(self.mean)


def instance_moments(values: Array, offsets: Array) -> tuple[Array, Array]:
    """Mean and deviation of each case's channels over its observed steps: (T, C), (n + 1,) -> twice (n, C) float32.

    A channel that is constant within a case gets the deviation 1, one that was never observed also the mean 0.
    """
    starts = offsets[:-1]
    observed = ~np.isnan(values)
    count = np.maximum(np.add.reduceat(observed, starts, axis=0, dtype=np.int64), 1)
    total = np.add.reduceat(np.where(observed, values, np.float32(0)), starts, axis=0, dtype=np.float64)
    mean = (total / count).astype(np.float32)
    centred = np.where(observed, values - np.repeat(mean, np.diff(offsets), axis=0), np.float32(0))
    squares = np.add.reduceat(np.square(centred, dtype=np.float64), starts, axis=0)
    varying = np.fmax.reduceat(values, starts, axis=0) > np.fmin.reduceat(values, starts, axis=0)
    return mean, _deviation(squares / count, varying)


def _moments(blocks: Iterator[Array], channels: int) -> tuple[Array, Array]:
    """Mean and deviation by channel over blocks (t, C), joined pairwise in float64 (Chan, Golub and LeVeque 1979)."""
    count = np.zeros(channels)
    mean = np.zeros(channels)
    squares = np.zeros(channels)
    highest = np.full(channels, np.nan, np.float32)
    lowest = highest.copy()
    for block in blocks:
        observed = ~np.isnan(block)
        present = observed.sum(axis=0)
        divisor = np.maximum(present, 1)
        block_mean = block.sum(axis=0, dtype=np.float64, where=observed) / divisor
        block_squares = np.square(block - block_mean).sum(axis=0, where=observed)
        step = block_mean - mean
        joined = np.maximum(count + present, 1)
        squares += block_squares + np.square(step) * count * present / joined
        mean += step * present / joined
        count += present
        highest = np.fmax(highest, np.fmax.reduce(block, axis=0))
        lowest = np.fmin(lowest, np.fmin.reduce(block, axis=0))
    return mean.astype(np.float32), _deviation(squares / np.maximum(count, 1), highest > lowest)


def _deviation(variance: Array, varying: Array) -> Array:
    """The root, or 1 for a constant channel.

    That a channel is constant is told from its extremes: the rounding of its mean gives it a small variance.
    """
    deviation = np.sqrt(variance).astype(np.float32)
    return np.where(varying & (deviation > 0), deviation, np.float32(1))


def _blocks(series: Series, indices: Array, lengths: Array) -> Iterator[Array]:
    """(t, C) values of the first steps of some cases, about a million at a time; lengths: (N,), how many of each."""
    width = len(series.channels)
    ends = np.cumsum(lengths[indices]) * width
    cuts = np.flatnonzero(np.diff(ends // BLOCK)) + 1
    for chunk in np.split(indices, cuts):
        if lengths[chunk].sum() * width > 2 * BLOCK:  # with a case that is longer than a block
            for case in chunk:
                yield from blocks(series.case(case)[: lengths[case]])
            continue
        rows, _ = rows_of(series.offsets[chunk], lengths[chunk])
        yield series.values[rows]
        release(series.values)

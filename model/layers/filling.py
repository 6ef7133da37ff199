"""Bound padding by a statistic: each end is filled with one value a channel, that of a window of steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage


class Statistic(Protocol):
    """One value of a window (n, w, C)."""

    def value(self, window: Array) -> Array:
        """(n, 1, C)."""

    def fold(self, gradient: Array, window: Array) -> None:
        """Adds to `window` (n, w, C), a gradient, the share of each step in `gradient` (n, 1, C) of the value."""


@dataclass(frozen=True)
class End:
    """Steps of x that the value is of, and steps of y that it fills."""

    window: slice
    places: slice


class Filling:
    """y: (N, left + L + right, C); the ends may look at the same window, or at one each."""

    def __init__(
        self,
        statistic: Callable[[], Statistic],
        ends: tuple[End, ...],
        left: int,
        x: Activation,
        y: Activation,
        binding: Binding,
    ) -> None:
        self.x, self.y, self.shards, self.ends = x, y, binding.shards, ends
        self.inside = slice(left, left + x.length)
        self.statistics = [[statistic() for _ in ends] for _ in binding.shards]

    def prepare(self) -> None:
        pass

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._fill,)

    def backward(self) -> tuple[Stage, ...]:
        return () if self.x.gradient is None else (self._fold,)

    def _fill(self, shard: int) -> None:
        cases = self.shards[shard]
        x, y = self.x.values.steps[cases], self.y.values.steps[cases]
        np.copyto(y[:, self.inside], x)
        for end, statistic in zip(self.ends, self.statistics[shard], strict=True):
            y[:, end.places] = statistic.value(x[:, end.window])

    def _fold(self, shard: int) -> None:
        if self.x.gradient is None or self.y.gradient is None:
            return
        cases = self.shards[shard]
        dx, dy = self.x.gradient.steps[cases], self.y.gradient.steps[cases]
        np.copyto(dx, dy[:, self.inside])
        for end, statistic in zip(self.ends, self.statistics[shard], strict=True):
            statistic.fold(np.add.reduce(dy[:, end.places], axis=1, keepdims=True), dx[:, end.window])


class _Mean:
    def value(self, window: Array) -> Array:
        mean: Array = np.add.reduce(window, axis=1, keepdims=True) / window.dtype.type(window.shape[1])
        return mean

    def fold(self, gradient: Array, window: Array) -> None:
        np.add(window, gradient / window.dtype.type(window.shape[1]), out=window)


class _Chosen:
    """A mean of chosen steps (n, k, C), which are remembered: the greatest, the least, or those in the middle."""

    def __init__(self, choose: Callable[[Array], Array]) -> None:
        self.choose = choose
        self.steps = np.zeros((0, 0, 0), np.int64)

    def value(self, window: Array) -> Array:
        self.steps = self.choose(window)
        mean: Array = np.take_along_axis(window, self.steps, axis=1).mean(axis=1, keepdims=True)
        return mean

    def fold(self, gradient: Array, window: Array) -> None:
        share = gradient / window.dtype.type(self.steps.shape[1])
        for index in range(self.steps.shape[1]):
            step = self.steps[:, index : index + 1]
            np.put_along_axis(window, step, np.take_along_axis(window, step, axis=1) + share, axis=1)


def _middle(window: Array) -> Array:
    """The step in the middle by its value, or the two."""
    places = sorted({(window.shape[1] - 1) // 2, window.shape[1] // 2})
    return np.argpartition(window, places, axis=1)[:, places]


STATISTICS: Mapping[str, Callable[[], Statistic]] = {
    "mean": _Mean,
    "median": lambda: _Chosen(_middle),
    "maximum": lambda: _Chosen(lambda window: window.argmax(axis=1)[:, None]),
    "minimum": lambda: _Chosen(lambda window: window.argmin(axis=1)[:, None]),
}

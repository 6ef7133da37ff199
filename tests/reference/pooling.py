"""Pooling layers, one window at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.arrays import Array
from model.layers.global_pooling import GlobalAveragePool, GlobalMaxPool, LastStep
from model.layers.pooling import AveragePool, MaxPool
from tests.reference.cases import Cases, Pullback, Values, each

Shares = Callable[[Array], Array]
"""From one channel's window (n,) to what each of its steps gives to the result (n,)."""


def greatest(window: Array) -> Array:
    """All from the greatest, the first one of equals."""
    return np.arange(len(window)) == int(np.argmax(window))


def mean(window: Array) -> Array:
    return np.full(len(window), 1 / len(window))


def windows(size: int, stride: int, padding: str, length: int) -> list[range]:
    """The real steps under each window."""
    left = (size - 1) // 2 if padding == "same" else 0
    starts = range(-left, length + (size - 1 if padding == "same" else 0) - left - size + 1, stride)
    return [range(max(start, 0), min(start + size, length)) for start in starts]


def pool(x: Array, found: list[range], shares: Shares) -> tuple[Array, Callable[[Array], Array]]:
    """Each window of each channel becomes the sum of its steps' shares."""
    y, weights = np.zeros((len(found), x.shape[1])), np.zeros((len(found), *x.shape))
    for t, steps in enumerate(found):
        for c in range(x.shape[1]):
            weights[t, steps, c] = shares(x[steps, c])
            y[t, c] = sum(weights[t, i, c] * x[i, c] for i in steps)

    def back(dy: Array) -> Array:
        dx = np.zeros_like(x)
        for t, steps in enumerate(found):
            for i in steps:
                dx[i] += weights[t, i] * dy[t]
        return dx

    return y, back


def max_pool(spec: MaxPool, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    return _sliding(spec, cases, greatest)


def average_pool(spec: AveragePool, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    return _sliding(spec, cases, mean)


def global_max_pool(_spec: GlobalMaxPool, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    return each(cases, lambda x: pool(x, [range(len(x))], greatest))


def global_average_pool(_spec: GlobalAveragePool, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    return each(cases, lambda x: pool(x, [range(len(x))], mean))


def last_step(_spec: LastStep, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    return each(cases, lambda x: pool(x, [range(len(x) - 1, len(x))], mean))


def _sliding(spec: MaxPool | AveragePool, cases: Cases, shares: Shares) -> tuple[Cases, Pullback]:
    stride = spec.stride or spec.size
    return each(cases, lambda x: pool(x, windows(spec.size, stride, spec.padding, len(x)), shares))

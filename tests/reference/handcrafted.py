"""The hand-crafted filters as the authors publish them, slid over the sum of the channels one step after another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.arrays import Array
from model.layers.handcrafted_filters import HandcraftedFilters
from tests.reference.cases import Cases, Pullback, Values, each


def handcrafted_filters(spec: HandcraftedFilters, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    filters = published(spec.lengths)

    def of_case(x: Array) -> tuple[Array, Callable[[Array], Array]]:
        total = x.sum(axis=1)
        places = [
            (t, f, i, weight)
            for f, filter_ in enumerate(filters)
            for t in range(len(x))
            for k, weight in enumerate(filter_)
            if 0 <= (i := t + k - (len(filter_) - 1) // 2) < len(x)
        ]
        y = np.zeros((len(x), len(filters)))
        for t, f, i, weight in places:
            y[t, f] += total[i] * weight

        def back(dy: Array) -> Array:
            d_total = np.zeros(len(x))
            for t, f, i, weight in places:
                d_total[i] += dy[t, f] * weight
            return np.repeat(d_total[:, None], x.shape[1], axis=1)

        return y, back

    return each(cases, of_case)


def published(lengths: tuple[int, ...]) -> list[list[float]]:
    """Signs that alternate from minus one, the same from one, and three parabolas."""
    rising = [[-1.0 if k % 2 == 0 else 1.0 for k in range(length)] for length in lengths]
    falling = [[1.0 if k % 2 == 0 else -1.0 for k in range(length)] for length in lengths]
    return rising + falling + [peak(length) for length in lengths[1:]]


def peak(length: int) -> list[float]:
    quarter = length // 4
    up = [((k + 1) / quarter) ** 2 for k in range(quarter)]
    down = up[::-1]
    return [-v for v in up + down] + [2 * v for v in up + down] + [-v for v in up + down]

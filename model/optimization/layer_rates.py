"""Learning rates of their own for some layers: 0 freezes one, 0.1 lets a trained one follow slowly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.errors import InvalidSpec, told
from model.layers.layer import require_between

if TYPE_CHECKING:
    from model.arrays import Array
    from model.optimizers import Optimizer
    from model.parameters import Layout

MOST = 1e6


@dataclass(frozen=True)
class LayerRates:
    """factors: pairs of a place, such as layers/0 or layers/2/shortcut, and what multiplies the rate of all below it.

    The longest place that fits a parameter's name decides; others keep the rate as it is.
    """

    kind: ClassVar[str] = "layer_rates"
    factors: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        for place, factor in self.factors:
            require_between(f"factors/{place}", factor, 0.0, MOST)

    @classmethod
    def of(cls, factors: Mapping[str, float]) -> LayerRates:
        return cls(tuple(factors.items()))

    def vector(self, layout: Layout) -> Array:
        """(P,) float32: the factor of every parameter; InvalidSpec for a place without any."""
        vector, unused = np.ones(layout.size, np.float32), dict(self.factors)
        for name, where in layout.places.items():
            fitting = [(place, factor) for place, factor in self.factors if f"{name}/".startswith(f"{place}/")]
            for place, _ in fitting:
                unused.pop(place, None)
            if fitting:
                vector[where] = max(fitting, key=lambda pair: len(pair[0]))[1]
        if unused:
            place = next(iter(unused))
            names = ", ".join(dict.fromkeys(name.rpartition("/")[0] for name in layout.places))
            raise InvalidSpec(
                f"no parameter stands at {told(place)}; there are some at {names:.400}", pointer="/factors"
            )
        return vector

    def around(self, optimizer: Optimizer, layout: Layout) -> Optimizer:
        return _Rated(optimizer, self.vector(layout))


class _Rated:
    """Lets the optimizer move everything, then takes back the share that a layer was not to move.

    It scales the movement, not the gradient: an adaptive optimizer would undo a scaled gradient, and decoupled weight
    decay never sees it.
    """

    def __init__(self, optimizer: Optimizer, factors: Array) -> None:
        self._optimizer = optimizer
        self.moments = optimizer.moments
        edges = [0, *(np.flatnonzero(np.diff(factors)) + 1).tolist(), factors.size]
        runs = [(slice(low, high), factors[low]) for low, high in pairwise(edges) if high > low]
        self._runs = [
            (where, factor, np.zeros(where.stop - where.start, np.float32)) for where, factor in runs if factor != 1
        ]

    @property
    def steps(self) -> int:
        return self._optimizer.steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self._optimizer.steps = steps

    def update(self, parameters: Array, gradient: Array, learning_rate: float | None = None) -> None:
        for where, _, before in self._runs:
            np.copyto(before, parameters[where])
        self._optimizer.update(parameters, gradient, learning_rate)
        for where, factor, before in self._runs:
            moved = parameters[where]
            moved -= before
            moved *= factor
            moved += before

"""What the slow truths speak in: a batch is a list of cases, each (L_i, C) float64 of its own length; a vector is one
step.

Padding and masks do not exist here, so a plan that masks must equal a truth that never saw a padded step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from model.arrays import Array

Cases = list[Array]
Gradients = dict[str, Array]
Pullback = Callable[[Cases], tuple[Cases, Gradients]]
"""From the gradient by a layer's outputs to those by its inputs and by its parameters."""


@dataclass(frozen=True)
class Values:
    """A layer's arrays by name; `training` chooses batch statistics and dropout, which draws from `generator`."""

    parameters: Mapping[str, Array]
    state: Mapping[str, Array]
    training: bool
    generator: np.random.Generator

    def at(self, place: str) -> Values:
        """The arrays of the layer at a place, by their own names."""
        return replace(self, parameters=_below(self.parameters, place), state=_below(self.state, place))


def _below(arrays: Mapping[str, Array], place: str) -> dict[str, Array]:
    prefix = f"{place}/"
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def each(cases: Cases, layer: Callable[[Array], tuple[Array, Callable[[Array], Array]]]) -> tuple[Cases, Pullback]:
    """A layer without parameters that treats every case by itself, from its function of one case (L, C)."""
    results = [layer(x) for x in cases]

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        return [back(dy) for (_, back), dy in zip(results, dys, strict=True)], {}

    return [y for y, _ in results], pullback

"""An exponential moving average of the weights (Polyak and Juditsky 1992): often better than the last ones are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.layers.layer import require_between, require_choice

if TYPE_CHECKING:
    from model.arrays import Array
    from model.optimizers import Optimizer
    from model.parameters import Layout

AVERAGE = "average"
"""Its name among the optimizer's moments: what to predict with."""


@dataclass(frozen=True)
class WeightAverage:
    """average = d average + (1 - d) weights, after each step.

    d is `decay`; with `warmup` it is min(decay, (1 + steps) / (10 + steps)), so that the first weights are soon
    forgotten.
    """

    kind: ClassVar[str] = "weight_average"
    decay: float = 0.999
    warmup: bool = True

    def __post_init__(self) -> None:
        require_between("decay", self.decay, 0.0, 1.0)
        require_choice("warmup", self.warmup, (True, False))

    def around(self, optimizer: Optimizer, layout: Layout) -> Optimizer:
        return _Averaged(self, optimizer, layout.size)


class _Averaged:
    def __init__(self, spec: WeightAverage, optimizer: Optimizer, size: int) -> None:
        self._spec, self._optimizer = spec, optimizer
        self._average, self._room = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self.moments = {**optimizer.moments, AVERAGE: self._average}

    @property
    def steps(self) -> int:
        return self._optimizer.steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self._optimizer.steps = steps

    def update(self, parameters: Array, gradient: Array, learning_rate: float | None = None) -> None:
        if not self.steps:
            np.copyto(self._average, parameters)
        self._optimizer.update(parameters, gradient, learning_rate)
        steps = self.steps
        decay = min(self._spec.decay, (1 + steps) / (10 + steps)) if self._spec.warmup else self._spec.decay
        np.subtract(parameters, self._average, out=self._room)
        self._room *= np.float32(1 - decay)
        self._average += self._room

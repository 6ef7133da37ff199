"""Dropout: Srivastava et al. 2014, inverted, so that inference does nothing; `spatial` drops whole channels (Tompson
2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.errors import InvalidSpec
from model.layers.layer import require_between, require_choice

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding, Stage
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Dropout:
    """rate: the share of values that is dropped."""

    kind: ClassVar[str] = "dropout"
    rate: float
    spatial: bool = False

    def __post_init__(self) -> None:
        require_between("rate", self.rate, 0.0, 1.0)
        if self.rate == 1.0:
            raise InvalidSpec("rate is 1.0, which would drop everything; it must be below 1", pointer="/rate")
        require_choice("spatial", self.spatial, (True, False))

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        if not binding.training or self.rate == 0.0:
            return x
        y = binding.in_place(x)
        binding.add(_Dropout(self, x, y, binding), x, y, forgets=(x, y))
        return y


class _Dropout:
    def __init__(self, spec: Dropout, x: Activation, y: Activation, binding: Binding) -> None:
        self.spec, self.x, self.y, self.binding = spec, x, y, binding

    def prepare(self) -> None:
        shape = (self.x.batch, 1 if self.spec.spatial else self.x.length, self.x.channels)
        self.factors = np.zeros(shape, np.float32)

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._drop,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradient,)

    def _drop(self, shard: int) -> None:
        cases, rate = self.binding.shards[shard], self.spec.rate
        factors = self.factors[cases]
        self.binding.generator(shard).random(dtype=np.float32, out=factors)
        np.floor(np.add(factors, np.float32(1 - rate), out=factors), out=factors)
        np.multiply(factors, np.float32(1 / (1 - rate)), out=factors)
        np.multiply(self.x.values.steps[cases], factors, out=self.y.values.steps[cases])

    def _gradient(self, shard: int) -> None:
        if self.y.gradient is not None:
            cases = self.binding.shards[shard]
            dy = self.y.gradient.steps[cases]
            np.multiply(dy, self.factors[cases], out=dy)

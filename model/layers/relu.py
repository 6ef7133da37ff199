"""The rectified linear unit: y = max(x, 0), dx = dy where y > 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.kernels.activation import rectify, rectify_gradient

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding, Stage
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Relu:
    """No options."""

    kind: ClassVar[str] = "relu"

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.in_place(x, retained=x.gradient is not None)
        binding.add(_Relu(x, y, binding), x, y, loose=(x, y))
        return y


class _Relu:
    def __init__(self, x: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.y, self.binding = x, y, binding

    def prepare(self) -> None:
        shape = (self.y.batch, self.y.length, self.y.channels)
        self.zeros = np.zeros((1, *shape[1:]), self.binding.dtype)
        self.positive = np.zeros(shape, np.bool_) if self.y.gradient is not None else None

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._rectify,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradient,)

    def _rectify(self, shard: int) -> None:
        cases = self.binding.shards[shard]
        rectify(self.x.values.steps[cases], self.zeros, self.y.values.steps[cases])

    def _gradient(self, shard: int) -> None:
        if self.y.gradient is not None and self.positive is not None:
            cases = self.binding.shards[shard]
            rectify_gradient(self.y.gradient.steps[cases], self.y.values.steps[cases], self.positive[cases])

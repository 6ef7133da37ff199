"""Flatten: the steps of a case, one after another, channels within a step, as one vector of L * C values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.errors import InvalidSpec
from model.geometry import Shape, require_series

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding, Stage
    from model.parameters import Parameter


@dataclass(frozen=True)
class Flatten:
    """Needs series of one fixed length."""

    kind: ClassVar[str] = "flatten"

    def output(self, shape: Shape) -> Shape:
        require_series(shape, "flatten")
        if shape.length is None:
            raise InvalidSpec("flatten needs series of one fixed length; a global pooling takes any")
        return Shape(shape.channels * shape.length, vector=True)

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.activation(self.output(x.shape), x)
        binding.add(_Flatten(x, y, binding), x, y, forgets=(x, y))
        return y


class _Flatten:
    def __init__(self, x: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.y, self.shards = x, y, binding.shards

    def prepare(self) -> None:
        self.target = self.y.values.steps.reshape(self.x.values.steps.shape)
        dy = self.y.gradient
        self.source = None if dy is None else dy.steps.reshape(self.x.values.steps.shape)

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._copy,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._copy_gradient,)

    def _copy(self, shard: int) -> None:
        cases = self.shards[shard]
        np.copyto(self.target[cases], self.x.values.steps[cases])

    def _copy_gradient(self, shard: int) -> None:
        if self.x.gradient is not None and self.source is not None:
            cases = self.shards[shard]
            np.copyto(self.x.gradient.steps[cases], self.source[cases])

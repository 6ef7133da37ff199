"""A residual block (He et al. 2016): y = body(x) + shortcut(x).

The shortcut is the identity where shapes agree. Where only the channels differ it is a projection: a convolution of
one step and a batch normalization, as in Wang 2017. Any other shortcut is written out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.activations import Activation
from model.errors import InvalidSpec
from model.layers import sequence
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d

if TYPE_CHECKING:
    from model.binding import Binding, Stage
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Residual:
    """The sum of `layers` and `shortcut`, both over the same input."""

    kind: ClassVar[str] = "residual"
    layers: sequence.Layers
    shortcut: sequence.Layers = ()

    @property
    def sequences(self) -> tuple[sequence.Layers, ...]:
        return self.layers, self.shortcut

    def shortcut_for(self, shape: Shape) -> sequence.Layers:
        """The layers beside the body for this input."""
        body = sequence.shapes(self.layers, shape)[-1]
        if self.shortcut or body == shape or body.vector or shape.vector:
            return self.shortcut
        return Conv1d(body.channels, 1, bias=False), BatchNormalization()

    def output(self, shape: Shape) -> Shape:
        body = sequence.shapes(self.layers, shape)[-1]
        beside = sequence.shapes(self.shortcut_for(shape), shape, "shortcut")[-1]
        if body != beside:
            raise InvalidSpec(
                f"the layers turn {shape} into {body}, but the shortcut gives {beside}; both must be the same"
            )
        return body

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        beside = sequence.parameters(self.shortcut_for(shape), shape, "shortcut")
        return sequence.parameters(self.layers, shape) + beside

    def state(self, shape: Shape) -> tuple[Parameter, ...]:
        beside = sequence.state(self.shortcut_for(shape), shape, "shortcut")
        return sequence.state(self.layers, shape) + beside

    def bind(self, x: Activation, binding: Binding) -> Activation:
        x.retained = True
        starts = [fork(x, binding), fork(x, binding)]
        binding.add(Split(x, starts, binding), x, *starts, forgets=(x, *starts))
        beside = sequence.bind(self.shortcut_for(x.shape), starts[1], binding, "shortcut")
        body = sequence.bind(self.layers, starts[0], binding)
        y = binding.activation(body.shape, body, beside, lengths=body.lengths)
        binding.add(_Sum(body, beside, y, binding), body, beside, y, forgets=(body, beside, y))
        return y


def fork(x: Activation, binding: Binding) -> Activation:
    """What one of several readers sees of x: the same values, a gradient of its own."""
    gradient = None if x.gradient is None else binding.storage(x.length, x.channels, of_gradient=True)
    return Activation(x.shape, x.values, gradient, retained=True, lengths=x.lengths)


class Split:
    """Nothing on the way forward; on the way back the readers' gradients are summed."""

    def __init__(self, x: Activation, readers: list[Activation], binding: Binding) -> None:
        self.x, self.readers, self.shards = x, readers, binding.shards

    def prepare(self) -> None:
        self.gradients = [reader.gradient.steps for reader in self.readers if reader.gradient is not None]

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return ()

    def backward(self) -> tuple[Stage, ...]:
        return (self._sum,)

    def _sum(self, shard: int) -> None:
        if self.x.gradient is None:
            return
        cases = self.shards[shard]
        dx, (first, *others) = self.x.gradient.steps[cases], self.gradients
        np.copyto(dx, first[cases])
        for other in others:
            np.add(dx, other[cases], out=dx)


class _Sum:
    def __init__(self, a: Activation, b: Activation, y: Activation, binding: Binding) -> None:
        self.a, self.b, self.y, self.shards = a, b, y, binding.shards

    def prepare(self) -> None:
        pass

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._add,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._copy_gradient,)

    def _add(self, shard: int) -> None:
        cases = self.shards[shard]
        np.add(self.a.values.steps[cases], self.b.values.steps[cases], out=self.y.values.steps[cases])

    def _copy_gradient(self, shard: int) -> None:
        cases = self.shards[shard]
        for reader in (self.a, self.b):
            if reader.gradient is not None and self.y.gradient is not None:
                np.copyto(reader.gradient.steps[cases], self.y.gradient.steps[cases])

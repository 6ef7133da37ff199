"""A layer that the registry does not know, written as a user would write one: y = x * (1 + slope * x) for each channel.

It goes through every law beside the engine's own kinds: whatever has dx and dparameters can be stacked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from model.activations import Activation
from model.binding import Binding, Stage
from model.geometry import Shape
from model.parameters import Parameter
from tests.reference.cases import Cases, Gradients, Pullback, Values


@dataclass(frozen=True)
class Gate:
    kind: ClassVar[str] = "gate"
    scale: float = 1.0

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        return (Parameter("slope", (shape.channels,), "ones"),)

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        x.retained = True
        y = binding.activation(x.shape, x, lengths=x.lengths)
        binding.add(_Gate(self.scale, x, y, binding), x, y)
        return y


class _Gate:
    def __init__(self, scale: float, x: Activation, y: Activation, binding: Binding) -> None:
        self.scale, self.x, self.y, self.shards = scale, x, y, binding.shards
        self.slope = binding.weight("slope")

    def prepare(self) -> None:
        pass

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._gate,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _gate(self, shard: int) -> None:
        cases = self.shards[shard]
        x = self.x.values.steps[cases]
        self.y.values.steps[cases] = x * (1 + self.scale * self.slope.value * x)

    def _gradients(self, shard: int) -> None:
        if self.y.gradient is None:
            return
        cases = self.shards[shard]
        x, dy = self.x.values.steps[cases], self.y.gradient.steps[cases]
        self.slope.gradients[shard][...] = self.scale * (dy * x * x).sum(axis=(0, 1))
        if self.x.gradient is not None:
            self.x.gradient.steps[cases] = dy * (1 + 2 * self.scale * self.slope.value * x)


def gate(spec: Gate, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    slope = spec.scale * values.parameters["slope"]

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        dxs = [dy * (1 + 2 * slope * x) for dy, x in zip(dys, cases, strict=True)]
        return dxs, {"slope": spec.scale * sum((dy * x * x).sum(axis=0) for dy, x in zip(dys, cases, strict=True))}

    return [x * (1 + slope * x) for x in cases], pullback

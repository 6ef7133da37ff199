"""A dense layer: y = x w + b over a vector, or over the channels of each step. It is a convolution of one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from model.geometry import Shape
from model.layers.conv1d import Conv1d
from model.layers.layer import require_choice, require_positive
from model.parameters import INITIALIZERS

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding
    from model.parameters import Parameter


@dataclass(frozen=True)
class Dense:
    """`units` outputs."""

    kind: ClassVar[str] = "dense"
    units: int
    bias: bool = True
    initializer: str = "glorot_uniform"

    def __post_init__(self) -> None:
        require_positive(units=self.units)
        require_choice("bias", self.bias, (True, False))
        require_choice("initializer", self.initializer, tuple(INITIALIZERS))

    @property
    def _convolution(self) -> Conv1d:
        return Conv1d(self.units, 1, padding="valid", bias=self.bias, initializer=self.initializer)

    def output(self, shape: Shape) -> Shape:
        return shape._replace(channels=self.units)

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        return self._convolution.parameters(Shape(shape.channels, 1))

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        vector = x.shape.vector
        x.shape = Shape(x.channels, x.length)
        y = self._convolution.bind(x, binding)
        x.shape = x.shape._replace(vector=vector)
        y.shape = self.output(Shape(self.units, None if vector else y.length, vector))
        return y

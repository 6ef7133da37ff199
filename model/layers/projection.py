"""A projection: a convolution of one step to another number of channels, left out where it would do nothing.

How many channels come in decides, so a recipe need not know them: a residual block's shortcut is the identity where its
body keeps the channels, and an inception module squeezes many channels to few but leaves a single one alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from model.geometry import require_series
from model.layers import sequence
from model.layers.conv1d import Conv1d
from model.layers.layer import require_choice, require_positive
from model.parameters import INITIALIZERS

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Projection:
    """To `out_channels`; unless: "same", as many come in already, or "single", only one comes in."""

    kind: ClassVar[str] = "projection"
    out_channels: int
    unless: Literal["same", "single"] = "same"
    bias: bool = True
    initializer: str = "glorot_uniform"

    def __post_init__(self) -> None:
        require_positive(out_channels=self.out_channels)
        require_choice("unless", self.unless, ("same", "single"))
        require_choice("bias", self.bias, (True, False))
        require_choice("initializer", self.initializer, tuple(INITIALIZERS))

    def layers(self, channels: int) -> sequence.Layers:
        """What this layer stands for where so many channels come in: a convolution, or nothing."""
        if channels == (self.out_channels if self.unless == "same" else 1):
            return ()
        return (Conv1d(self.out_channels, 1, bias=self.bias, initializer=self.initializer),)

    def output(self, shape: Shape) -> Shape:
        require_series(shape, "a projection")
        return sequence.shapes(self.layers(shape.channels), shape)[-1]

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        return sequence.parameters(self.layers(shape.channels), shape)

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        return sequence.bind(self.layers(x.channels), x, binding)

"""A network: layers and parameters as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers import sequence
from model.layers.registry import layer_to_json
from model.parameters import Layout
from model.summary import summary

if TYPE_CHECKING:
    import numpy as np

    from model.arrays import Array
    from model.layers.layer import LayerSpec


@dataclass(frozen=True, eq=False)
class Network:
    """layers over series of `channels`; `length` is None where any length will do.

    parameters: flat (P,) float32, trained by gradients; state: flat (S,) float32, moved by training without one.
    `layout` and `state_layout` name their parts: layers/0/kernel.
    """

    layers: tuple[LayerSpec, ...]
    channels: int
    length: int | None
    parameters: Array
    state: Array

    @classmethod
    def initialize(
        cls,
        layers: tuple[LayerSpec, ...],
        channels: int,
        length: int | None,
        generator: np.random.Generator,
    ) -> Network:
        """A fresh network; `length` is kept only when a layer needs one. InvalidSpec when the layers cannot be
        stacked.
        """
        if length is not None:
            sequence.shapes(layers, Shape(channels, length))
        fixed = length if needs_length(layers, channels) else None
        shape = Shape(channels, fixed)
        layout = Layout.of(sequence.parameters(layers, shape))
        state = Layout.of(sequence.state(layers, shape))
        return cls(layers, channels, fixed, layout.initialize(generator), state.initialize(generator))

    @property
    def shape(self) -> Shape:
        """The shape of an input case."""
        return Shape(self.channels, self.length)

    @cached_property
    def layout(self) -> Layout:
        return Layout.of(sequence.parameters(self.layers, self.shape))

    @cached_property
    def state_layout(self) -> Layout:
        return Layout.of(sequence.state(self.layers, self.shape))

    @property
    def output(self) -> Shape:
        """The shape of an output case."""
        return sequence.shapes(self.layers, self.shape)[-1]

    @property
    def output_width(self) -> int:
        """Values of an output, for one case or step."""
        return self.output.channels

    def with_parameters(self, parameters: Array, state: Array) -> Network:
        """The same layers over other parameters, of the same sizes."""
        if parameters.shape != self.parameters.shape or state.shape != self.state.shape:
            raise InvalidSpec(
                f"the layers need {self.parameters.size} parameters and {self.state.size} statistics, "
                f"but got {parameters.size} and {state.size}"
            )
        return replace(self, parameters=parameters, state=state)

    def to_json(self) -> dict[str, Any]:
        """Layers and input shape; parameters travel beside it."""
        layers = [layer_to_json(layer) for layer in self.layers]
        return {"layers": layers, "channels": self.channels, "length": self.length}

    def summary(self, length: int) -> str:
        """A table of the layers for series of `length` steps: outputs, parameters, what a step sees, multiply-adds."""
        return summary(self, length)


def needs_length(layers: tuple[LayerSpec, ...], channels: int) -> bool:
    """Whether some layer can be built for one length of series only."""
    try:
        sequence.shapes(layers, Shape(channels))
    except InvalidSpec:
        return True
    return False

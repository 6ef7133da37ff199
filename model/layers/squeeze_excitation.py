"""Squeeze and excitation (Hu et al. 2018): each channel is scaled by a gate that sees the means of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.geometry import require_series
from model.kernels.columns import block_rows, block_slices
from model.layers import sequence
from model.layers.dense import Dense
from model.layers.global_pooling import GlobalAveragePool
from model.layers.layer import require_positive
from model.layers.relu import Relu
from model.layers.residual import Split, fork
from model.layers.squashing import Sigmoid

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class SqueezeExcitation:
    """The gate: means over the valid steps, a dense layer to 1/`ratio` of the channels, ReLU, a dense layer back,
    sigmoid.
    """

    kind: ClassVar[str] = "squeeze_excitation"
    ratio: int = 16

    def __post_init__(self) -> None:
        require_positive(ratio=self.ratio)

    def gate(self, channels: int) -> sequence.Layers:
        """The layers from (L, C) to the C factors; never narrower than one."""
        squeezed = max(channels // self.ratio, 1)
        return (
            GlobalAveragePool(),
            Dense(squeezed, initializer="he_normal"),
            Relu(),
            Dense(channels),
            Sigmoid(),
        )

    def output(self, shape: Shape) -> Shape:
        require_series(shape, "squeeze and excitation")
        return shape

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        return sequence.parameters(self.gate(shape.channels), shape, "gate")

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        x.retained = True
        scaled, squeezed = fork(x, binding), fork(x, binding)
        binding.add(Split(x, [scaled, squeezed], binding), x, scaled, squeezed, forgets=(x, scaled, squeezed))
        gate = sequence.bind(self.gate(x.channels), squeezed, binding, "gate")
        y = binding.activation(x.shape, scaled, gate, lengths=x.lengths)
        binding.add(_Scale(scaled, gate, y, binding), scaled, gate, y, forgets=(y,))
        return y


class _Scale:
    """y = x g, dx = dy g, dg = sum of dy x over the steps; x: (N, L, C), g: (N, 1, C)."""

    def __init__(self, x: Activation, gate: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.gate, self.y, self.binding = x, gate, y, binding
        gate.retained = True
        cases = max(shard.stop - shard.start for shard in binding.shards)
        binding.reserve_scratch("columns", block_rows(cases, x.length, x.channels) * x.channels)

    def prepare(self) -> None:
        self.ones = np.ones((1, self.x.length), self.binding.dtype)
        self.part = np.zeros(self.gate.values.steps.shape, self.binding.dtype)
        self.blocks = [list(block_slices(slots, self.x.length, self.x.channels)) for slots in self.binding.shards]

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._scale,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _scale(self, shard: int) -> None:
        cases = self.binding.shards[shard]
        np.multiply(self.x.values.steps[cases], self.gate.values.steps[cases], out=self.y.values.steps[cases])

    def _gradients(self, shard: int) -> None:
        if self.y.gradient is None or self.gate.gradient is None:
            return
        shares = self.binding.shards[shard]
        dy_all, d_gate = self.y.gradient.steps, self.gate.gradient.steps
        d_gate[shares] = 0
        for cases, times in self.blocks[shard]:
            dy, x = dy_all[cases, times], self.x.values.steps[cases, times]
            product = self._room(dy, shard)
            np.multiply(dy, x, out=product)
            np.matmul(self.ones[:, times], product, out=self.part[cases])
            np.add(d_gate[cases], self.part[cases], out=d_gate[cases])
        if self.x.gradient is not None:
            np.multiply(dy_all[shares], self.gate.values.steps[shares], out=self.x.gradient.steps[shares])

    def _room(self, like: Array, shard: int) -> Array:
        return self.binding.scratch("columns", shard, like.size).reshape(like.shape)

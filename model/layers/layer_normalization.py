"""Layer normalization over the channels of each step: Ba, Kiros and Hinton 2016.

y = gain z + shift, with z = (x - mean) / deviation and deviation = sqrt(variance + epsilon), each step by itself
dx = (g - mean(g) - z mean(g z)) / deviation, with g = gain dy
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.kernels.columns import block_rows, block_slices
from model.layers.layer import require_between
from model.layers.mask import bind_mask
from model.parameters import Parameter

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.geometry import Shape


@dataclass(frozen=True)
class LayerNormalization:
    """The same in training and inference, and for every batch and length."""

    kind: ClassVar[str] = "layer_normalization"
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        require_between("epsilon", self.epsilon, 1e-12, 1.0)

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        return Parameter("gain", (shape.channels,), "ones"), Parameter("shift", (shape.channels,))

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.in_place(x, keep_input=binding.training)
        binding.add(_LayerNormalization(self, x, y, binding), x, y, forgets=(x, y) if x.retained else (y,))
        return bind_mask(y, binding)


@dataclass(frozen=True, eq=False)
class _Block:
    """x, z, y and dy, dx: (n, l, C); room of their shape; deviation and means: (n, l, 1)."""

    x: Array
    z: Array
    y: Array
    dy: Array | None
    dx: Array | None
    deviation: Array
    room: Array
    means: Array


class _LayerNormalization:
    """z is kept where x stood, unless somebody reads x later."""

    def __init__(self, spec: LayerNormalization, x: Activation, y: Activation, binding: Binding) -> None:
        self.spec, self.x, self.y, self.binding = spec, x, y, binding
        self.gain, self.shift = binding.weight("gain"), binding.weight("shift")
        self.z = binding.storage(x.length, x.channels) if x.retained else x.values.overwritten()
        cases = max(shard.stop - shard.start for shard in binding.shards)
        self.most_rows = block_rows(cases, x.length, x.channels)
        binding.reserve_scratch("columns", self.most_rows * x.channels)
        binding.reserve_scratch("rows", self.most_rows)

    def prepare(self) -> None:
        length, channels, dtype = self.x.length, self.x.channels, self.binding.dtype
        self.deviation = np.zeros((self.x.batch, length, 1), dtype)
        self.ones = np.ones((channels, 1), dtype)
        self.parts = np.zeros((len(self.binding.shards), channels), dtype)
        self.blocks = [
            [self._block(cases, times, shard) for cases, times in block_slices(slots, length, channels)]
            for shard, slots in enumerate(self.binding.shards)
        ]

    def _block(self, cases: slice, times: slice, shard: int) -> _Block:
        x = self.x.values.steps[cases, times]
        dy = None if self.y.gradient is None else self.y.gradient.steps[cases, times]
        dx = None if self.x.gradient is None else self.x.gradient.steps[cases, times]
        room = self.binding.scratch("columns", shard, x.size).reshape(x.shape)
        means = self.binding.scratch("rows", shard, x.size // x.shape[2]).reshape(*x.shape[:2], 1)
        z, y = self.z.steps[cases, times], self.y.values.steps[cases, times]
        return _Block(x, z, y, dy, dx, self.deviation[cases, times], room, means)

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._normalize,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _normalize(self, shard: int) -> None:
        epsilon = self.binding.dtype(self.spec.epsilon)
        for block in self.blocks[shard]:
            self._means(block.x, block.means)
            np.subtract(block.x, block.means, out=block.z)
            np.square(block.z, out=block.room)
            self._means(block.room, block.deviation)
            np.add(block.deviation, epsilon, out=block.deviation)
            np.sqrt(block.deviation, out=block.deviation)
            np.divide(block.z, block.deviation, out=block.z)
            np.multiply(block.z, self.gain.value, out=block.y)
            np.add(block.y, self.shift.value, out=block.y)

    def _means(self, x: Array, out: Array) -> None:
        """Over the channels of x (n, l, C); a sum first, so that the mean of equal numbers is that number."""
        np.matmul(x, self.ones, out=out)
        np.divide(out, x.dtype.type(self.x.channels), out=out)

    def _gradients(self, shard: int) -> None:
        d_gain, d_shift, part = self.gain.gradients[shard], self.shift.gradients[shard], self.parts[shard]
        d_gain.fill(0)
        d_shift.fill(0)
        for block in self.blocks[shard]:
            if block.dy is None:
                continue
            np.add.reduce(block.dy, axis=(0, 1), out=part)
            np.add(d_shift, part, out=d_shift)
            np.multiply(block.dy, block.z, out=block.room)
            np.add.reduce(block.room, axis=(0, 1), out=part)
            np.add(d_gain, part, out=d_gain)
            if block.dx is not None:
                self._input_gradient(block, block.dy, block.dx)

    def _input_gradient(self, block: _Block, dy: Array, dx: Array) -> None:
        """Room holds dy z on entry; g = gain dy is written over dx, which may be dy itself."""
        np.multiply(block.room, self.gain.value, out=block.room)
        self._means(block.room, block.means)
        np.multiply(block.z, block.means, out=block.room)
        np.multiply(dy, self.gain.value, out=dx)
        self._means(dx, block.means)
        np.subtract(dx, block.means, out=dx)
        np.subtract(dx, block.room, out=dx)
        np.divide(dx, block.deviation, out=dx)

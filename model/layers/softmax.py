"""Softmax over the channels of each step: y_c = exp(x_c) / sum_k exp(x_k), dx = y (dy - sum_k dy_k y_k)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.kernels.columns import block_rows, block_slices
from model.layers.mask import bind_mask

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Softmax:
    """Shares of one, for each step, or for a vector."""

    kind: ClassVar[str] = "softmax"

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.in_place(x, retained=x.gradient is not None)
        binding.add(_Softmax(x, y, binding), x, y, forgets=(x,))
        return bind_mask(y, binding)


class _Softmax:
    def __init__(self, x: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.y, self.binding = x, y, binding
        cases = max(shard.stop - shard.start for shard in binding.shards)
        rows = block_rows(cases, x.length, x.channels)
        binding.reserve_scratch("columns", rows * x.channels)
        binding.reserve_scratch("rows", rows)

    def prepare(self) -> None:
        self.ones = np.ones((self.x.channels, 1), self.binding.dtype)
        self.blocks = [
            [self._block(cases, times, shard) for cases, times in block_slices(slots, self.x.length, self.x.channels)]
            for shard, slots in enumerate(self.binding.shards)
        ]

    def _block(self, cases: slice, times: slice, shard: int) -> tuple[Array, Array, Array | None, Array, Array]:
        """x, y, dy, room of their shape, and room for one number a step."""
        y = self.y.values.steps[cases, times]
        dy = None if self.y.gradient is None else self.y.gradient.steps[cases, times]
        room = self.binding.scratch("columns", shard, y.size).reshape(y.shape)
        totals = self.binding.scratch("rows", shard, y.size // y.shape[2]).reshape(*y.shape[:2], 1)
        return self.x.values.steps[cases, times], y, dy, room, totals

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._shares,)

    def backward(self) -> tuple[Stage, ...]:
        return () if self.x.gradient is None else (self._gradient,)

    def _shares(self, shard: int) -> None:
        for x, y, _, room, totals in self.blocks[shard]:
            np.maximum.reduce(x, axis=2, keepdims=True, out=totals)
            np.subtract(x, totals, out=room)
            np.exp(room, out=room)
            np.matmul(room, self.ones, out=totals)
            np.divide(room, totals, out=y)

    def _gradient(self, shard: int) -> None:
        for _, y, dy, room, totals in self.blocks[shard]:
            if dy is not None:
                np.multiply(dy, y, out=room)
                np.matmul(room, self.ones, out=totals)
                np.subtract(dy, totals, out=dy)
                np.multiply(dy, y, out=dy)

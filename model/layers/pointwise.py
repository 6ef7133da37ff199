"""The bound operation of layers that map each number by itself: in place, a block at a time while it is in cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.kernels.columns import block_rows, block_slices
from model.layers.mask import bind_mask

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.kernels.curves import Rooms

ROOMS = 3


@dataclass(frozen=True, eq=False)
class Curve:
    """y = f(x).

    values(x, y, rooms) writes y; gradient(dy, y, rooms) multiplies dy by the slope, read from y. Where that cannot be,
    gradient is None and values(x, y, rooms, slope) writes the slope too. keeps_zero: f(0) = 0, so padding stays zero.
    """

    values: Callable[..., None]
    gradient: Callable[[Array, Array, Rooms], None] | None = None
    keeps_zero: bool = True


def bind_curve(curve: Curve, x: Activation, binding: Binding) -> Activation:
    """Adds the curve, over x's own storage where it may, and a mask where padding would not stay zero."""
    y = binding.in_place(x, retained=x.gradient is not None and curve.gradient is not None)
    binding.add(_Pointwise(curve, x, y, binding), x, y, forgets=(x, y) if curve.gradient is None else (x,))
    return y if curve.keeps_zero else bind_mask(y, binding)


class _Pointwise:
    def __init__(self, curve: Curve, x: Activation, y: Activation, binding: Binding) -> None:
        self.curve, self.x, self.y, self.binding = curve, x, y, binding
        self.wants_dx = x.gradient is not None
        self.slope = binding.storage(x.length, x.channels) if self.wants_dx and curve.gradient is None else None
        cases, width = max(shard.stop - shard.start for shard in binding.shards), ROOMS * x.channels
        binding.reserve_scratch("columns", block_rows(cases, x.length, width) * width)

    def prepare(self) -> None:
        width = ROOMS * self.x.channels
        self.blocks = [
            [self._block(cases, times, shard) for cases, times in block_slices(slots, self.x.length, width)]
            for shard, slots in enumerate(self.binding.shards)
        ]

    def _block(self, cases: slice, times: slice, shard: int) -> _Block:
        x = self.x.values.steps[cases, times]
        rooms = self.binding.scratch("columns", shard, ROOMS * x.size).reshape(ROOMS, *x.shape)
        dy = self.y.gradient.steps[cases, times] if self.wants_dx and self.y.gradient is not None else None
        slope = None if self.slope is None else self.slope.steps[cases, times]
        return _Block(x, self.y.values.steps[cases, times], dy, slope, (rooms[0], rooms[1], rooms[2]))

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._values,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradient,) if self.wants_dx else ()

    def _values(self, shard: int) -> None:
        for block in self.blocks[shard]:
            kept = () if block.slope is None else (block.slope,)
            self.curve.values(block.x, block.y, block.rooms, *kept)

    def _gradient(self, shard: int) -> None:
        for block in self.blocks[shard]:
            if block.dy is not None and block.slope is not None:
                np.multiply(block.dy, block.slope, out=block.dy)
            elif block.dy is not None and self.curve.gradient is not None:
                self.curve.gradient(block.dy, block.y, block.rooms)


@dataclass(frozen=True, eq=False)
class _Block:
    x: Array
    y: Array
    dy: Array | None
    slope: Array | None
    rooms: Rooms

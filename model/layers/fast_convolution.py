"""The convolution of stride one with fewer multiplications, by tiles and Toom-Cook filtering.

y  = A^T [V U],  V = B^T x, U = G w        three products of one kind, with two small transforms around each
dx : the same with dy and the reversed kernel
dw = G^T [V^T (A dy)]                      the transpose of the first, in w
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.kernels.activation import rectify
from model.layers.tiles import Block, Cut, Tiles

if TYPE_CHECKING:
    from model.activations import Activation, Storage
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.layers.conv1d import Conv1d
    from model.layers.kernel_source import KernelSource

PAYS_ABOVE = 13
"""Channels in and out, C F / (C + F), above which the saved products outweigh the transforms; measured."""

SHORTEST = 3
"""Taps below which there is too little to save."""


def pays(spec: Conv1d, x: Activation, y: Activation, binding: Binding) -> bool:
    """Whether this convolution is quicker by tiles."""
    plain = spec.stride == spec.groups == 1 and spec.kernel >= SHORTEST and spec.bias != "untied"
    wide = x.channels * y.channels >= PAYS_ABOVE * (x.channels + y.channels)
    cut = Cut.of(spec.kernel, spec.dilation, y.length)
    long = y.length >= 2 * cut.step * spec.dilation
    near = spec.widths[0] < spec.reach and cut.reach_right(spec.widths[0], x.length) <= max(y.length // 2, 16)
    return binding.fast and plain and wide and long and near


class FastConvolution:
    """A convolution of a plan, by tiles."""

    def __init__(
        self, spec: Conv1d, x: Activation, y: Activation, binding: Binding, source: KernelSource, *, rectified: bool
    ) -> None:
        self.spec, self.x, self.y, self.binding, self.source = spec, x, y, binding, source
        self.rectified = rectified
        left, kernel, dilation = spec.widths[0], spec.kernel, spec.dilation
        self.ahead = Tiles(x.values, left, y.length, kernel, dilation, binding, y.channels)
        self.back = None
        if y.gradient is not None:
            binding.reserve_scratch("kernel", self.ahead.spectrum.size)
            binding.reserve_scratch("spectrum", self.ahead.spectrum.size)
            if x.gradient is not None:
                before = spec.reach - 1 - left
                self.back = Tiles(y.gradient, before, x.length, kernel, dilation, binding, x.channels)

    def prepare(self) -> None:
        dtype = self.binding.dtype
        self.zeros = np.zeros((1, self.y.length, self.y.channels), dtype) if self.rectified else None
        self.forward_blocks = self._blocks(self.ahead, self.y.values)
        if self.y.gradient is None:
            return
        self.ones = np.ones((1, self.y.length), dtype)
        self.gradient_blocks = self._blocks(self.ahead, self.y.gradient)
        if self.back is not None and self.x.gradient is not None:
            self.back_blocks = self._blocks(self.back, self.x.gradient)

    def _blocks(self, tiles: Tiles, target: Storage) -> list[list[tuple[slice, Block]]]:
        """Each shard's blocks, with their cases."""
        return [
            [(chosen, tiles.block(chosen, times, shard, target)) for chosen, times in tiles.slices(cases)]
            for shard, cases in enumerate(self.binding.shards)
        ]

    def refresh(self) -> None:
        self.source.refresh()
        kernel = self.source.value[0]
        self.ahead.transform_kernel(kernel)
        if self.back is not None:
            self.back.transform_kernel(kernel[::-1].transpose(0, 2, 1))

    def forward(self) -> tuple[Stage, ...]:
        return (self._filter,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _filter(self, shard: int) -> None:
        blocks = self.forward_blocks[shard]
        for index, (cases, block) in enumerate(blocks):
            block.multiply(self.source.bias)
            last = index + 1 == len(blocks) or blocks[index + 1][0] != cases
            if self.zeros is not None and last:
                y = self.y.values.steps[cases]
                rectify(y, self.zeros, y)

    def _gradients(self, shard: int) -> None:
        if self.source.learns:
            self._parameter_gradients(shard)
        if self.back is not None:
            for _, block in self.back_blocks[shard]:
                block.multiply()

    def _parameter_gradients(self, shard: int) -> None:
        shape, size = self.ahead.spectrum.shape, self.ahead.spectrum.size
        total = self.binding.scratch("spectrum", shard, size).reshape(shape)
        partial = self.binding.scratch("kernel", shard, size).reshape(shape)
        for index, (_, block) in enumerate(self.gradient_blocks[shard]):
            rows, dy = block.transform(), block.take_gradient()
            np.matmul(rows.transpose(0, 2, 1), dy, out=partial if index else total)
            if index:
                np.add(total, partial, out=total)
        self._kernel_gradient(total, shard)
        bias = self.source.bias_gradient(shard)
        if bias is not None and self.y.gradient is not None:
            sums = np.matmul(self.ones, self.y.gradient.steps[self.binding.shards[shard]])
            np.add.reduce(sums, axis=(0, 1), out=bias)
        self.source.finish(shard)

    def _kernel_gradient(self, total: Array, shard: int) -> None:
        """Writes dw = G^T dU, piece by piece."""
        taps, channels = self.ahead.cut.taps, self.x.channels
        dw = self.source.kernel_gradient(shard)[0]
        for piece in range(self.ahead.cut.pieces):
            target = dw[piece * taps : (piece + 1) * taps]
            part = total[:, piece * channels : (piece + 1) * channels].reshape(total.shape[0], -1)
            weights = self.ahead.to_kernel[:, : target.shape[0]].T
            np.matmul(weights, part, out=target.reshape(target.shape[0], -1))

"""The convolution of stride one with fewer multiplications, by tiles and Toom-Cook filtering.

y  = A^T [V U],  V = B^T x, U = G w        three products of one kind, with two small transforms around each
dx : the same with dy and the reversed kernel
dw = G^T [V^T (A dy)]                      the transpose of the first, in w
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.kernels.activation import rectify
from model.layers.tiles import STEP, Block, Tiles

if TYPE_CHECKING:
    from model.activations import Activation, Storage
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.layers.conv1d import Conv1d
    from model.layers.kernel_source import KernelSource

PAYS_ABOVE = 13
"""Channels in and out, C F / (C + F), above which the saved products outweigh the transforms; measured."""


def pays(spec: Conv1d, x: Activation, y: Activation, binding: Binding) -> bool:
    """Whether this convolution is quicker by tiles."""
    plain = spec.stride == spec.dilation == spec.groups == 1 and spec.kernel > 2 and spec.bias != "untied"  # noqa: PLR2004
    wide = x.channels * y.channels >= PAYS_ABOVE * (x.channels + y.channels)
    left = spec.widths[0]
    return binding.fast and plain and wide and y.length >= 2 * STEP and left < spec.kernel <= y.length + STEP


class FastConvolution:
    """A convolution of a plan, by tiles."""

    def __init__(
        self, spec: Conv1d, x: Activation, y: Activation, binding: Binding, source: KernelSource, *, rectified: bool
    ) -> None:
        self.spec, self.x, self.y, self.binding, self.source = spec, x, y, binding, source
        self.rectified = rectified
        left, kernel = spec.widths[0], spec.kernel
        self.ahead = Tiles(x.values, left, y.length, kernel, binding, y.channels)
        self.back = None
        if y.gradient is not None:
            y.gradient.reserve(0, self.ahead.count * STEP - y.length)
            binding.reserve_scratch("kernel", self.ahead.spectrum.size)
            binding.reserve_scratch("bias", y.channels)
            if x.gradient is not None:
                self.back = Tiles(y.gradient, kernel - 1 - left, x.length, kernel, binding, x.channels)
        self.spectrum_gradients: list[Array] = []

    def prepare(self) -> None:
        shards, dtype = self.binding.shards, self.binding.dtype
        self.zeros = np.zeros((1, 1, STEP, self.y.channels), dtype)
        self.forward_blocks = self._blocks(self.ahead, self.y.values)
        if self.y.gradient is None:
            return
        self.ones = np.ones(STEP * self.ahead.rows, dtype)
        self.gradient_blocks = [
            [(block, *self._dy_tiles(block, shard)) for block, _ in blocks]
            for shard, blocks in enumerate(self.forward_blocks)
        ]
        self.spectrum_gradients = [np.zeros_like(self.ahead.spectrum) for _ in shards]
        if self.back is not None and self.x.gradient is not None:
            self.reversed = np.zeros((self.spec.kernel, self.y.channels, self.x.channels), dtype)
            self.back_blocks = self._blocks(self.back, self.x.gradient)

    def _blocks(self, tiles: Tiles, target: Storage) -> list[list[tuple[Block, list[tuple[Array, Array]]]]]:
        """Per shard, each block with the pairs of (where, what) that finish it."""
        shards = []
        for shard, cases in enumerate(self.binding.shards):
            blocks = [tiles.block(chosen, times, shard) for chosen, times in tiles.slices(cases)]
            shards.append(
                [
                    (block, [(out, block.spread[index]) for out, index in block.pieces_of(target.steps)])
                    for block in blocks
                ]
            )
        return shards

    def _dy_tiles(self, block: Block, shard: int) -> tuple[Array, Array]:
        """Gives dy of a block's tiles as (m, cases, tiles, F), and scratch of that shape; steps behind the end are
        zero.
        """
        if self.y.gradient is None:
            raise RuntimeError("a gradient is missing")
        windows = self.y.gradient.windows(0, STEP, STEP, 1, self.ahead.count)
        source = windows[block.cases, block.times].transpose(2, 0, 1, 3)
        return source, self.binding.scratch("rows", shard, source.size).reshape(source.shape)

    def refresh(self) -> None:
        self.source.refresh()
        kernel = self.source.value[0]
        self.ahead.transform_kernel(kernel)
        if self.back is not None:
            np.copyto(self.reversed, kernel[::-1].transpose(0, 2, 1))
            self.back.transform_kernel(self.reversed)

    def forward(self) -> tuple[Stage, ...]:
        return (self._filter,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _filter(self, shard: int) -> None:
        bias = self.source.bias
        for block, finishes in self.forward_blocks[shard]:
            block.multiply()
            for out, spread in finishes:
                if bias is None:
                    np.copyto(out, spread)
                else:
                    np.add(spread, bias, out=out)
                if self.rectified:
                    rectify(out, self.zeros[:, :, : out.shape[2]], out)

    def _gradients(self, shard: int) -> None:
        self._parameter_gradients(shard)
        if self.back is not None:
            for block, finishes in self.back_blocks[shard]:
                block.multiply()
                for out, spread in finishes:
                    np.copyto(out, spread)

    def _parameter_gradients(self, shard: int) -> None:
        tiles, total = self.ahead, self.spectrum_gradients[shard]
        partial = self.binding.scratch("kernel", shard, total.size).reshape(total.shape)
        bias = self.source.bias_gradient(shard)
        if bias is not None:
            bias.fill(0)
        for index, (block, source, dy) in enumerate(self.gradient_blocks[shard]):
            rows = block.transform()
            np.copyto(dy, source)
            if bias is not None:
                flat = dy.reshape(-1, dy.shape[3])
                part = self.binding.scratch("bias", shard, bias.size)
                np.matmul(self.ones[: flat.shape[0]], flat, out=part)
                np.add(bias, part, out=bias)
            points = tiles.cut.points
            np.matmul(tiles.to_outputs.T, dy.reshape(STEP, -1), out=block.products.reshape(points, -1))
            np.matmul(rows.transpose(0, 2, 1), block.products, out=partial if index else total)
            if index:
                np.add(total, partial, out=total)
        self._kernel_gradient(total, shard)
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

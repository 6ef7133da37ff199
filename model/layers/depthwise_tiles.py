"""The depthwise convolution by tiles: every channel's transform times its own spectrum, number by number.

y  = A^T [sum over pieces of V * U],  V = B^T x, U = G w
dx : the same with dy and the reversed kernel
dw = G^T [sum over tiles of V * (A dy)]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.kernels.activation import rectify
from model.kernels.cut import Cut
from model.layers.depthwise import is_depthwise
from model.layers.fast_convolution import fits
from model.layers.tiles import Tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.activations import Activation, Storage
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.layers.conv1d import Conv1d
    from model.layers.kernel_source import KernelSource
    from model.layers.tiles import Block, Part

BUDGET = 64 * 1024
"""Numbers in a block's transforms; with products and scratch as large they stay in the second-level cache."""

REPEATED = 160 * 1024
"""Numbers of a spectrum, repeated for tiles side by side so that whole runs meet whole runs."""

SHORTEST = 12
"""Taps below which products tap by tap are as quick; measured."""


def pays(spec: Conv1d, x: Activation, y: Activation, binding: Binding) -> bool:
    """Whether this is a depthwise convolution, and quicker by tiles."""
    return binding.fast and spec.kernel >= SHORTEST and is_depthwise(spec, x, y) and fits(spec, x, y)


class DepthwiseByTiles:
    """A depthwise convolution of a plan."""

    def __init__(
        self, spec: Conv1d, x: Activation, y: Activation, binding: Binding, source: KernelSource, *, rectified: bool
    ) -> None:
        self.spec, self.x, self.y, self.binding, self.source = spec, x, y, binding, source
        self.rectified = rectified
        left = spec.widths[0]
        self.ahead = self._tiles(x.values, left, y.length)
        self.back = None
        if y.gradient is not None and x.gradient is not None:
            self.back = self._tiles(y.gradient, spec.reach - 1 - left, x.length)

    def _tiles(self, source: Storage, left: int, length: int) -> Tiles:
        cut = Cut.of(self.spec.kernel, self.spec.dilation, length)
        tiles = Tiles(source, left, cut, self.binding, source.channels)
        parts = list(_parts(tiles, slice(0, self.binding.workshop.batch)))
        tiles.reserve(parts)
        self.binding.reserve_scratch("rows", self.binding.workshop.scratch_sizes["products"])
        return tiles

    def prepare(self) -> None:
        dtype = self.binding.dtype
        self.zeros = np.zeros((1, self.y.length, self.y.channels), dtype) if self.rectified else None
        self.spectrum = _repeated(self.ahead, dtype)
        self.forward_blocks = self._blocks(self.ahead, self.y.values)
        if self.y.gradient is None:
            return
        self.ones = np.ones((1, max(self.y.length, BUDGET)), dtype)
        self.gradient_blocks = self._blocks(self.ahead, self.y.gradient)
        if self.back is not None and self.x.gradient is not None:
            self.back_spectrum = _repeated(self.back, dtype)
            self.back_blocks = self._blocks(self.back, self.x.gradient)

    def _blocks(self, tiles: Tiles, target: Storage) -> list[list[tuple[Block, Array]]]:
        """Each shard's, with scratch of the shape of their products."""
        shards = []
        for shard, cases in enumerate(self.binding.shards):
            blocks = [tiles.block(part, shard, target) for part in _parts(tiles, cases)]
            room = self.binding.scratch("rows", shard, self.binding.workshop.scratch_sizes["rows"])
            shards.append([(block, room[: block.products.size].reshape(block.products.shape)) for block in blocks])
        return shards

    def refresh(self) -> None:
        self.source.refresh()
        kernel = self.source.value.reshape(-1, self.spec.kernel).T
        _transform(self.ahead, kernel, self.spectrum)
        if self.back is not None:
            _transform(self.back, kernel[::-1], self.back_spectrum)

    def forward(self) -> tuple[Stage, ...]:
        return (self._filter,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _filter(self, shard: int) -> None:
        for block, room in self.forward_blocks[shard]:
            _multiply(block, room, self.spectrum)
            block.finish(self.source.bias)
            if self.zeros is not None:
                y = block.outputs
                rectify(y, self.zeros[:, : y.shape[1]], y)

    def _gradients(self, shard: int) -> None:
        if self.source.learns:
            self._parameter_gradients(shard)
        if self.back is not None:
            for block, room in self.back_blocks[shard]:
                _multiply(block, room, self.back_spectrum)
                block.finish(None)

    def _parameter_gradients(self, shard: int) -> None:
        cut, channels = self.ahead.cut, self.x.channels
        total = np.zeros((cut.points, cut.pieces, 1, cut.dilation * channels), self.binding.dtype)
        for block, room in self.gradient_blocks[shard]:
            block.transform()
            block.take_gradient()
            products = room.reshape(cut.points, -1, room.shape[3])
            ones = self.ones[:, : products.shape[1]]
            for piece in range(cut.pieces):
                np.multiply(_under(block, piece), block.products, out=room)
                total[:, piece] += np.matmul(ones, products)
        by_channel = np.add.reduce(total.reshape(cut.points, cut.pieces, cut.dilation, channels), axis=2)
        dw = np.empty((self.spec.kernel, channels), self.binding.dtype)
        self.ahead.kernel_gradient(by_channel, dw)
        np.copyto(self.source.kernel_gradient(shard).reshape(channels, -1), dw.T)
        bias = self.source.bias_gradient(shard)
        if bias is not None and self.y.gradient is not None:
            sums = np.matmul(self.ones[:, : self.y.length], self.y.gradient.steps[self.binding.shards[shard]])
            np.add.reduce(sums, axis=(0, 1), out=bias)
        self.source.finish(shard)


def _span(tiles: Tiles) -> int:
    """Tiles side by side that share a repeated spectrum."""
    cut = tiles.cut
    most = max(1, REPEATED // (cut.points * cut.pieces * cut.dilation * tiles.outputs))
    return -(-cut.count // -(-cut.count // most))


def _parts(tiles: Tiles, cases: slice) -> Iterator[Part]:
    """As many tiles side by side as the repeated spectrum has, of as many cases as the budget allows."""
    cut, span = tiles.cut, _span(tiles)
    step = max(1, BUDGET // (cut.points * cut.dilation * tiles.outputs * (span + cut.pieces - 1)))
    for start in range(0, cut.count, span):
        for case in range(cases.start, cases.stop, step):
            yield slice(case, min(case + step, cases.stop)), slice(start, min(start + span, cut.count))


def _repeated(tiles: Tiles, dtype: type) -> Array:
    """Room for a spectrum (pieces, n, 1, tiles, d C)."""
    cut = tiles.cut
    return np.zeros((cut.pieces, cut.points, 1, _span(tiles), cut.dilation * tiles.outputs), dtype)


def _transform(tiles: Tiles, kernel: Array, spectrum: Array) -> None:
    """Writes the repeated spectrum of a kernel (K, C)."""
    cut, channels = tiles.cut, tiles.outputs
    once = np.empty((cut.points, cut.pieces, channels), kernel.dtype)
    tiles.transform_kernel(kernel, once)
    by_phase = spectrum.reshape(cut.pieces, cut.points, -1, channels)
    np.copyto(by_phase, once.transpose(1, 0, 2)[:, :, None])


def _under(block: Block, piece: int) -> Array:
    """The transforms that a piece of the kernel meets: (n, cases, tiles, d C)."""
    under: Array = block.transforms[:, :, piece : piece + block.products.shape[2]]
    return under


def _multiply(block: Block, room: Array, spectrum: Array) -> None:
    """Writes the products: transforms times spectrum, summed over the pieces."""
    block.transform()
    products = block.products
    for piece, weights in enumerate(spectrum[:, :, :, : products.shape[2]]):
        np.multiply(_under(block, piece), weights, out=room if piece else products)
        if piece:
            np.add(products, room, out=products)

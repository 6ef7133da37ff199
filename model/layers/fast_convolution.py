"""The convolution of stride one with fewer multiplications, by tiles and Toom-Cook filtering.

y  = A^T [V U],  V = B^T x, U = G w        three products of one kind, with two small transforms around each
dx : the same with dy and the reversed kernel
dw = G^T [V^T (A dy)]                      the transpose of the first, in w
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import as_strided

from model.kernels.activation import rectify
from model.kernels.cut import Cut
from model.layers.tiles import Tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.activations import Activation, Storage
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.layers.conv1d import Conv1d
    from model.layers.kernel_source import KernelSource
    from model.layers.tiles import Block, Part

BUDGET = 320 * 1024
"""Numbers in a block's transforms and products: they stay in the second-level cache."""

PAYS_ABOVE = 13
"""Channels in and out, C F / (C + F), above which the saved products outweigh the transforms; measured."""

SHORTEST = 3
"""Taps below which there is too little to save."""

SAVED = 0.6
"""The share of the direct products above which too few are saved: the series is too short for whole tiles."""


def pays(spec: Conv1d, x: Activation, y: Activation, binding: Binding) -> bool:
    """Whether this convolution is quicker by tiles."""
    plain = spec.stride == spec.groups == 1 and spec.kernel >= SHORTEST and spec.bias != "untied"
    wide = x.channels * y.channels >= PAYS_ABOVE * (x.channels + y.channels)
    return binding.fast and plain and wide and fits(spec, x, y)


def fits(spec: Conv1d, x: Activation, y: Activation) -> bool:
    """Whether enough products are saved, with zeros around the series that are few enough to be stored."""
    cut, left = Cut.of(spec.kernel, spec.dilation, y.length), spec.widths[0]
    near = left < spec.reach and cut.reach_right(left, x.length) <= max(y.length // 2, 16)
    return near and cut.products <= SAVED * spec.kernel * y.length


class FastConvolution:
    """A convolution of a plan, by tiles. Its spectrum is kept where weights stay, and made anew in scratch where they
    learn.
    """

    def __init__(
        self, spec: Conv1d, x: Activation, y: Activation, binding: Binding, source: KernelSource, *, rectified: bool
    ) -> None:
        self.spec, self.x, self.y, self.binding, self.source = spec, x, y, binding, source
        self.rectified = rectified
        left = spec.widths[0]
        cut = Cut.of(spec.kernel, spec.dilation, y.length)
        self.ahead = Tiles(x.values, left, cut, binding, y.channels)
        self.learning = y.gradient is not None
        self.shape = cut.points, cut.pieces * x.channels, y.channels
        self.spectrum = None if self.learning else np.zeros(self.shape, binding.dtype)
        self._reserve(self.ahead)
        self.back = None
        if self.learning:
            binding.reserve_scratch("kernel", math.prod(self.shape))
            binding.reserve_scratch("spectrum", math.prod(self.shape))
        if y.gradient is not None and x.gradient is not None:
            cut = Cut.of(spec.kernel, spec.dilation, x.length)
            self.back = Tiles(y.gradient, spec.reach - 1 - left, cut, binding, x.channels)
            self.back_shape = cut.points, cut.pieces * y.channels, x.channels
            binding.reserve_scratch("spectrum", math.prod(self.back_shape))
            self._reserve(self.back)

    def _reserve(self, tiles: Tiles) -> None:
        cut, parts = tiles.cut, list(_parts(tiles, slice(0, self.binding.workshop.batch)))
        tiles.reserve(parts)
        if cut.pieces > 1:
            rows = max((cases.stop - cases.start) * (times.stop - times.start) for cases, times in parts)
            width = cut.points * cut.dilation * cut.pieces * tiles.source.channels
            self.binding.reserve_scratch("columns", rows * width)

    def prepare(self) -> None:
        self.zeros = np.zeros((1, self.y.length, self.y.channels), self.binding.dtype) if self.rectified else None
        self.forward_blocks = self._blocks(self.ahead, self.y.values)
        if self.y.gradient is None:
            return
        self.ones = np.ones((1, self.y.length), self.binding.dtype)
        self.gradient_blocks = self._blocks(self.ahead, self.y.gradient)
        if self.back is not None and self.x.gradient is not None:
            self.back_blocks = self._blocks(self.back, self.x.gradient)

    def _blocks(self, tiles: Tiles, target: Storage) -> list[list[_Rows]]:
        """Each shard's."""
        return [
            [_Rows.of(tiles.block(part, shard, target), self.binding, shard) for part in _parts(tiles, cases)]
            for shard, cases in enumerate(self.binding.shards)
        ]

    def refresh(self) -> None:
        self.source.refresh()
        if self.spectrum is not None:
            self.ahead.transform_kernel(self.source.value[0], self.spectrum)

    def _room(self, name: str, shape: tuple[int, ...], shard: int) -> Array:
        return self.binding.scratch(name, shard, math.prod(shape)).reshape(shape)

    def forward(self) -> tuple[Stage, ...]:
        return (self._filter,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _filter(self, shard: int) -> None:
        spectrum = self.spectrum
        if spectrum is None:
            spectrum = self._room("spectrum", self.shape, shard)
            self.ahead.transform_kernel(self.source.value[0], spectrum)
        for rows in self.forward_blocks[shard]:
            rows.multiply(spectrum, self.source.bias)
            if self.zeros is not None:
                y = rows.block.outputs
                rectify(y, self.zeros[:, : y.shape[1]], y)

    def _gradients(self, shard: int) -> None:
        if self.source.learns:
            self._parameter_gradients(shard)
        if self.back is not None:
            spectrum = self._room("spectrum", self.back_shape, shard)
            self.back.transform_kernel(self.source.value[0, ::-1].transpose(0, 2, 1), spectrum)
            for rows in self.back_blocks[shard]:
                rows.multiply(spectrum)

    def _parameter_gradients(self, shard: int) -> None:
        total, partial = (self._room(name, self.shape, shard) for name in ("spectrum", "kernel"))
        for index, rows in enumerate(self.gradient_blocks[shard]):
            rows.block.take_gradient()
            np.matmul(rows.transform().transpose(0, 2, 1), rows.products, out=partial if index else total)
            if index:
                np.add(total, partial, out=total)
        self.ahead.kernel_gradient(total, self.source.kernel_gradient(shard)[0])
        bias = self.source.bias_gradient(shard)
        if bias is not None and self.y.gradient is not None:
            sums = np.matmul(self.ones, self.y.gradient.steps[self.binding.shards[shard]])
            np.add.reduce(sums, axis=(0, 1), out=bias)
        self.source.finish(shard)


def _parts(tiles: Tiles, cases: slice) -> Iterator[Part]:
    """Blocks of whole cases, or of some tiles of one case's phases, that keep to the budget."""
    cut = tiles.cut
    width = cut.points * cut.dilation * (tiles.source.channels * cut.pieces + tiles.outputs)
    fit = max(1, BUDGET // width)
    if cut.count <= fit:
        step = fit // cut.count
        for start in range(cases.start, cases.stop, step):
            yield slice(start, min(start + step, cases.stop)), slice(0, cut.count)
        return
    step = -(-cut.count // -(-cut.count // fit))
    for case in range(cases.start, cases.stop):
        for start in range(0, cut.count, step):
            yield slice(case, case + 1), slice(start, min(start + step, cut.count))


@dataclass(frozen=True, eq=False)
class _Rows:
    """A block as a product of matrices. rows: (n, tiles, pieces * C), joined from transforms that several pieces share;
    products: (n, tiles, F).
    """

    block: Block
    shared: Array
    rows: Array
    products: Array

    @classmethod
    def of(cls, block: Block, binding: Binding, shard: int) -> _Rows:
        cut, channels, outputs = block.of.cut, block.of.source.channels, block.of.outputs
        products = block.products.reshape(cut.points, -1, outputs)
        if cut.pieces == 1:
            rows = block.transforms.reshape(cut.points, -1, channels)
            return cls(block, rows, rows, products)
        points, count, tile, item = block.transforms.strides
        shape = (*block.products.shape[:3], cut.dilation, cut.pieces, channels)
        shared = as_strided(block.transforms, shape, (points, count, tile, channels * item, tile, item))
        rows = binding.scratch("columns", shard, shared.size).reshape(shape)
        return cls(block, shared, rows, products)

    def transform(self) -> Array:
        """The rows, filled."""
        self.block.transform()
        if self.shared is not self.rows:
            np.copyto(self.rows, self.shared)
        return self.rows.reshape(self.products.shape[0], self.products.shape[1], -1)

    def multiply(self, spectrum: Array, bias: Array | None = None) -> None:
        """Writes the block's outputs; spectrum: (n, pieces * C, F)."""
        np.matmul(self.transform(), spectrum, out=self.products)
        self.block.finish(bias)

"""The convolution of stride one with fewer multiplications: tiles, transformed by Toom-Cook filtering.

A tile is n steps, m = 4 apart; its transform is n rows of C channels. A kernel longer than five taps is cut into pieces of
four: the piece p of tile j meets the transform of tile j + p, so every tile is transformed once, whatever the kernel's length,
and the pieces become one longer row of the product, as taps do in a direct convolution.

    y  = A^T [V U],  V = B^T x, U = G w        three products of one kind, with two small transforms around each
    dx : the same with dy and the reversed kernel
    dw = G^T [V^T (A dy)]                      the transpose of the first, in w
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import as_strided

from model.kernels.activation import rectify
from model.kernels.columns import Sliding
from model.kernels.toom_cook import filtering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.activations import Activation, Storage
    from model.arrays import Array, Floating
    from model.binding import Binding, Stage
    from model.layers.conv1d import Conv1d
    from model.layers.kernel_source import KernelSource

STEP = 4
"""Outputs of a tile, m."""

BUDGET = 320 * 1024
"""Numbers in a block's transforms and products: they stay in the second-level cache."""

PAYS_ABOVE = 13
"""Channels in and out, C F / (C + F), above which the saved products outweigh the transforms; measured."""


def pays(spec: Conv1d, x: Activation, y: Activation, binding: Binding) -> bool:
    """Whether this convolution is quicker by tiles."""
    plain = spec.stride == spec.dilation == spec.groups == 1 and spec.kernel > 2 and spec.bias != "untied"  # noqa: PLR2004
    wide = x.channels * y.channels >= PAYS_ABOVE * (x.channels + y.channels)
    left = spec.widths[0]
    return binding.fast and plain and wide and y.length >= 2 * STEP and left < spec.kernel <= y.length + STEP


@dataclass(frozen=True)
class Cut:
    """How a kernel is cut: `pieces` of `taps`, over tiles of `points` steps."""

    taps: int
    pieces: int

    @classmethod
    def of(cls, kernel: int) -> Cut:
        return cls(kernel, 1) if kernel <= STEP + 1 else cls(STEP, -(-kernel // STEP))

    @property
    def points(self) -> int:
        return STEP + self.taps - 1


class _Tiles:
    """One product by tiles: from a storage's windows to (cases, L, F) written through `finish`."""

    def __init__(self, source: Storage, left: int, length: int, kernel: int, binding: Binding, outputs: int) -> None:
        self.source, self.binding, self.outputs, self.length = source, binding, outputs, length
        self.cut = Cut.of(kernel)
        self.count = -(-length // STEP)
        self.tiles = Sliding(left, self.cut.points, STEP, 1, self.count + self.cut.pieces - 1)
        source.reserve(left, self.tiles.reach_right(source.length))
        width = self.cut.points * (source.channels * self.cut.pieces + outputs)
        self.rows = max(1, BUDGET // width)
        dtype = binding.dtype
        transforms = filtering(STEP, self.cut.taps)
        self.to_outputs = transforms.to_outputs.astype(dtype)
        self.to_kernel = transforms.to_kernel.astype(dtype)
        self.to_tile = transforms.to_tile.astype(dtype)
        self.spectrum = np.zeros((self.cut.points, self.cut.pieces * source.channels, outputs), dtype)
        self._reserve()

    def _reserve(self) -> None:
        points, pieces, channels = self.cut.points, self.cut.pieces, self.source.channels
        most = max(self._sizes(slice(0, self.binding.workshop.batch)))
        self.binding.reserve_scratch("columns", points * most[0] * channels)
        self.binding.reserve_scratch("transforms", points * most[0] * channels)
        if pieces > 1:
            self.binding.reserve_scratch("columns", points * most[1] * pieces * channels)
        self.binding.reserve_scratch("products", points * most[1] * self.outputs)
        self.binding.reserve_scratch("rows", STEP * most[1] * self.outputs)

    def _sizes(self, cases: slice) -> list[tuple[int, int]]:
        """Tiles read and tiles written of each block."""
        extra = self.cut.pieces - 1
        return [
            (
                (chosen.stop - chosen.start) * (times.stop - times.start + extra),
                (chosen.stop - chosen.start) * (times.stop - times.start),
            )
            for chosen, times in self.slices(cases)
        ]

    def slices(self, cases: slice) -> Iterator[tuple[slice, slice]]:
        """Blocks of whole cases, or parts of one, of at most `rows` tiles."""
        if self.count <= self.rows:
            step = self.rows // self.count
            for start in range(cases.start, cases.stop, step):
                yield slice(start, min(start + step, cases.stop)), slice(0, self.count)
            return
        step = -(-self.count // -(-self.count // self.rows))
        for case in range(cases.start, cases.stop):
            for start in range(0, self.count, step):
                yield slice(case, case + 1), slice(start, min(start + step, self.count))

    def transform_kernel(self, kernel: Array) -> None:
        """spectrum = G w, piece by piece; kernel: (K, C, F)."""
        taps, channels = self.cut.taps, self.source.channels
        for piece in range(self.cut.pieces):
            part = kernel[piece * taps : (piece + 1) * taps]
            target = self.spectrum[:, piece * channels : (piece + 1) * channels]
            weights = self.to_kernel[:, : part.shape[0]] @ part.reshape(part.shape[0], -1)
            np.copyto(target, weights.reshape(target.shape))

    def block(self, cases: slice, times: slice, shard: int) -> _Block:
        """A block's views, from the windows to the rows of outputs."""
        points, pieces, channels = self.cut.points, self.cut.pieces, self.source.channels
        count, span = cases.stop - cases.start, times.stop - times.start
        read = span + pieces - 1
        tiles = self.tiles
        windows = self.source.windows(tiles.left, points, STEP, 1, tiles.count)
        windows = windows[cases, times.start : times.start + read].transpose(2, 0, 1, 3)
        scratch = self.binding.scratch
        gathered = scratch("columns", shard, windows.size).reshape(windows.shape)
        transforms = scratch("transforms", shard, windows.size).reshape(windows.shape)
        rows = transforms.reshape(points, -1, channels)
        overlapping = joined = None
        if pieces > 1:
            shape = (points, count, span, pieces * channels)
            overlapping = as_strided(transforms, shape, transforms.strides)
            joined = scratch("columns", shard, points * count * span * pieces * channels).reshape(shape)
            rows = joined.reshape(points, count * span, pieces * channels)
        products = scratch("products", shard, points * count * span * self.outputs).reshape(points, -1, self.outputs)
        results = scratch("rows", shard, STEP * count * span * self.outputs).reshape(STEP, -1)
        spread = results.reshape(STEP, count, span, self.outputs).transpose(1, 2, 0, 3)
        return _Block(
            self, cases, times, windows, gathered, transforms, overlapping, joined, rows, products, results, spread
        )


@dataclass(frozen=True, eq=False)
class _Block:
    """Views of one block: windows -> gathered -> transforms (-> joined) = rows -> products -> results, as spread."""

    of: _Tiles
    cases: slice
    times: slice
    windows: Array
    gathered: Array
    transforms: Array
    overlapping: Array | None
    joined: Array | None
    rows: Array
    products: Array
    results: Array
    spread: Array

    def transform(self) -> Array:
        """rows: (n, tiles, pieces * C), the transformed tiles."""
        np.copyto(self.gathered, self.windows)
        points = self.of.cut.points
        np.matmul(self.of.to_tile, self.gathered.reshape(points, -1), out=self.transforms.reshape(points, -1))
        if self.joined is not None and self.overlapping is not None:
            np.copyto(self.joined, self.overlapping)
        return self.rows

    def multiply(self) -> Array:
        """spread: (cases, tiles, m, F), the outputs of this block."""
        np.matmul(self.transform(), self.of.spectrum, out=self.products)
        np.matmul(self.of.to_outputs, self.products.reshape(self.of.cut.points, -1), out=self.results)
        return self.spread

    def pieces_of(self, target: Array) -> list[tuple[Array, tuple[slice, ...]]]:
        """Where outputs go in target (N, L, F): whole tiles, and what is left of the last; each with its part of spread."""
        length, (low, high) = self.of.length, (self.times.start, self.times.stop)
        whole = min(high, length // STEP)
        found: list[tuple[Array, tuple[slice, ...]]] = []
        if whole > low:
            full = target[self.cases, low * STEP : whole * STEP]
            shape = (full.shape[0], whole - low, STEP, full.shape[2])
            case, row, item = full.strides
            found.append((as_strided(full, shape, (case, STEP * row, row, item)), (slice(None), slice(0, whole - low))))
        if whole < high:
            tail = target[self.cases, whole * STEP : length]
            index = (slice(None), slice(whole - low, whole - low + 1), slice(0, tail.shape[1]))
            found.append((tail[:, None], index))
        return found


class FastConvolution:
    """A convolution of a plan, by tiles."""

    def __init__(
        self, spec: Conv1d, x: Activation, y: Activation, binding: Binding, source: KernelSource, *, rectified: bool
    ) -> None:
        self.spec, self.x, self.y, self.binding, self.source = spec, x, y, binding, source
        self.rectified = rectified
        left, kernel = spec.widths[0], spec.kernel
        self.ahead = _Tiles(x.values, left, y.length, kernel, binding, y.channels)
        self.back = None
        if y.gradient is not None:
            y.gradient.reserve(0, self.ahead.count * STEP - y.length)
            binding.reserve_scratch("kernel", self.ahead.spectrum.size)
            binding.reserve_scratch("bias", y.channels)
            if x.gradient is not None:
                self.back = _Tiles(y.gradient, kernel - 1 - left, x.length, kernel, binding, x.channels)
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

    def _blocks(self, tiles: _Tiles, target: Storage) -> list[list[tuple[_Block, list[tuple[Array, Array]]]]]:
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

    def _dy_tiles(self, block: _Block, shard: int) -> tuple[Array, Array]:
        """dy of a block's tiles as (m, cases, tiles, F), and scratch of that shape; steps behind the end are zero."""
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
        """dw = G^T dU, piece by piece."""
        taps, channels = self.ahead.cut.taps, self.x.channels
        dw = self.source.kernel_gradient(shard)[0]
        for piece in range(self.ahead.cut.pieces):
            target = dw[piece * taps : (piece + 1) * taps]
            part = total[:, piece * channels : (piece + 1) * channels].reshape(total.shape[0], -1)
            weights = self.ahead.to_kernel[:, : target.shape[0]].T
            np.matmul(weights, part, out=target.reshape(target.shape[0], -1))

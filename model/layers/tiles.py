"""Tiles: a storage's windows transformed for Toom-Cook filtering, block by block, in cache.

A tile is n steps, m = 4 apart; its transform is n rows of C channels. A kernel longer than five taps is cut into pieces
of four: the piece p of tile j meets the transform of tile j + p, so every tile is transformed once, whatever the
kernel's length, and the pieces become one longer row of the product, as taps do in a direct convolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import as_strided

from model.kernels.columns import Sliding
from model.kernels.toom_cook import filtering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.activations import Storage
    from model.arrays import Array
    from model.binding import Binding

STEP = 4
"""Outputs of a tile, m."""

BUDGET = 320 * 1024
"""Numbers in a block's transforms and products: they stay in the second-level cache."""


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


class Tiles:
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
        """Makes the spectrum G w, piece by piece; kernel: (K, C, F)."""
        taps, channels = self.cut.taps, self.source.channels
        for piece in range(self.cut.pieces):
            part = kernel[piece * taps : (piece + 1) * taps]
            target = self.spectrum[:, piece * channels : (piece + 1) * channels]
            weights = self.to_kernel[:, : part.shape[0]] @ part.reshape(part.shape[0], -1)
            np.copyto(target, weights.reshape(target.shape))

    def block(self, cases: slice, times: slice, shard: int) -> Block:
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
        return Block(
            self, cases, times, windows, gathered, transforms, overlapping, joined, rows, products, results, spread
        )


@dataclass(frozen=True, eq=False)
class Block:
    """Views of one block: windows -> gathered -> transforms (-> joined) = rows -> products -> results, as spread."""

    of: Tiles
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
        """Gives rows (n, tiles, pieces * C): the transformed tiles."""
        np.copyto(self.gathered, self.windows)
        points = self.of.cut.points
        np.matmul(self.of.to_tile, self.gathered.reshape(points, -1), out=self.transforms.reshape(points, -1))
        if self.joined is not None and self.overlapping is not None:
            np.copyto(self.joined, self.overlapping)
        return self.rows

    def multiply(self) -> Array:
        """Gives spread (cases, tiles, m, F): the outputs of this block."""
        np.matmul(self.transform(), self.of.spectrum, out=self.products)
        np.matmul(self.of.to_outputs, self.products.reshape(self.of.cut.points, -1), out=self.results)
        return self.spread

    def pieces_of(self, target: Array) -> list[tuple[Array, tuple[slice, ...]]]:
        """Where outputs go in target (N, L, F): whole tiles, and what is left of the last; each with its part of
        spread.
        """
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

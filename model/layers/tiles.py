"""Tiles: a storage's windows transformed for Toom-Cook filtering, block by block, in cache.

A tile is n steps, m apart; its transform is n rows of C channels. A kernel longer than five taps is cut into pieces
of four: the piece p of tile j meets the transform of tile j + p, so every tile is transformed once, whatever the
kernel's length, and the pieces become one longer row of the product, as taps do in a direct convolution. With a
dilation d the steps fall into d phases that do not see each other: a tile's steps are d apart.

The transforms are batches of small products, from windows where they stand to outputs where they go: nothing is copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import as_strided

from model.kernels.toom_cook import MOST_POINTS, filtering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.activations import Storage
    from model.arrays import Array
    from model.binding import Binding

BUDGET = 320 * 1024
"""Numbers in a block's transforms and products: they stay in the second-level cache."""

LONGEST_PIECE = 5
PIECE = 4
"""A kernel of up to five taps is one piece; a longer one is cut into pieces of four."""


@dataclass(frozen=True)
class Cut:
    """How a correlation of `kernel` taps over `length` outputs is cut: `pieces` of `taps`, tiles of `step` outputs
    each.
    """

    taps: int
    pieces: int
    step: int
    dilation: int
    length: int

    @classmethod
    def of(cls, kernel: int, dilation: int, length: int) -> Cut:
        if kernel <= LONGEST_PIECE:
            return cls(kernel, 1, MOST_POINTS + 1 - kernel, dilation, length)
        return cls(PIECE, -(-kernel // PIECE), PIECE, dilation, length)

    @property
    def points(self) -> int:
        return self.step + self.taps - 1

    @property
    def count(self) -> int:
        """Tiles of a phase."""
        longest_phase = -(-self.length // self.dilation)
        return -(-longest_phase // self.step)

    @property
    def whole(self) -> int:
        """Tiles whose outputs all exist, in every phase."""
        return self.length // self.dilation // self.step

    def reach_right(self, left: int, source_length: int) -> int:
        """Zeros that the last tile reads behind the series."""
        last_tile = self.count + self.pieces - 2
        last = self.dilation - 1 + self.dilation * (last_tile * self.step + self.points - 1) - left
        return max(0, last - source_length + 1)

    def tails(self) -> list[tuple[slice, int]]:
        """What is left behind the whole tiles: phases, and how many outputs of one more tile each of them has.

        None, too: a tile without outputs has no gradient, and that must be written.
        """
        rest = self.length - self.whole * self.step * self.dilation
        rows, longer = divmod(rest, self.dilation)
        groups = [(slice(0, longer), rows + 1), (slice(longer, self.dilation), rows)]
        return [(phases, outputs) for phases, outputs in groups if phases.stop > phases.start]


class Tiles:
    """One product by tiles, of a storage's windows with a spectrum: a kernel (K, C, F), transformed."""

    def __init__(
        self, source: Storage, left: int, length: int, kernel: int, dilation: int, binding: Binding, outputs: int
    ) -> None:
        self.source, self.left, self.binding, self.outputs = source, left, binding, outputs
        self.cut = cut = Cut.of(kernel, dilation, length)
        source.reserve(left, cut.reach_right(left, source.length))
        width = cut.points * (source.channels * cut.pieces + outputs)
        self.rows = max(1, BUDGET // width)
        transforms = filtering(cut.step, cut.taps)
        self.to_outputs = transforms.to_outputs.astype(binding.dtype)
        self.to_kernel = transforms.to_kernel.astype(binding.dtype)
        self.to_tile = transforms.to_tile.astype(binding.dtype)
        self.spectrum = np.zeros((cut.points, cut.pieces * source.channels, outputs), binding.dtype)
        self._reserve()

    def _reserve(self) -> None:
        cut, channels = self.cut, self.source.channels
        for cases, times in self.slices(slice(0, self.binding.workshop.batch)):
            phases = (cases.stop - cases.start) * cut.dilation
            span = times.stop - times.start
            self.binding.reserve_scratch("transforms", cut.points * phases * (span + cut.pieces - 1) * channels)
            self.binding.reserve_scratch("products", cut.points * phases * span * self.outputs)
            if cut.pieces > 1:
                self.binding.reserve_scratch("columns", cut.points * phases * span * cut.pieces * channels)

    def slices(self, cases: slice) -> Iterator[tuple[slice, slice]]:
        """Blocks of whole cases, or of some tiles of one case's phases, of about `rows` tiles."""
        count, per_case = self.cut.count, self.cut.count * self.cut.dilation
        if per_case <= self.rows:
            step = self.rows // per_case
            for start in range(cases.start, cases.stop, step):
                yield slice(start, min(start + step, cases.stop)), slice(0, count)
            return
        step = -(-count // -(-per_case // self.rows))
        for case in range(cases.start, cases.stop):
            for start in range(0, count, step):
                yield slice(case, case + 1), slice(start, min(start + step, count))

    def transform_kernel(self, kernel: Array) -> None:
        """Makes the spectrum G w, piece by piece; kernel: (K, C, F)."""
        taps, channels = self.cut.taps, self.source.channels
        for piece in range(self.cut.pieces):
            part = kernel[piece * taps : (piece + 1) * taps]
            target = self.spectrum[:, piece * channels : (piece + 1) * channels]
            weights = self.to_kernel[:, : part.shape[0]] @ part.reshape(part.shape[0], -1)
            np.copyto(target, weights.reshape(target.shape))

    def block(self, cases: slice, times: slice, shard: int, target: Storage) -> Block:
        """A block's views, from the windows to the steps of `target` (N, L, F)."""
        cut, channels = self.cut, self.source.channels
        count, span, dilation = cases.stop - cases.start, times.stop - times.start, cut.dilation
        read, apart = span + cut.pieces - 1, cut.step * dilation
        windows = self.source.strided(
            times.start * apart - self.left, (dilation, read, cut.points), (1, apart, dilation)
        )[cases]
        shape = (cut.points, count, dilation, read, channels)
        scratch = self.binding.scratch
        transforms = scratch("transforms", shard, cut.points * count * dilation * read * channels).reshape(shape)
        overlapping = joined = None
        rows = transforms.reshape(cut.points, -1, channels)
        if cut.pieces > 1:
            shape = (cut.points, count, dilation, span, cut.pieces * channels)
            overlapping = as_strided(transforms, shape, transforms.strides)
            joined = scratch("columns", shard, overlapping.size).reshape(shape)
            rows = joined.reshape(cut.points, -1, cut.pieces * channels)
        products = scratch("products", shard, cut.points * count * dilation * span * self.outputs)
        spread = products.reshape(cut.points, count, dilation, span, self.outputs).transpose(1, 2, 3, 0, 4)
        return Block(
            self,
            windows,
            transforms.transpose(1, 2, 3, 0, 4),
            overlapping,
            joined,
            rows,
            products.reshape(cut.points, -1, self.outputs),
            tuple(self._finishes(spread, cases, times, target)),
        )

    def _finishes(
        self, spread: Array, cases: slice, times: slice, target: Storage
    ) -> Iterator[tuple[Array, Array, Array]]:
        """What brings products back: the rows of A^T, their products (..., n, F), and where outputs (..., m, F) go."""
        cut = self.cut
        apart = cut.step * cut.dilation
        whole = min(times.stop, cut.whole) - times.start
        if whole > 0:
            dims = (cut.dilation, whole, cut.step)
            out = target.strided(times.start * apart, dims, (1, apart, cut.dilation))[cases]
            yield self.to_outputs, spread[:, :, :whole], out
        if times.stop > cut.whole:
            for phases, outputs in cut.tails():
                dims = (phases.stop - phases.start, 1, outputs)
                out = target.strided(cut.whole * apart + phases.start, dims, (1, apart, cut.dilation))[cases]
                tile = cut.whole - times.start
                yield self.to_outputs[:outputs], spread[:, phases, tile : tile + 1], out


@dataclass(frozen=True, eq=False)
class Block:
    """Views of one block: windows -> transforms (-> joined) = rows -> products -> finishes."""

    of: Tiles
    windows: Array
    transforms: Array
    overlapping: Array | None
    joined: Array | None
    rows: Array
    products: Array
    finishes: tuple[tuple[Array, Array, Array], ...]

    def transform(self) -> Array:
        """Gives rows (n, tiles, pieces * C): the transformed tiles."""
        np.matmul(self.of.to_tile, self.windows, out=self.transforms)
        if self.joined is not None and self.overlapping is not None:
            np.copyto(self.joined, self.overlapping)
        return self.rows

    def multiply(self, bias: Array | None = None) -> None:
        """Writes the block's outputs. A bias is added at the point 1, whose product enters every output once."""
        np.matmul(self.transform(), self.of.spectrum, out=self.products)
        if bias is not None:
            at_one = self.products[1]
            np.add(at_one, bias, out=at_one)
        for to_outputs, products, out in self.finishes:
            np.matmul(to_outputs, products, out=out)

    def take_gradient(self) -> Array:
        """Gives A dy (n, tiles, F), of the gradients that stand where the outputs went."""
        for to_outputs, products, dy in self.finishes:
            np.matmul(to_outputs.T, dy, out=products)
        return self.products

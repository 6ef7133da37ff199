"""Tiles: a storage's windows transformed for Toom-Cook filtering, block by block, in cache.

The transforms are batches of small products, from windows where they stand to outputs where they go: nothing is
copied. The d phases of a dilation are neighbours in memory, so a row of their tiles is transformed by one product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.kernels.toom_cook import AT_ONE, filtering

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from model.activations import Storage
    from model.arrays import Array
    from model.binding import Binding
    from model.kernels.cut import Cut

Part = tuple[slice, slice]
"""Some cases, and some tiles of their phases."""


class Tiles:
    """The windows of a storage (N, L, C) cut into tiles, for products with `outputs` channels."""

    def __init__(self, source: Storage, left: int, cut: Cut, binding: Binding, outputs: int) -> None:
        self.source, self.left, self.cut, self.binding, self.outputs = source, left, cut, binding, outputs
        source.reserve(left, cut.reach_right(left, source.length))
        transforms = filtering(cut.step, cut.taps)
        self.to_outputs = transforms.to_outputs.astype(binding.dtype)
        self.to_kernel = transforms.to_kernel.astype(binding.dtype)
        self.to_tile = transforms.to_tile.astype(binding.dtype)

    def reserve(self, parts: Iterable[Part]) -> None:
        """Room for the blocks of these parts."""
        cut = self.cut
        for cases, times in parts:
            rows = cut.points * (cases.stop - cases.start) * cut.dilation
            span = times.stop - times.start
            self.binding.reserve_scratch("transforms", rows * (span + cut.pieces - 1) * self.source.channels)
            self.binding.reserve_scratch("products", rows * span * self.outputs)

    def transform_kernel(self, kernel: Array, spectrum: Array) -> None:
        """Writes the spectrum G w (n, pieces * C, ...) of a kernel (K, C, ...), piece by piece."""
        taps = self.cut.taps
        for piece, out in enumerate(self._by_piece(spectrum)):
            part = kernel[piece * taps : (piece + 1) * taps]
            np.matmul(self.to_kernel[:, : part.shape[0]], part.reshape(part.shape[0], -1), out=out)

    def kernel_gradient(self, spectrum: Array, dw: Array) -> None:
        """Writes dw = G^T dU (K, C, ...) of dU (n, pieces * C, ...)."""
        taps = self.cut.taps
        for piece, part in enumerate(self._by_piece(spectrum)):
            out = dw[piece * taps : (piece + 1) * taps]
            np.matmul(self.to_kernel[:, : out.shape[0]].T, part, out=out.reshape(out.shape[0], -1))

    def _by_piece(self, spectrum: Array) -> Array:
        """(n, pieces * C, ...) as (pieces, n, C * ...), a view."""
        return spectrum.reshape(self.cut.points, self.cut.pieces, -1).transpose(1, 0, 2)

    def block(self, part: Part, shard: int, target: Storage) -> Block:
        """A block's views, from the windows to the steps of `target` (N, L, F)."""
        (cases, times), cut, channels = part, self.cut, self.source.channels
        count, span, dilation = cases.stop - cases.start, times.stop - times.start, cut.dilation
        read, start = span + cut.pieces - 1, times.start * cut.apart
        windows = self.source.strided(start - self.left, (read, cut.points, dilation), (cut.apart, dilation, 1))[
            cases
        ].reshape(count, read, cut.points, dilation * channels)
        shape = (cut.points, count, read, dilation * channels)
        transforms = self.binding.scratch("transforms", shard, int(np.prod(shape))).reshape(shape)
        shape = (cut.points, count, span, dilation * self.outputs)
        products = self.binding.scratch("products", shard, int(np.prod(shape))).reshape(shape)
        outputs = target.steps[cases, start : min(start + span * cut.apart, cut.length)]
        return Block(self, windows, transforms, products, tuple(self._finishes(products, part, target)), outputs)

    def _finishes(self, products: Array, part: Part, target: Storage) -> Iterator[tuple[Array, Array, Array]]:
        """What brings products back: the rows of A^T, their products (..., n, W), and where outputs (..., m, W) go."""
        (cases, times), cut, channels = part, self.cut, self.outputs
        spread = products.transpose(1, 2, 0, 3)
        whole = min(times.stop, cut.whole) - times.start

        def goes(start: int, *shape: int) -> Array:
            out = target.strided(start, shape, (cut.apart, cut.dilation, 1))[cases]
            return out.reshape(*out.shape[:3], shape[2] * channels)

        if whole > 0:
            out = goes(times.start * cut.apart, whole, cut.step, cut.dilation)
            yield self.to_outputs, spread[:, :whole], out
        if times.stop > cut.whole:
            tile = cut.whole - times.start
            for phases, outputs in cut.tails():
                out = goes(cut.whole * cut.apart + phases.start, 1, outputs, phases.stop - phases.start)
                wide = slice(phases.start * channels, phases.stop * channels)
                yield self.to_outputs[:outputs], spread[:, tile : tile + 1, :, wide], out


@dataclass(frozen=True, eq=False)
class Block:
    """Views of one block. windows (cases, tiles + pieces - 1, n, d C) -> transforms (n, cases, ..., d C), and products
    (n, cases, tiles, d F) -> outputs, the block's steps (cases, steps, F) of the target.
    """

    of: Tiles
    windows: Array
    transforms: Array
    products: Array
    finishes: tuple[tuple[Array, Array, Array], ...]
    outputs: Array

    def transform(self) -> None:
        """Writes the transforms B^T x."""
        np.matmul(self.of.to_tile, self.windows, out=self.transforms.transpose(1, 2, 0, 3))

    def finish(self, bias: Array | None) -> None:
        """Writes the outputs A^T M. A bias (F,) is added at the point 1, whose product enters every output once."""
        if bias is not None:
            at_one = self.products[AT_ONE].reshape(-1, self.of.outputs)
            np.add(at_one, bias, out=at_one)
        for to_outputs, products, out in self.finishes:
            np.matmul(to_outputs, products, out=out)

    def take_gradient(self) -> None:
        """Makes the products A dy, of the gradients that stand where the outputs went."""
        for to_outputs, products, dy in self.finishes:
            np.matmul(to_outputs.T, dy, out=products)

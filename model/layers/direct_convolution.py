"""The direct convolution: gather windows into cache, multiply, finish the block while it is there.

dx and dw are products of the same kind. For stride 1, dx is the correlation of dy with the reversed kernel:
dx[i] = sum_k dy[i + left - k * dilation] w[k]; with a longer stride, windows of gradients are made by one product and
folded back, tap by tap, onto the steps they came from. dw[k] = sum_t x[t * stride + k * dilation - left] dy[t].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.kernels.activation import rectify
from model.kernels.columns import Block, Sliding, block_rows, blocks, tap_range

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.layers.conv1d import Conv1d
    from model.layers.kernel_source import KernelSource


class DirectConvolution:
    """One convolution of a plan; per shard it holds the blocks of its three products."""

    def __init__(
        self, spec: Conv1d, x: Activation, y: Activation, binding: Binding, source: KernelSource, *, rectified: bool
    ) -> None:
        self.spec, self.x, self.y, self.binding, self.rectified = spec, x, y, binding, rectified
        self.source = source
        left = spec.widths[0]
        self.sliding = Sliding(left, spec.kernel, spec.stride, spec.dilation, y.length)
        reach = (spec.kernel - 1) * spec.dilation
        self.reversed = Sliding(reach - left, spec.kernel, 1, spec.dilation, x.length)
        self.sliding.reserve(x.values)
        self.wants_dx = x.gradient is not None
        self.by_reversal = spec.stride == 1 and left <= reach
        if y.gradient is not None and self.wants_dx and self.by_reversal:
            self.reversed.reserve(y.gradient)
        self._reserve_scratch()

    def _reserve_scratch(self) -> None:
        cases = max(shard.stop - shard.start for shard in self.binding.shards)
        inputs, outputs, kernel = self.x.channels, self.y.channels, self.spec.kernel
        self.most_rows = rows = block_rows(cases, self.y.length, max(kernel * inputs, outputs))
        self.binding.reserve_scratch("columns", rows * kernel * inputs)
        self.binding.reserve_scratch("rows", rows * outputs)
        self.binding.reserve_scratch("zeros", rows * outputs)
        if self.y.gradient is not None:
            self.binding.reserve_scratch("kernel", self.source.value.size)
            self.binding.reserve_scratch("bias", outputs)
        if self.wants_dx and self.by_reversal:
            rows = block_rows(cases, self.x.length, max(kernel * outputs, inputs))
            self.binding.reserve_scratch("columns", rows * kernel * outputs)
            self.binding.reserve_scratch("rows", rows * inputs)

    def prepare(self) -> None:
        groups, binding = self.spec.groups, self.binding
        kernel = self.source.value
        self.w = kernel.reshape(groups, -1, kernel.shape[3])
        self.ones = np.ones(self.most_rows, binding.dtype)
        self.forward_blocks = [
            [self._output_block(block, shard) for block in self._blocks(self.x, self.sliding, shard, self.y.channels)]
            for shard in range(len(binding.shards))
        ]
        if self.y.gradient is None:
            return
        self.gradient_blocks = [
            [
                (block, *self._dy_rows(block, shard))
                for block in self._blocks(self.x, self.sliding, shard, self.y.channels)
            ]
            for shard in range(len(binding.shards))
        ]
        if self.wants_dx and self.by_reversal:
            self.w_reversed = np.empty((groups, self.spec.kernel, kernel.shape[3], kernel.shape[2]), binding.dtype)
            self.dx_blocks = [
                [self._dx_block(block, shard) for block in self._blocks(self.y, self.reversed, shard, self.x.channels)]
                for shard in range(len(binding.shards))
            ]

    def _blocks(self, source: Activation, sliding: Sliding, shard: int, outputs: int) -> list[Block]:
        storage = source.values if sliding is self.sliding else source.gradient
        if storage is None:
            raise RuntimeError("a gradient is missing")
        columns = self.binding.scratch("columns", shard, self.binding.workshop.scratch_sizes["columns"])
        return blocks(storage, sliding, self.spec.groups, self.binding.shards[shard], columns, outputs)

    def _rows(self, block: Block, channels: int, shard: int) -> tuple[Array, Array]:
        """Scratch for a block's products: (groups, rows, channels / groups), and the same as (cases, steps,
        channels).
        """
        groups = self.spec.groups
        flat = self.binding.scratch("rows", shard, block.rows * channels)
        cases, span = block.cases.stop - block.cases.start, block.times.stop - block.times.start
        products = flat.reshape(groups, block.rows, channels // groups)
        if groups == 1:
            return products, flat.reshape(cases, span, channels)
        spread = products.reshape(groups, cases, span, channels // groups).transpose(1, 2, 0, 3)
        return products, spread

    def _output_block(self, block: Block, shard: int) -> tuple[Block, Array, Array, Array, Array, Array | None]:
        products, spread = self._rows(block, self.y.channels, shard)
        out = self.y.values.steps[block.cases, block.times]
        if self.y.values.contiguous and self.spec.groups == 1:
            products, spread = out.reshape(1, block.rows, self.y.channels), out
        if self.spec.groups > 1:
            out = out.reshape(spread.shape)
        zeros = self.binding.scratch("zeros", shard, out.size).reshape(out.shape)
        bias = self.source.bias
        if bias is not None:
            tied = bias.ndim == 1
            bias = bias if tied else bias[block.times]
            if self.spec.groups > 1:
                bias = bias.reshape(*bias.shape[:-1], self.spec.groups, -1)
        return block, products, spread, out, zeros, bias

    def _dy_rows(self, block: Block, shard: int) -> tuple[Array, Array, Array | None]:
        """A block's dy as (groups, rows, F / groups): the view itself where it is contiguous, else scratch and its
        source.
        """
        if self.y.gradient is None:
            raise RuntimeError("a gradient is missing")
        source = self.y.gradient.steps[block.cases, block.times]
        if self.spec.groups == 1 and self.y.gradient.contiguous:
            return source.reshape(1, block.rows, self.y.channels), source, None
        products, spread = self._rows(block, self.y.channels, shard)
        return products, source.reshape(spread.shape), spread

    def _dx_block(self, block: Block, shard: int) -> tuple[Block, Array, Array, Array]:
        if self.x.gradient is None:
            raise RuntimeError("a gradient is missing")
        products, spread = self._rows(block, self.x.channels, shard)
        out = self.x.gradient.steps[block.cases, block.times]
        if self.x.gradient.contiguous and self.spec.groups == 1:
            products, spread = out.reshape(1, block.rows, self.x.channels), out
        return block, products, spread, out.reshape(spread.shape)

    def refresh(self) -> None:
        self.source.refresh()
        if self.wants_dx and self.by_reversal:
            np.copyto(self.w_reversed, self.source.value[:, ::-1].transpose(0, 1, 3, 2))

    def forward(self) -> tuple[Stage, ...]:
        return (self._correlate,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _gradients(self, shard: int) -> None:
        if self.source.learns:
            self._parameter_gradients(shard)
        if self.wants_dx and self.by_reversal:
            self._reverse_correlate(shard)
        elif self.wants_dx:
            self._fold_back(shard)

    def _correlate(self, shard: int) -> None:
        w, rectified = self.w, self.rectified
        for block, products, spread, out, zeros, bias in self.forward_blocks[shard]:
            np.matmul(block.gather(), w, out=products)
            if bias is not None and rectified:
                np.add(spread, bias, out=spread)
            elif bias is not None:
                np.add(spread, bias, out=out)
                continue
            if rectified:
                rectify(spread, zeros, out)
            elif spread is not out:
                np.copyto(out, spread)

    def _parameter_gradients(self, shard: int) -> None:
        dw = self.source.kernel_gradient(shard).reshape(self.w.shape)
        partial = self.binding.scratch("kernel", shard, dw.size).reshape(dw.shape)
        bias = self.source.bias_gradient(shard)
        tied = None if bias is None or bias.ndim > 1 else bias.reshape(self.spec.groups, -1)
        for index, (block, dy, source, copy) in enumerate(self.gradient_blocks[shard]):
            if copy is not None:
                np.copyto(copy, source)
            np.matmul(block.gather().transpose(0, 2, 1), dy, out=partial if index else dw)
            if index:
                np.add(dw, partial, out=dw)
            if tied is not None:
                part = self.binding.scratch("bias", shard, tied.size).reshape(tied.shape)
                np.matmul(self.ones[: block.rows], dy, out=part if index else tied)
                if index:
                    np.add(tied, part, out=tied)
        if bias is not None and tied is None and self.y.gradient is not None:
            np.add.reduce(self.y.gradient.steps[self.binding.shards[shard]], axis=0, out=bias)
        self.source.finish(shard)

    def _reverse_correlate(self, shard: int) -> None:
        w = self.w_reversed.reshape(self.spec.groups, -1, self.w_reversed.shape[3])
        for block, products, spread, out in self.dx_blocks[shard]:
            np.matmul(block.gather(), w, out=products)
            if spread is not out:
                np.copyto(out, spread)

    def _fold_back(self, shard: int) -> None:
        if self.x.gradient is None:
            raise RuntimeError("a gradient is missing")
        dx_all = self.x.gradient.steps
        dx_all[self.binding.shards[shard]] = 0
        groups, sliding, length = self.spec.groups, self.sliding, self.x.length
        transposed = self.w.transpose(0, 2, 1)
        for block, dy, source, copy in self.gradient_blocks[shard]:
            if copy is not None:
                np.copyto(copy, source)
            flat = self.binding.scratch("columns", shard, block.rows * self.spec.kernel * self.x.channels)
            windows = flat.reshape(groups, block.rows, -1)
            np.matmul(dy, transposed, out=windows)
            cases, span = block.cases.stop - block.cases.start, block.times.stop - block.times.start
            taps = windows.reshape(groups, cases, span, self.spec.kernel, -1)
            dx = dx_all[block.cases]
            for tap in range(self.spec.kernel):
                low, high = tap_range(sliding, tap, length, block.times)
                if high == low:
                    continue
                start = low * sliding.stride + tap * sliding.dilation - sliding.left
                target = dx[:, start : start + (high - low - 1) * sliding.stride + 1 : sliding.stride]
                part = taps[:, :, low - block.times.start : high - block.times.start, tap]
                grouped = target.reshape(*target.shape[:2], groups, -1)
                np.add(grouped, part.transpose(1, 2, 0, 3), out=grouped)

"""The depthwise convolution of stride one: every channel has its own kernel and meets no other.

There is no product of matrices in it, so it runs tap by tap over blocks that stay in cache: a multiplication by the
tap's weights, repeated for every step of the block, and an addition. The kernel gradient of a tap is the same
multiplication, summed by a product with ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.kernels.activation import rectify
from model.kernels.columns import Sliding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.activations import Activation, Storage
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.layers.conv1d import Conv1d
    from model.layers.kernel_source import KernelSource

BLOCK = 48 * 1024
"""Numbers of a block of outputs: with its inputs and scratch it stays in the second-level cache."""

WEIGHTS = 96 * 1024
"""Numbers of all taps' repeated weights."""


def is_depthwise(spec: Conv1d, x: Activation, y: Activation) -> bool:
    """Whether each channel makes one channel of its own, one output a step, with zeros few enough to be stored."""
    apart = spec.groups == x.channels == y.channels and spec.stride == 1 and spec.bias != "untied"
    left = spec.widths[0]
    near = Sliding(left, spec.kernel, 1, spec.dilation, y.length).padded(x.length)
    return apart and spec.groups > 1 and near and left < spec.reach


class DepthwiseConvolution:
    """A depthwise convolution of a plan."""

    def __init__(
        self, spec: Conv1d, x: Activation, y: Activation, binding: Binding, source: KernelSource, *, rectified: bool
    ) -> None:
        self.spec, self.x, self.y, self.binding, self.source = spec, x, y, binding, source
        self.rectified = rectified
        self.left, reach = spec.widths[0], spec.reach
        self.span = max(1, min(max(x.length, y.length), WEIGHTS // (spec.kernel * x.channels)))
        Sliding(self.left, spec.kernel, 1, spec.dilation, y.length).reserve(x.values)
        if y.gradient is not None and x.gradient is not None:
            back = Sliding(reach - 1 - self.left, spec.kernel, 1, spec.dilation, x.length)
            y.gradient.reserve(back.left, back.reach_right(y.length))
        binding.reserve_scratch("rows", max(BLOCK, self.span * x.channels))

    def prepare(self) -> None:
        kernel, channels, dtype = self.spec.kernel, self.x.channels, self.binding.dtype
        self.weights = np.zeros((kernel, self.span, channels), dtype)
        self.zeros = np.zeros((1, self.span, channels), dtype)
        self.ones = np.ones(max(BLOCK, self.span * channels) // channels + 1, dtype)
        self.part = np.zeros((len(self.binding.shards), channels), dtype)
        self.forward_taps = self._taps(self.x.values, self.y.values, self.left)
        if self.y.gradient is None:
            return
        self.gradient_taps = self._taps(self.x.values, self.y.gradient, self.left)
        if self.x.gradient is not None:
            self.back_taps = self._taps(self.y.gradient, self.x.gradient, self.spec.reach - 1 - self.left)

    def _taps(self, source: Storage, target: Storage, left: int) -> list[list[tuple[Array, Array, list[Array]]]]:
        """Per shard and block: outputs, scratch of their shape, and the inputs under each tap."""
        shards = []
        for shard, chosen in enumerate(self.binding.shards):
            blocks = []
            for cases, start, stop in self._slices(chosen, target.length):
                out = target.steps[cases, start:stop]
                inputs = [
                    source.strided(start - left + tap * self.spec.dilation, (stop - start,), (1,))[cases]
                    for tap in range(self.spec.kernel)
                ]
                blocks.append((out, self.binding.scratch("rows", shard, out.size).reshape(out.shape), inputs))
            shards.append(blocks)
        return shards

    def _slices(self, cases: slice, length: int) -> Iterator[tuple[slice, int, int]]:
        """Blocks of cases, each over at most `span` steps."""
        step = max(1, BLOCK // (min(self.span, length) * self.x.channels))
        for first in range(cases.start, cases.stop, step):
            for start in range(0, length, self.span):
                yield slice(first, min(first + step, cases.stop)), start, min(start + self.span, length)

    def refresh(self) -> None:
        self.source.refresh()
        np.copyto(self.weights, self.source.value.reshape(-1, self.spec.kernel).T[:, None, :])

    def forward(self) -> tuple[Stage, ...]:
        return (self._filter,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradients,)

    def _filter(self, shard: int) -> None:
        for out, scratch, inputs in self.forward_taps[shard]:
            self._weighted_sum(out, scratch, inputs, range(len(inputs)))
            if self.source.bias is not None:
                np.add(out, self.source.bias, out=out)
            if self.rectified:
                rectify(out, self.zeros[:, : out.shape[1]], out)

    def _weighted_sum(self, out: Array, scratch: Array, inputs: list[Array], taps: range) -> None:
        span = out.shape[1]
        for index, tap in enumerate(taps):
            np.multiply(inputs[index], self.weights[tap, :span], out=scratch if index else out)
            if index:
                np.add(out, scratch, out=out)

    def _gradients(self, shard: int) -> None:
        dw = self.source.kernel_gradient(shard).reshape(-1, self.spec.kernel)
        bias, part = self.source.bias_gradient(shard), self.part[shard]
        dw.fill(0)
        if bias is not None:
            bias.fill(0)
        for dy, scratch, inputs in self.gradient_taps[shard]:
            flat = scratch.reshape(-1, dy.shape[2])
            ones = self.ones[: flat.shape[0]]
            for tap, x in enumerate(inputs):
                np.multiply(x, dy, out=scratch)
                np.matmul(ones, flat, out=part)
                dw[:, tap] += part
            if bias is not None:
                np.copyto(scratch, dy)
                np.matmul(ones, flat, out=part)
                np.add(bias, part, out=bias)
        self.source.finish(shard)
        if self.x.gradient is not None:
            for dx, scratch, inputs in self.back_taps[shard]:
                self._weighted_sum(dx, scratch, inputs, range(self.spec.kernel - 1, -1, -1))

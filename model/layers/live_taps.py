"""Taps that meet data: a wide dilation slides most of a kernel over zeros alone, and those taps are left out of a plan.

Tap k of window t looks at step t * stride + k * dilation - left. Where that is no step of the series for any window,
the tap adds nothing to any output, and its gradient is zero.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.arrays import Array
    from model.binding import Binding
    from model.layers.conv1d import Conv1d
    from model.layers.kernel_source import KernelSource


def live_taps(spec: Conv1d, length: int, count: int) -> slice:
    """The taps that `count` windows over a series of `length` steps need; never fewer than padding allows to leave
    out, and one where none of them meets data.
    """
    left, right = spec.widths
    last = (count - 1) * spec.stride
    low = min(max(0, -((last - left) // spec.dilation)), left // spec.dilation)
    high = max(min(spec.kernel, (length - 1 + left) // spec.dilation + 1), spec.kernel - right // spec.dilation)
    return slice(min(low, high - 1), high)


def trimmed(spec: Conv1d, taps: slice) -> Conv1d:
    """The convolution by those taps alone, with as many windows."""
    left, right = spec.widths
    widths = left - taps.start * spec.dilation, right - (spec.kernel - taps.stop) * spec.dilation
    kernel = taps.stop - taps.start
    return replace(spec, kernel=kernel, padding=widths, dilation=1 if kernel == 1 else spec.dilation)


class TrimmedKernel:
    """Some taps of another source's kernel; the others get no gradient. A kernel source, see `kernel_source`."""

    def __init__(self, source: KernelSource, taps: slice, binding: Binding) -> None:
        self._source, self._taps = source, taps
        self.value: Array = source.value[:, taps].copy()
        self.bias: Array | None = source.bias
        self._gradients = [np.zeros_like(self.value) for _ in binding.shards]

    @property
    def learns(self) -> bool:
        return self._source.learns

    def refresh(self) -> None:
        self._source.refresh()
        np.copyto(self.value, self._source.value[:, self._taps])

    def kernel_gradient(self, shard: int) -> Array:
        return self._gradients[shard]

    def bias_gradient(self, shard: int) -> Array | None:
        return self._source.bias_gradient(shard)

    def finish(self, shard: int) -> None:
        whole = self._source.kernel_gradient(shard)
        whole.fill(0)
        np.copyto(whole[:, self._taps], self._gradients[shard])
        self._source.finish(shard)

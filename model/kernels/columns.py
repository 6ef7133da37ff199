"""Windows gathered into cache: the matrix whose rows are the windows that a convolution multiplies.

Every convolution product here is one GEMM over a block of rows: windows are copied, a few cases (or a part of one) at a
time, into a buffer that stays in the second-level cache, and multiplied there. Measured on channels-last data this
reaches the machine's sgemm rate for nearly every shape; gathering is one strided copy when the storage reserves zeros
around the cases, or one copy a tap when the padding would be longer than the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.activations import Storage
    from model.arrays import Array

BLOCK = 192 * 1024
"""Numbers in one block of windows: three quarters of a megabyte of float32, which leaves room for what it is
multiplied by.
"""


@dataclass(frozen=True)
class Sliding:
    """How windows lie over a series: `left` zeros before the first step, `count` windows `stride` apart."""

    left: int
    kernel: int
    stride: int
    dilation: int
    count: int

    def padded(self, length: int) -> bool:
        """Whether the zeros around the cases are few enough to be stored."""
        return (self.kernel - 1) * self.dilation <= max(16, length // 2)

    def reach_right(self, length: int) -> int:
        """Zeros read behind the last step."""
        last = (self.count - 1) * self.stride + (self.kernel - 1) * self.dilation - self.left
        return max(0, last - length + 1)

    def reserve(self, storage: Storage) -> None:
        """Asks the storage for the zeros that gathering in one copy needs."""
        if self.padded(storage.length):
            storage.reserve(self.left, self.reach_right(storage.length))


@dataclass(frozen=True, eq=False)
class Block:
    """One block's gathering: copies to make, edges to clear, and the (groups, rows, K * C / groups) matrix they
    fill.
    """

    cases: slice
    times: slice
    copies: tuple[tuple[Array, Array], ...]
    edges: tuple[Array, ...]
    matrix: Array

    @property
    def rows(self) -> int:
        return int(self.matrix.shape[1])

    def gather(self) -> Array:
        """The filled matrix."""
        for edge in self.edges:
            edge.fill(0)
        for destination, source in self.copies:
            np.copyto(destination, source)
        return self.matrix


def block_slices(cases: slice, count: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Cuts a shard's cases x windows into blocks of at most BLOCK numbers, whole cases where they fit."""
    per_case = max(count * width, 1)
    if per_case <= BLOCK:
        step = max(1, BLOCK // per_case)
        for start in range(cases.start, cases.stop, step):
            yield slice(start, min(start + step, cases.stop)), slice(0, count)
        return
    pieces = -(-per_case // BLOCK)
    size = -(-count // pieces)
    for case in range(cases.start, cases.stop):
        for start in range(0, count, size):
            yield slice(case, case + 1), slice(start, min(start + size, count))


def block_rows(cases: int, count: int, width: int) -> int:
    """Rows of the largest block."""
    per_case = max(count * width, 1)
    if per_case <= BLOCK:
        return min(cases, max(1, BLOCK // per_case)) * count
    return -(-count // -(-per_case // BLOCK))


def blocks(storage: Storage, sliding: Sliding, groups: int, cases: slice, buffer: Array, outputs: int) -> list[Block]:
    """Every block of a shard's windows, over one shared buffer; a kernel of one step is read where it stands.

    `outputs`: the channels that each row will become, which must fit the cache too.
    """
    kernel, channels = sliding.kernel, storage.channels
    width = kernel * channels
    found = []
    in_place = kernel == 1 and sliding.stride == 1 and groups == 1 and not sliding.left and storage.contiguous
    for chosen, times in block_slices(cases, sliding.count, max(width, outputs)):
        count, span = chosen.stop - chosen.start, times.stop - times.start
        if in_place and sliding.count == storage.length:
            found.append(Block(chosen, times, (), (), storage.steps[chosen, times].reshape(1, count * span, channels)))
            continue
        flat = buffer[: count * span * width]
        if groups == 1:
            target = flat.reshape(count, span, kernel, channels)
            matrix = flat.reshape(1, count * span, width)
        else:
            target = flat.reshape(groups, count, span, kernel, channels // groups)
            matrix = flat.reshape(groups, count * span, width // groups)
        copies, edges = (
            _whole_windows(storage, sliding, groups, chosen, times, target)
            if sliding.padded(storage.length)
            else _tap_by_tap(storage, sliding, groups, chosen, times, target)
        )
        found.append(Block(chosen, times, tuple(copies), tuple(edges), matrix))
    return found


_Gathering = tuple[list[tuple["Array", "Array"]], list["Array"]]


def _whole_windows(
    storage: Storage, sliding: Sliding, groups: int, cases: slice, times: slice, target: Array
) -> _Gathering:
    view = storage.windows(sliding.left, sliding.kernel, sliding.stride, sliding.dilation, sliding.count)[cases, times]
    if groups > 1:
        count, span, kernel, channels = view.shape
        view = view.reshape(count, span, kernel, groups, channels // groups).transpose(3, 0, 1, 2, 4)
    return [(target, view)], []


def _tap_by_tap(
    storage: Storage, sliding: Sliding, groups: int, cases: slice, times: slice, target: Array
) -> _Gathering:
    steps = storage.steps[cases]
    if groups > 1:
        steps = steps.reshape(*steps.shape[:2], groups, storage.channels // groups).transpose(2, 0, 1, 3)
    copies: list[tuple[Array, Array]] = []
    edges: list[Array] = []
    for tap in range(sliding.kernel):
        low, high = tap_range(sliding, tap, storage.length, times)
        destination = target[..., tap, :]
        start = low * sliding.stride + tap * sliding.dilation - sliding.left
        first, last = low - times.start, high - times.start
        if high > low:
            source = steps[..., start : start + (high - low - 1) * sliding.stride + 1 : sliding.stride, :]
            copies.append((destination[..., first:last, :], source))
        span = times.stop - times.start
        gaps = (slice(0, first), slice(last, span)) if high > low else (slice(0, span),)
        edges.extend(destination[..., gap, :] for gap in gaps if gap.stop > gap.start)
    return copies, edges


def tap_range(sliding: Sliding, tap: int, length: int, times: slice) -> tuple[int, int]:
    """Windows [low, high) within `times` whose tap falls on a real step: 0 <= t * stride + tap * dilation - left <
    L.
    """
    offset = tap * sliding.dilation - sliding.left
    low = max(times.start, -(offset // sliding.stride) if offset < 0 else 0)
    high = min(times.stop, (length - 1 - offset) // sliding.stride + 1)
    return low, max(low, high)

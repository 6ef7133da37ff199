"""Bound padding by a linear mode: the series is copied, and each end goes on as `kernels.extension` says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.kernels.extension import Run, Terms, runs

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array, Floating
    from model.binding import Binding, Stage

Beyond = Callable[["Array", "Array"], Terms]
"""From places before and behind series, and their lengths, to what stands there."""


@dataclass(frozen=True, eq=False)
class _End:
    """One end's places in y, and its terms: first, last and constant are (p, 1), or None where all are zero."""

    places: slice
    runs: tuple[Run, ...]
    first: Array | None
    last: Array | None
    constant: Array | None

    @classmethod
    def of(cls, beyond: Beyond, places: Array, length: int, left: int, dtype: Floating) -> _End:
        terms = beyond(places, np.int64(length))  # type: ignore[arg-type]  # a number broadcasts as an array does
        columns = [
            each[:, None].astype(dtype) if each.any() else None for each in (terms.first, terms.last, terms.constant)
        ]
        start = left + int(places[0])
        return cls(slice(start, start + places.size), tuple(runs(terms)), *columns)


class Extension:
    """Cases of one length: an end is a few strided copies. y: (N, left + L + right, C)."""

    def __init__(self, beyond: Beyond, widths: tuple[int, int], x: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.y, self.binding = x, y, binding
        left, right = widths
        self.inside = slice(left, left + x.length)
        sides = (np.arange(-left, 0), np.arange(x.length, x.length + right))
        self.ends = [_End.of(beyond, places, x.length, left, binding.dtype) for places in sides if places.size]
        cases = max(shard.stop - shard.start for shard in binding.shards)
        binding.reserve_scratch("columns", cases * max(left, right) * x.channels)

    def prepare(self) -> None:
        pass

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._extend,)

    def backward(self) -> tuple[Stage, ...]:
        return () if self.x.gradient is None else (self._fold,)

    def _extend(self, shard: int) -> None:
        cases = self.binding.shards[shard]
        x, y = self.x.values.steps[cases], self.y.values.steps[cases]
        np.copyto(y[:, self.inside], x)
        for end in self.ends:
            out = y[:, end.places]
            if not end.runs:
                out.fill(0)
            for run in end.runs:
                (np.copyto if run.sign > 0 else _negate)(out[:, run.start : run.stop], x[:, run.steps])
            for share, value in ((end.first, x[:, :1]), (end.last, x[:, -1:])):
                if share is not None:
                    room = self.binding.scratch("columns", shard, out.size).reshape(out.shape)
                    np.multiply(value, share, out=room)
                    np.add(out, room, out=out)
            if end.constant is not None:
                np.add(out, end.constant, out=out)

    def _fold(self, shard: int) -> None:
        """The transpose: what stood beyond an end gives its gradient to the steps it came from."""
        if self.x.gradient is None or self.y.gradient is None:
            return
        cases = self.binding.shards[shard]
        dx, dy = self.x.gradient.steps[cases], self.y.gradient.steps[cases]
        np.copyto(dx, dy[:, self.inside])
        for end in self.ends:
            beyond = dy[:, end.places]
            for run in end.runs:
                target = dx[:, run.steps]
                (np.add if run.sign > 0 else np.subtract)(target, beyond[:, run.start : run.stop], out=target)
            for share, target in ((end.first, dx[:, :1]), (end.last, dx[:, -1:])):
                if share is not None:
                    np.add(target, np.matmul(share.T, beyond), out=target)


class ExtensionOfEach:
    """Cases of several lengths: each goes on from its own end, and only then come the steps that nobody sees."""

    def __init__(self, beyond: Beyond, widths: tuple[int, int], x: Activation, y: Activation, binding: Binding) -> None:
        self.beyond, self.x, self.y, self.binding = beyond, x, y, binding
        self.left, self.right = widths
        self.inside = slice(self.left, self.left + x.length)
        self.each: list[_Each] = []

    def prepare(self) -> None:
        self.each = [self._look(shard) for shard in range(len(self.binding.shards))]

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._extend,)

    def backward(self) -> tuple[Stage, ...]:
        return () if self.x.gradient is None else (self._fold,)

    def _look(self, shard: int) -> _Each:
        """What stands beyond the ends of each case, for the lengths of this pass."""
        cases = self.binding.shards[shard]
        counts = np.full(self.x.batch, self.x.length) if self.x.lengths is None else self.x.lengths.counts
        length = np.maximum(counts[cases], 1)[:, None]
        before = np.broadcast_to(np.arange(-self.left, 0), (length.size, self.left))
        places = np.concatenate([before, length + np.arange(self.right)], axis=1)
        terms, dtype = self.beyond(places, length), self.binding.dtype
        factors = (terms.sign, terms.first, terms.last, terms.constant)
        case = np.arange(length.size)[:, None]
        return _Each(case, length - 1, places + self.left, terms.source, *(f[..., None].astype(dtype) for f in factors))

    def _extend(self, shard: int) -> None:
        cases = self.binding.shards[shard]
        x, y = self.x.values.steps[cases], self.y.values.steps[cases]
        self.each[shard] = each = self._look(shard)
        np.copyto(y[:, self.inside], x)
        y[:, self.inside.stop :] = 0
        linear = x[each.case, each.source] * each.sign + x[:, :1] * each.first + x[each.case, each.end] * each.last
        y[each.case, each.places] = linear + each.constant

    def _fold(self, shard: int) -> None:
        """The transpose, one place after another: within a place no two cases meet."""
        if self.x.gradient is None or self.y.gradient is None or self.x.lengths is None:
            return
        cases, each = self.binding.shards[shard], self.each[shard]
        dx, dy = self.x.gradient.steps[cases], self.y.gradient.steps[cases]
        np.multiply(dy[:, self.inside], self.x.lengths.mask[cases], out=dx)
        beyond, case = dy[each.case, each.places], each.case[:, 0]
        for place in range(beyond.shape[1]):
            dx[case, each.source[:, place]] += beyond[:, place] * each.sign[:, place]
        dx[:, 0] += np.add.reduce(beyond * each.first, axis=1)
        dx[case, each.end[:, 0]] += np.add.reduce(beyond * each.last, axis=1)


@dataclass(frozen=True, eq=False)
class _Each:
    """case and end: (n, 1), each case and its last step; places and source: (n, p); the factors (n, p, 1)."""

    case: Array
    end: Array
    places: Array
    source: Array
    sign: Array
    first: Array
    last: Array
    constant: Array


def _negate(out: Array, x: Array) -> None:
    np.negative(x, out=out)

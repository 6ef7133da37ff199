"""Max and average pooling over sliding windows; padding never wins a maximum and never enters an average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from model.geometry import Shape, pad_widths, require_series, require_windows, window_count
from model.kernels.activation import flags
from model.kernels.blocks import in_cache
from model.kernels.columns import Sliding, tap_range
from model.layers.layer import require_choice, require_positive
from model.layers.mask import bind_mask

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.parameters import Parameter

PoolPadding = Literal["valid", "same"]


@dataclass(frozen=True)
class MaxPool:
    """The greatest of each `size` steps, `stride` apart (default: size). The first of equals takes the gradient."""

    kind: ClassVar[str] = "max_pool"
    size: int
    stride: int | None = None
    padding: PoolPadding = "valid"

    def __post_init__(self) -> None:
        _require(self)

    def output(self, shape: Shape) -> Shape:
        return _output(self, shape)

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        x.retained = True
        y = _pooled(self, x, binding, retained=True)
        operation = _MaxPool(self, x, y, binding)
        binding.add(operation, x, y, loose=(x, y))
        y.values.uses.remake, y.values.uses.source = operation.remake, x.values
        return bind_mask(y, binding)


@dataclass(frozen=True)
class AveragePool:
    """The mean of each `size` steps, `stride` apart (default: size), over the steps that are there."""

    kind: ClassVar[str] = "average_pool"
    size: int
    stride: int | None = None
    padding: PoolPadding = "valid"

    def __post_init__(self) -> None:
        _require(self)

    def output(self, shape: Shape) -> Shape:
        return _output(self, shape)

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = _pooled(self, x, binding, retained=False)
        binding.add(_AveragePool(self, x, y, binding), x, y, forgets=(x, y))
        return bind_mask(y, binding)


Pool = MaxPool | AveragePool


def _require(spec: Pool) -> None:
    require_positive(size=spec.size, stride=spec.size if spec.stride is None else spec.stride)
    require_choice("padding", spec.padding, ("valid", "same"))


def _output(spec: Pool, shape: Shape) -> Shape:
    require_series(shape, "pooling")
    widths = pad_widths(spec.padding, spec.size)
    count = require_windows(shape, spec.size, spec.stride or spec.size, 1, widths, f"a window of {spec.size}")
    return Shape(shape.channels, count)


def _pooled(spec: Pool, x: Activation, binding: Binding, *, retained: bool) -> Activation:
    shape = _output(spec, x.shape)
    widths, stride = pad_widths(spec.padding, spec.size), spec.stride or spec.size
    lengths = binding.derive(
        x.lengths, lambda valid: window_count(valid, spec.size, stride, 1, widths), shape.length or 0
    )
    return binding.activation(shape, x, lengths=lengths, retained=retained)


class _Taps:
    """The steps under each tap of the window: pairs of (windows, steps) slices, edges left out."""

    def __init__(self, spec: Pool, x: Activation, y: Activation) -> None:
        stride = spec.stride or spec.size
        sliding = Sliding(pad_widths(spec.padding, spec.size)[0], spec.size, stride, 1, y.length)
        self.pairs: list[tuple[slice, slice]] = []
        for tap in range(spec.size):
            low, high = tap_range(sliding, tap, x.length, slice(0, y.length))
            if high > low:
                start = low * stride + tap - sliding.left
                self.pairs.append((slice(low, high), slice(start, start + (high - low - 1) * stride + 1, stride)))


class _MaxPool:
    def __init__(self, spec: MaxPool, x: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.y, self.binding = x, y, binding
        self.taps = _Taps(spec, x, y)
        self.hidden = binding.storage(x.length, x.channels) if x.lengths is not None else None
        most = max(piece.stop - piece.start for piece in in_cache(slice(0, x.batch), x.length, x.channels))
        for name in ("columns", "rows", "products"):
            binding.reserve_scratch(name, most * y.length * y.channels)

    def prepare(self) -> None:
        pass

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self.remake,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradient,)

    def _source(self, cases: slice) -> Array:
        """x, with padding below every value where lengths differ."""
        if self.hidden is None or self.x.lengths is None:
            return self.x.values.steps[cases]
        source = self.hidden.steps[cases]
        source[...] = np.where(self.x.lengths.mask[cases] > 0, self.x.values.steps[cases], -np.inf)
        return source

    def remake(self, shard: int) -> None:
        """Writes y; in the backward pass once more, so that nobody need keep it in between."""
        for cases in in_cache(self.binding.shards[shard], self.x.length, self.x.channels):
            x, y = self._source(cases), self.y.values.steps[cases]
            y.fill(-np.inf)
            for windows, steps in self.taps.pairs:
                np.maximum(y[:, windows], x[:, steps], out=y[:, windows])
            if self.x.lengths is not None:
                y[np.isneginf(y)] = 0

    def _gradient(self, shard: int) -> None:
        if self.x.gradient is None or self.y.gradient is None:
            return
        for cases in in_cache(self.binding.shards[shard], self.x.length, self.x.channels):
            x, y = self._source(cases), self.y.values.steps[cases]
            dx, dy = self.x.gradient.steps[cases], self.y.gradient.steps[cases]
            share = self.binding.scratch("columns", shard, y.size).reshape(y.shape)
            free = flags(self.binding.scratch("rows", shard, y.size), y.shape)
            here = flags(self.binding.scratch("products", shard, y.size), y.shape)
            dx.fill(0)
            free.fill(True)
            for windows, steps in self.taps.pairs:
                chosen = here[:, windows]
                np.equal(x[:, steps], y[:, windows], out=chosen)
                np.logical_and(chosen, free[:, windows], out=chosen)
                np.logical_xor(free[:, windows], chosen, out=free[:, windows])
                np.multiply(dy[:, windows], chosen, out=share[:, windows])
                np.add(dx[:, steps], share[:, windows], out=dx[:, steps])


class _AveragePool:
    def __init__(self, spec: AveragePool, x: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.y, self.binding = x, y, binding
        self.taps = _Taps(spec, x, y)

    def prepare(self) -> None:
        x, y = self.x, self.y
        batch = 1 if x.lengths is None else x.batch
        self.counts = np.zeros((batch, y.length, 1), self.binding.dtype)
        for windows, _ in self.taps.pairs:
            self.counts[:, windows] += 1
        self.share = None if x.gradient is None else np.zeros(y.values.steps.shape, self.binding.dtype)

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._mean,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradient,)

    def _divisors(self, cases: slice) -> Array:
        return self.counts if self.counts.shape[0] == 1 else self.counts[cases]

    def _mean(self, shard: int) -> None:
        cases = self.binding.shards[shard]
        x, y, counts = self.x.values.steps[cases], self.y.values.steps[cases], self._divisors(cases)
        y.fill(0)
        for windows, steps in self.taps.pairs:
            np.add(y[:, windows], x[:, steps], out=y[:, windows])
        if self.x.lengths is not None:
            counts = self.counts[cases]
            counts.fill(0)
            for windows, steps in self.taps.pairs:
                counts[:, windows] += self.x.lengths.mask[cases][:, steps]
            np.maximum(counts, 1, out=counts)
        np.divide(y, counts, out=y)

    def _gradient(self, shard: int) -> None:
        if self.x.gradient is None or self.y.gradient is None or self.share is None:
            return
        cases = self.binding.shards[shard]
        dx, share = self.x.gradient.steps[cases], self.share[cases]
        np.divide(self.y.gradient.steps[cases], self._divisors(cases), out=share)
        dx.fill(0)
        for windows, steps in self.taps.pairs:
            np.add(dx[:, steps], share[:, windows], out=dx[:, steps])

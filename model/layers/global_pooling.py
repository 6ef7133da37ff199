"""What makes a vector of a series of any length: its mean, its maximum, or its last step; padding is not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.geometry import Shape, require_series

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.parameters import Parameter


@dataclass(frozen=True)
class GlobalAveragePool:
    """The mean of the valid steps of each channel."""

    kind: ClassVar[str] = "global_average_pool"

    def output(self, shape: Shape) -> Shape:
        return _vector(shape)

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.activation(_vector(x.shape), x)
        binding.add(_Mean(x, y, binding), x, y, forgets=(x, y))
        return y


@dataclass(frozen=True)
class GlobalMaxPool:
    """The greatest valid value of each channel."""

    kind: ClassVar[str] = "global_max_pool"

    def output(self, shape: Shape) -> Shape:
        return _vector(shape)

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.activation(_vector(x.shape), x)
        binding.add(_Pick(x, y, binding, greatest=True), x, y, forgets=(x, y))
        return y


@dataclass(frozen=True)
class LastStep:
    """The last valid step: the whole past of a causal network."""

    kind: ClassVar[str] = "last_step"

    def output(self, shape: Shape) -> Shape:
        return _vector(shape)

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.activation(_vector(x.shape), x)
        binding.add(_Pick(x, y, binding, greatest=False), x, y, forgets=(x, y))
        return y


def _vector(shape: Shape) -> Shape:
    require_series(shape, "a global pooling")
    return Shape(shape.channels, vector=True)


class _Mean:
    def __init__(self, x: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.y, self.binding = x, y, binding

    def prepare(self) -> None:
        self.ones = np.ones((1, self.x.length), self.binding.dtype)

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._mean,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradient,)

    def _share(self, cases: slice) -> Array:
        """One over the valid steps: a scalar, or (n, 1, 1)."""
        dtype = self.binding.dtype
        if self.x.lengths is None:
            return np.full((1, 1, 1), 1.0 / self.x.length, dtype)
        counts: Array = np.maximum(self.x.lengths.counts[cases], 1)
        return (1.0 / counts).astype(dtype)[:, None, None]

    def _mean(self, shard: int) -> None:
        cases = self.binding.shards[shard]
        y = self.y.values.steps[cases]
        np.matmul(self.ones, self.x.values.steps[cases], out=y)
        np.multiply(y, self._share(cases), out=y)

    def _gradient(self, shard: int) -> None:
        if self.x.gradient is None or self.y.gradient is None:
            return
        cases = self.binding.shards[shard]
        dy, dx = self.y.gradient.steps[cases], self.x.gradient.steps[cases]
        np.multiply(dy, self._share(cases), out=dy)
        np.copyto(dx, dy)
        if self.x.lengths is not None:
            np.multiply(dx, self.x.lengths.mask[cases], out=dx)


class _Pick:
    """One step a case and channel: of the greatest value (the first of equals), or the last valid one."""

    def __init__(self, x: Activation, y: Activation, binding: Binding, *, greatest: bool) -> None:
        self.x, self.y, self.binding, self.greatest = x, y, binding, greatest

    def prepare(self) -> None:
        self.chosen = np.zeros((self.x.batch, 1, self.x.channels), np.int64)

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._pick,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradient,)

    def _pick(self, shard: int) -> None:
        cases = self.binding.shards[shard]
        x, chosen, lengths = self.x.values.steps[cases], self.chosen[cases], self.x.lengths
        if self.greatest:
            seen = x if lengths is None else np.where(lengths.mask[cases] > 0, x, -np.inf)
            np.argmax(seen, axis=1, out=chosen[:, 0])
        elif lengths is None:
            chosen[...] = self.x.length - 1
        else:
            chosen[...] = np.maximum(lengths.counts[cases] - 1, 0)[:, None, None]
        self.y.values.steps[cases] = np.take_along_axis(x, chosen, axis=1)

    def _gradient(self, shard: int) -> None:
        if self.x.gradient is None or self.y.gradient is None:
            return
        cases = self.binding.shards[shard]
        dx = self.x.gradient.steps[cases]
        dx.fill(0)
        np.put_along_axis(dx, self.chosen[cases], self.y.gradient.steps[cases], axis=1)

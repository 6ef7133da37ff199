"""Batch normalization: Ioffe and Szegedy 2015, with the rectifier that usually follows it done in the same pass.

y = gain * (x - mean) / sqrt(variance + epsilon) + shift, mean and variance over cases and valid steps of each channel.
dx = gain / deviation * (dy - mean(dy) - centred * mean(dy * centred) / deviation**2)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.kernels.activation import flags, rectify, rectify_gradient
from model.kernels.blocks import in_cache
from model.layers.layer import require_between
from model.layers.mask import bind_mask
from model.parameters import Parameter

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.geometry import Shape


@dataclass(frozen=True)
class BatchNormalization:
    """momentum: the share of the running mean and variance that a step keeps."""

    kind: ClassVar[str] = "batch_normalization"
    momentum: float = 0.9
    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        require_between("momentum", self.momentum, 0.0, 1.0)
        require_between("epsilon", self.epsilon, 1e-12, 1.0)

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        return Parameter("gain", (shape.channels,), "ones"), Parameter("shift", (shape.channels,))

    def state(self, shape: Shape) -> tuple[Parameter, ...]:
        return Parameter("mean", (shape.channels,)), Parameter("variance", (shape.channels,), "ones")

    def bind(self, x: Activation, binding: Binding) -> Activation:
        return bind_normalization(self, x, binding, rectified=False)


def bind_normalization(
    spec: BatchNormalization, x: Activation, binding: Binding, *, rectified: bool, bias: Array | None = None
) -> Activation:
    """Adds the normalization, and a rectifier in the same pass when one follows.

    bias: that of the convolution before it, which batch statistics cancel: only the running mean needs it.
    """
    if not binding.training:
        y = binding.in_place(x)
        binding.add(_Running(spec, x, y, binding, rectified=rectified), x, y)
    else:
        y = binding.in_place(x, keep_input=True, retained=rectified)
        operation = _Batch(spec, x, y, binding, rectified=rectified, bias=bias)
        binding.add(operation, x, y, forgets=() if rectified else (y,))
        y.values.uses.remake = operation.remake
    return bind_mask(y, binding)


def rows_together(length: int, channels: int) -> int:
    """Steps that a channel's numbers are repeated for: a divisor of the length, so that whole runs meet whole runs.

    Against one row of C numbers NumPy starts an inner loop a step; against several rows it is up to three times as
    quick.
    """
    most = max(1, REPEATED // channels)
    return max(rows for rows in range(1, min(length, most) + 1) if length % rows == 0)


REPEATED = 16 * 1024
"""Numbers in a repeated row: a few of them fit the first-level cache."""


class _Running:
    """Inference: one affine map by the running statistics."""

    def __init__(
        self, spec: BatchNormalization, x: Activation, y: Activation, binding: Binding, *, rectified: bool
    ) -> None:
        self.spec, self.x, self.y, self.binding, self.rectified = spec, x, y, binding, rectified
        self.gain, self.shift = binding.weight("gain").value, binding.weight("shift").value
        self.mean, self.variance = binding.state("mean"), binding.state("variance")
        self.scale, self.offset = np.ones_like(self.gain), np.zeros_like(self.shift)

    def prepare(self) -> None:
        self.zeros = np.zeros((1, 1, self.x.channels), self.binding.dtype)

    def refresh(self) -> None:
        self.scale[...] = self.gain / np.sqrt(self.variance + self.spec.epsilon)
        self.offset[...] = self.shift - self.mean * self.scale

    def forward(self) -> tuple[Stage, ...]:
        return (self._map,)

    def backward(self) -> tuple[Stage, ...]:
        return ()

    def _map(self, shard: int) -> None:
        for cases in in_cache(self.binding.shards[shard], self.x.length, self.x.channels):
            y = self.y.values.steps[cases]
            np.multiply(self.x.values.steps[cases], self.scale, out=y)
            np.add(y, self.offset, out=y)
            if self.rectified:
                rectify(y, self.zeros, y)


class _Batch:
    """Training: statistics of the batch. The input is centred where it stands, and stays so for the backward pass."""

    def __init__(
        self,
        spec: BatchNormalization,
        x: Activation,
        y: Activation,
        binding: Binding,
        *,
        rectified: bool,
        bias: Array | None,
    ) -> None:
        self.spec, self.x, self.y, self.binding = spec, x, y, binding
        self.rectified, self.bias = rectified, bias
        self.gain, self.shift = binding.weight("gain"), binding.weight("shift")
        self.mean, self.variance = binding.state("mean"), binding.state("variance")
        self.centred = binding.storage(x.length, x.channels) if x.retained else x.values.overwritten()
        largest = max(in_cache(slice(0, x.batch), x.length, x.channels), key=lambda piece: piece.stop - piece.start)
        self.largest = (largest.stop - largest.start) * x.length * x.channels
        binding.reserve_scratch("columns", self.largest)
        binding.reserve_scratch("zeros", self.largest)

    def prepare(self) -> None:
        shards, channels, dtype = len(self.binding.shards), self.x.channels, self.binding.dtype
        self.sums, self.squares = np.zeros((shards, channels), dtype), np.zeros((shards, channels), dtype)
        self.part = np.zeros((shards, channels), dtype)
        self.by_case = np.zeros((shards, self.x.batch, channels), dtype)
        self.deviation = np.zeros((shards, channels), dtype)
        self.ones = np.ones(self.largest // max(channels, 1), dtype)
        self.pieces = [in_cache(shard, self.x.length, channels) for shard in self.binding.shards]
        self.together = rows_together(self.x.length, channels)
        self.repeated = np.zeros((shards, 3, self.together, channels), dtype)
        self.mask = None if self.x.lengths is None else self.x.lengths.mask

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return self._sum, self._centre, self._normalize

    def backward(self) -> tuple[Stage, ...]:
        return self._sum_gradients, self._input_gradient

    def _count(self) -> float:
        """Valid steps in the whole batch."""
        lengths = self.x.lengths
        return float(self.x.batch * self.x.length if lengths is None else max(int(lengths.counts.sum()), 1))

    def _channel_sums(self, x: Array, shard: int, out: Array) -> None:
        """Adds to `out` the sum of x (n, L, C) over cases and steps: a product with ones where memory allows it."""
        part = self.part[shard]
        if x.flags.c_contiguous:
            np.matmul(self.ones[: x.shape[0] * x.shape[1]], x.reshape(-1, x.shape[2]), out=part)
        else:
            by_case = self.by_case[shard][: x.shape[0]]
            np.matmul(self.ones[: x.shape[1]], x, out=by_case)
            np.add.reduce(by_case, axis=0, out=part)
        np.add(out, part, out=out)

    def _repeat(self, row: Array, shard: int, slot: int) -> Array:
        """A row (C,) repeated, as it meets `_runs`; three slots can be in use at once."""
        repeated: Array = self.repeated[shard, slot]
        np.copyto(repeated, row)
        return repeated.reshape(-1)

    def _runs(self, x: Array) -> Array:
        """Gives x (n, L, C) as (n, L / rows, rows * C), a view."""
        runs: Array = x.reshape(x.shape[0], -1, self.together * x.shape[2])
        return runs

    def _scratch(self, name: str, like: Array, shard: int) -> Array:
        return self.binding.scratch(name, shard, like.size).reshape(like.shape)

    def _sum(self, shard: int) -> None:
        self.sums[shard] = 0
        for cases in self.pieces[shard]:
            self._channel_sums(self.x.values.steps[cases], shard, self.sums[shard])

    def _centre(self, shard: int) -> None:
        mean = np.add.reduce(self.sums, axis=0) / self.x.values.steps.dtype.type(self._count())
        self.squares[shard] = 0
        row = self._repeat(mean, shard, 0)
        for cases in self.pieces[shard]:
            centred = self.centred.steps[cases]
            np.subtract(self._runs(self.x.values.steps[cases]), row, out=self._runs(centred))
            if self.mask is not None:
                np.multiply(centred, self.mask[cases], out=centred)
            squares = self._scratch("columns", centred, shard)
            np.square(centred, out=squares)
            self._channel_sums(squares, shard, self.squares[shard])
        if shard == 0:
            running, keep = self.mean, self.mean.dtype.type(self.spec.momentum)
            running *= keep
            running += (1 - keep) * (mean if self.bias is None else mean + self.bias)

    def _normalize(self, shard: int) -> None:
        count = self.variance.dtype.type(self._count())
        variance = np.add.reduce(self.squares, axis=0) / count
        np.sqrt(variance + variance.dtype.type(self.spec.epsilon), out=self.deviation[shard])
        self.remake(shard)
        if shard == 0:
            keep = self.variance.dtype.type(self.spec.momentum)
            self.variance *= keep
            self.variance += (1 - keep) * variance * (count / max(count - 1, 1))

    def remake(self, shard: int) -> None:
        """Writes y from the centred input; in the backward pass once more, so that nobody need keep it in between."""
        scale = self._repeat(self.gain.value / self.deviation[shard], shard, 0)
        shift = self._repeat(self.shift.value, shard, 1)
        for cases in self.pieces[shard]:
            y = self.y.values.steps[cases]
            runs = self._runs(y)
            np.multiply(self._runs(self.centred.steps[cases]), scale, out=runs)
            np.add(runs, shift, out=runs)
            if self.rectified:
                rectify(y, self._scratch("zeros", y, shard), y)

    def _sum_gradients(self, shard: int) -> None:
        if self.y.gradient is None:
            return
        d_gain, d_shift = self.gain.gradients[shard], self.shift.gradients[shard]
        d_gain[...] = 0
        d_shift[...] = 0
        for cases in self.pieces[shard]:
            dy = self.y.gradient.steps[cases]
            if self.rectified:
                positive = flags(self.binding.scratch("columns", shard, dy.size), dy.shape)
                rectify_gradient(dy, self.y.values.steps[cases], positive)
            self._channel_sums(dy, shard, d_shift)
            product = self._scratch("columns", dy, shard)
            np.multiply(dy, self.centred.steps[cases], out=product)
            self._channel_sums(product, shard, d_gain)
        self.sums[shard], self.squares[shard] = d_shift, d_gain
        d_gain /= self.deviation[shard]

    def _input_gradient(self, shard: int) -> None:
        if self.y.gradient is None or self.x.gradient is None:
            return
        count, deviation = self.deviation.dtype.type(self._count()), self.deviation[shard]
        mean_dy = np.add.reduce(self.sums, axis=0) / count
        slope = np.add.reduce(self.squares, axis=0) / (count * deviation * deviation)
        scale = self.gain.value / deviation
        # dx = scale dy - (scale slope centred + scale mean_dy)
        of_dy, of_centred = self._repeat(scale, shard, 0), self._repeat(scale * slope, shard, 1)
        constant = self._repeat(scale * mean_dy, shard, 2)
        for cases in self.pieces[shard]:
            dx, dy = self._runs(self.x.gradient.steps[cases]), self._runs(self.y.gradient.steps[cases])
            explained = self._scratch("columns", self.y.gradient.steps[cases], shard).reshape(dy.shape)
            np.multiply(self._runs(self.centred.steps[cases]), of_centred, out=explained)
            np.add(explained, constant, out=explained)
            np.multiply(dy, of_dy, out=dx)
            np.subtract(dx, explained, out=dx)

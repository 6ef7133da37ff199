"""Weight normalization (Salimans and Kingma 2016): a kernel as its lengths and its directions, learned apart.

w = g v / |v| for each output, |v| over its taps and inputs
dg = <dw, v> / |v|,  dv = g / |v| (dw - dg v / |v|)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from model.parameters import Parameter

if TYPE_CHECKING:
    from model.arrays import Array
    from model.binding import Binding

LEAST = 1e-12
"""The length below which a direction is none."""


def normalized_parameters(kernel: Parameter) -> tuple[Parameter, Parameter]:
    """Direction (groups, K, C / groups, F / groups) and gain (F,), which together start as the kernel would.

    Weight decay is the gain's alone: the length of a direction changes nothing.
    """
    direction = replace(kernel, name="direction", decay=False)
    outputs = kernel.shape[0] * kernel.shape[3]
    return direction, Parameter("gain", (outputs,), decay=True, norms_of="direction")


def normalized(direction: Array, gain: Array) -> Array:
    """The kernel that both make."""
    kernel: Array = direction * (_by_output(gain, direction) / _lengths(direction))
    return kernel


class NormalizedKernel:
    """A kernel source; see `kernel_source`."""

    def __init__(self, binding: Binding, *, biased: bool) -> None:
        self._direction, self._gain = binding.weight("direction"), binding.weight("gain")
        self._bias = binding.weight("bias") if biased else None
        self.value: Array = np.zeros_like(self._direction.value)
        self.bias: Array | None = None if self._bias is None else self._bias.value
        self._gradients = [np.zeros_like(self.value) for _ in self._direction.gradients]

    @property
    def learns(self) -> bool:
        return True

    def refresh(self) -> None:
        self.value[...] = normalized(self._direction.value, self._gain.value)

    def kernel_gradient(self, shard: int) -> Array:
        return self._gradients[shard]

    def bias_gradient(self, shard: int) -> Array | None:
        return None if self._bias is None else self._bias.gradients[shard]

    def finish(self, shard: int) -> None:
        v, dw = self._direction.value, self._gradients[shard]
        lengths = _lengths(v)
        unit = v / lengths
        d_gain = np.add.reduce(dw * unit, axis=(1, 2), keepdims=True)
        self._gain.gradients[shard][...] = d_gain.ravel()
        scale = _by_output(self._gain.value, v) / lengths
        np.multiply(dw - d_gain * unit, scale, out=self._direction.gradients[shard])


def _lengths(direction: Array) -> Array:
    """(groups, 1, 1, F / groups)."""
    squares = np.add.reduce(np.square(direction), axis=(1, 2), keepdims=True)
    lengths: Array = np.maximum(np.sqrt(squares), direction.dtype.type(LEAST))
    return lengths


def _by_output(values: Array, kernel: Array) -> Array:
    """(F,) as (groups, 1, 1, F / groups)."""
    return values.reshape(kernel.shape[0], 1, 1, -1)

"""The kernel that a convolution multiplies by: as it is stored, or made from what is stored.

Both ways to compute a convolution read `value` and `bias` and write gradients where `kernel_gradient` and
`bias_gradient` say; how the stored parameters become a kernel is told here, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from model.arrays import Array
    from model.binding import Binding


@dataclass(frozen=True, eq=False)
class Folding:
    """An inference-time batch normalization behind the kernel: y = (x - mean) * gain / deviation + shift."""

    gain: Array
    shift: Array
    mean: Array
    variance: Array
    epsilon: float


class KernelSource(Protocol):
    """value: (groups, K, C / groups, F / groups); bias: (F,), (L, F) untied, or None. Valid after `refresh`."""

    value: Array
    bias: Array | None

    @property
    def learns(self) -> bool:
        """Whether anybody wants gradients by value and bias."""

    def refresh(self) -> None:
        """Makes value and bias from the stored parameters."""

    def kernel_gradient(self, shard: int) -> Array:
        """Where a shard's gradient by `value` goes, in its shape."""

    def bias_gradient(self, shard: int) -> Array | None:
        """Where a shard's gradient by `bias` goes; None without one."""

    def finish(self, shard: int) -> None:
        """Turns a shard's gradient by `value` into gradients by the stored parameters."""


class StoredKernel:
    """The parameters themselves."""

    def __init__(self, binding: Binding, *, biased: bool) -> None:
        self._kernel = binding.weight("kernel")
        self._bias = binding.weight("bias") if biased else None
        self.value: Array = self._kernel.value
        self.bias: Array | None = None if self._bias is None else self._bias.value

    @property
    def learns(self) -> bool:
        return True

    def refresh(self) -> None:
        pass

    def kernel_gradient(self, shard: int) -> Array:
        return self._kernel.gradients[shard]

    def bias_gradient(self, shard: int) -> Array | None:
        return None if self._bias is None else self._bias.gradients[shard]

    def finish(self, shard: int) -> None:
        pass


class FixedKernel:
    """A kernel (groups, K, C / groups, F / groups) that nothing changes; its gradient is written where nobody reads."""

    def __init__(self, kernel: Array, binding: Binding) -> None:
        self.value: Array = kernel.astype(binding.dtype)
        self.bias: Array | None = None
        self._unread = [np.zeros_like(self.value) for _ in binding.shards]

    @property
    def learns(self) -> bool:
        return False

    def refresh(self) -> None:
        pass

    def kernel_gradient(self, shard: int) -> Array:
        return self._unread[shard]

    def bias_gradient(self, _shard: int) -> Array | None:
        return None

    def finish(self, shard: int) -> None:
        pass


class FoldedKernel:
    """Another source's kernel with a normalization folded in; for inference, so there are no gradients."""

    def __init__(self, source: KernelSource, folding: Folding) -> None:
        self._source, self._folding = source, folding
        self.value: Array = np.empty_like(source.value)
        self._folded_bias = np.empty_like(folding.shift)
        self.bias: Array | None = self._folded_bias

    @property
    def learns(self) -> bool:
        return False

    def refresh(self) -> None:
        self._source.refresh()
        folding, groups = self._folding, self.value.shape[0]
        scale = folding.gain / np.sqrt(folding.variance + self.value.dtype.type(folding.epsilon))
        np.multiply(self._source.value, scale.reshape(groups, 1, 1, -1), out=self.value)
        own = 0 if self._source.bias is None else self._source.bias
        self._folded_bias[...] = (own - folding.mean) * scale + folding.shift

    def kernel_gradient(self, shard: int) -> Array:
        return self._source.kernel_gradient(shard)

    def bias_gradient(self, shard: int) -> Array | None:
        return self._source.bias_gradient(shard)

    def finish(self, shard: int) -> None:
        self._source.finish(shard)

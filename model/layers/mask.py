"""The mask: steps past a case's length are zero, in values on the way forward and in gradients on the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage


def bind_mask(x: Activation, binding: Binding) -> Activation:
    """Returns x itself, masked in place behind a layer that may leave something in the padding; nothing where lengths
    are equal.
    """
    if x.lengths is not None:
        binding.add(_Mask(x, x.lengths.mask, binding), x, forgets=(x,), loose=(x,))
        x.values.overwritten()
    return x


class _Mask:
    def __init__(self, x: Activation, mask: Array, binding: Binding) -> None:
        self.x, self.mask, self.shards = x, mask, binding.shards

    def prepare(self) -> None:
        self.values = self.x.values.steps
        self.gradient = None if self.x.gradient is None else self.x.gradient.steps

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._hide,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._hide_gradient,)

    def _hide(self, shard: int) -> None:
        cases = self.shards[shard]
        np.multiply(self.values[cases], self.mask[cases], out=self.values[cases])

    def _hide_gradient(self, shard: int) -> None:
        if self.gradient is not None:
            cases = self.shards[shard]
            np.multiply(self.gradient[cases], self.mask[cases], out=self.gradient[cases])

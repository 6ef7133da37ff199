"""The loss of cases that were mixed: of both their classes, in the shares that they were mixed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from model.arrays import Array
    from model.losses.loss import LossSpec

PARTS = 3
"""Of a target: the class, another class, and the share of the other."""


@dataclass(frozen=True)
class Mixed:
    """(1 - s) loss(class) + s loss(other), for a loss over classes."""

    kind: ClassVar[str] = "mixed"
    loss: LossSpec

    def targets_like(self, outputs: Array) -> Array:
        self.loss.targets_like(outputs)  # refuses what does not fit the outputs
        return np.zeros((*outputs.shape[:2], PARTS), outputs.dtype)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        share = targets[..., 2:]
        label, other = (targets[..., place].astype(np.int64) for place in (0, 1))
        total = self.loss.evaluate(outputs, label, weights * (1 - share), gradient)
        if not share.any():
            return total
        second = None if gradient is None else np.empty_like(gradient)
        total += self.loss.evaluate(outputs, other, weights * share, second)
        if gradient is not None and second is not None:
            gradient += second
        return total

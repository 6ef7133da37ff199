"""A loss whose gradient is its targets: a single layer's backward pass begins with a gradient given beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from model.arrays import Array


@dataclass(frozen=True)
class GivenGradient:
    """Copies the targets (N, L, F) to the gradient; the copy is part of our time."""

    kind: ClassVar[str] = "given_gradient"

    def targets_like(self, outputs: Array) -> Array:
        return np.zeros_like(outputs)

    def evaluate(self, _outputs: Array, targets: Array, _weights: Array, gradient: Array | None) -> float:
        if gradient is not None:
            np.copyto(gradient, targets)
        return 0.0

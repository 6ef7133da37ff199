"""Losses: a frozen spec, bound to a plan's output; each gives the weighted mean loss and its gradient by the output.

Rows are cases, or every step of every case where a network answers step by step. A row's weight is its case's weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from model.errors import InvalidSpec

if TYPE_CHECKING:
    from model.arrays import Array


class LossSpec(Protocol):
    """`targets_like` makes the array of targets for outputs of a shape; `evaluate` fills the gradient."""

    kind: ClassVar[str]

    def targets_like(self, outputs: Array) -> Array:
        """Zeroed targets for outputs (N, L, K)."""

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        """Sum of weighted losses over the rows of outputs (n, L, K); gradient (n, L, K) is of that sum.

        weights: (n, L, 1), already divided by their total over the batch.
        """


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    """-sum_k t_k log softmax(z)_k, with t the class smoothed by `label_smoothing` towards all classes alike."""

    kind: ClassVar[str] = "softmax_cross_entropy"
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.label_smoothing < 1.0:
            raise InvalidSpec(
                f"label_smoothing is {self.label_smoothing!r}, but must be at least 0 and below 1",
                pointer="/label_smoothing",
            )

    def targets_like(self, outputs: Array) -> Array:
        return np.zeros(outputs.shape[:2], np.int64)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        top = outputs.max(axis=2, keepdims=True)
        shifted = outputs - top
        exponentials = np.exp(shifted)
        totals = exponentials.sum(axis=2, keepdims=True)
        logs = shifted - np.log(totals)
        if self.class_weights is not None:
            weights = weights * np.asarray(self.class_weights, outputs.dtype)[targets][..., None]
        classes = outputs.shape[2]
        smooth = outputs.dtype.type(self.label_smoothing / classes)
        chosen = np.take_along_axis(logs, targets[..., None], axis=2)
        losses = -(1 - smooth * classes) * chosen - smooth * logs.sum(axis=2, keepdims=True)
        if gradient is not None:
            np.divide(exponentials, totals, out=gradient)
            gradient -= smooth
            picked = np.take_along_axis(gradient, targets[..., None], axis=2)
            np.put_along_axis(gradient, targets[..., None], picked - (1 - smooth * classes), axis=2)
            gradient *= weights
        return float((losses * weights).sum())


@dataclass(frozen=True)
class MeanSquaredError:
    """mean_k (y_k - t_k)^2."""

    kind: ClassVar[str] = "mean_squared_error"

    def targets_like(self, outputs: Array) -> Array:
        return np.zeros_like(outputs)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        errors = outputs - targets
        if gradient is not None:
            np.multiply(errors, weights * outputs.dtype.type(2.0 / outputs.shape[2]), out=gradient)
        return float((np.square(errors).mean(axis=2, keepdims=True) * weights).sum())

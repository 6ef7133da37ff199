"""Losses over numbers: outputs and targets are (N, L, K), and a row's loss is the mean over its K.

Quantile loss has as many outputs for each target as there are quantiles, one target after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.errors import InvalidSpec, told
from model.losses.loss import require_within

if TYPE_CHECKING:
    from model.arrays import Array


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


@dataclass(frozen=True)
class MeanAbsoluteError:
    """mean_k |y_k - t_k|; where they are equal the gradient is zero."""

    kind: ClassVar[str] = "mean_absolute_error"

    def targets_like(self, outputs: Array) -> Array:
        return np.zeros_like(outputs)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        errors = outputs - targets
        if gradient is not None:
            np.multiply(np.sign(errors), weights / outputs.shape[2], out=gradient)
        return float((np.abs(errors).mean(axis=2, keepdims=True) * weights).sum())


@dataclass(frozen=True)
class Huber:
    """mean_k of e^2 / 2 where |e| <= delta, and of delta (|e| - delta / 2) beyond (Huber 1964)."""

    kind: ClassVar[str] = "huber"
    delta: float = 1.0

    def __post_init__(self) -> None:
        require_within("delta", self.delta, 1e-9, 1e9)

    def targets_like(self, outputs: Array) -> Array:
        return np.zeros_like(outputs)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        """With c = e kept within delta, both cases are c (e - c / 2)."""
        errors = outputs - targets
        kept = np.clip(errors, -self.delta, self.delta)
        if gradient is not None:
            np.multiply(kept, weights / outputs.shape[2], out=gradient)
        losses = kept * (errors - outputs.dtype.type(0.5) * kept)
        return float((losses.mean(axis=2, keepdims=True) * weights).sum())


@dataclass(frozen=True)
class Quantile:
    """Pinball loss (Koenker and Bassett 1978): max(q e, (q - 1) e) with e = t - y, for each target and quantile q.

    outputs: (N, L, targets * quantiles), the quantiles of a target side by side.
    """

    kind: ClassVar[str] = "quantile"
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)

    def __post_init__(self) -> None:
        _require_quantiles(self.quantiles)

    def targets_like(self, outputs: Array) -> Array:
        targets, left_over = divmod(outputs.shape[2], len(self.quantiles))
        if left_over:
            raise InvalidSpec(
                f"quantiles has {len(self.quantiles)} entries, which do not divide the network's "
                f"{outputs.shape[2]} outputs",
                pointer="/quantiles",
            )
        return np.zeros((*outputs.shape[:2], targets), outputs.dtype)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        errors = targets[..., None] - outputs.reshape(*targets.shape, -1)
        quantiles = np.asarray(self.quantiles, outputs.dtype)
        slopes = np.where(errors > 0, quantiles, quantiles - 1) * (errors != 0)
        if gradient is not None:
            np.multiply(slopes.reshape(outputs.shape), -weights / outputs.shape[2], out=gradient)
        losses = (errors * slopes).reshape(outputs.shape)
        return float((losses.mean(axis=2, keepdims=True) * weights).sum())


def percent(quantile: float) -> str:
    """How a quantile is told, of a hundred: 10 for 0.1, 2.5 for 0.025."""
    return f"{100 * quantile:.6g}"


def _require_quantiles(given: object) -> None:
    if not isinstance(given, tuple) or not given:
        raise InvalidSpec(f"quantiles is {told(given)}, but must be numbers between 0 and 1", pointer="/quantiles")
    for quantile in given:
        require_within("quantiles", quantile, 1e-6, 1 - 1e-6)
    if list(given) != sorted(given) or len(set(map(percent, given))) < len(given):  # outputs are named by the percent
        wanted = "must rise from one to the next, by what six digits tell"
        raise InvalidSpec(f"quantiles is {told(given)}, but {wanted}", pointer="/quantiles")

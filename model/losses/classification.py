"""Losses over classes: outputs are logits, one a class.

Targets are class indices (N, L) int64, or, for binary cross-entropy, shares of one for every class by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.errors import InvalidSpec, told
from model.losses.loss import require_weights, require_within

if TYPE_CHECKING:
    from model.arrays import Array

LEAST = 1e-12


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    """-sum_k t_k log softmax(z)_k, with t the class smoothed by `label_smoothing` towards all classes alike.

    class_weights: a factor on the loss of each class's rows.
    """

    kind: ClassVar[str] = "softmax_cross_entropy"
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        require_weights("class_weights", self.class_weights)
        if not 0.0 <= self.label_smoothing < 1.0:
            raise InvalidSpec(
                f"label_smoothing is {told(self.label_smoothing)}, but must be at least 0 and below 1",
                pointer="/label_smoothing",
            )

    def targets_like(self, outputs: Array) -> Array:
        return _classes_like(outputs, self.class_weights)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        weights = _class_weighted(weights, targets, self.class_weights)
        logs, shares = log_softmax(outputs)
        classes = outputs.shape[2]
        smooth = outputs.dtype.type(self.label_smoothing / classes)
        losses = -(1 - smooth * classes) * _chosen(logs, targets)
        if smooth:
            losses -= smooth * logs.sum(axis=2, keepdims=True)
        if gradient is not None:
            np.subtract(shares, smooth, out=gradient)
            _subtract_chosen(gradient, targets, 1 - smooth * classes)
            gradient *= weights
        return float((losses * weights).sum())


@dataclass(frozen=True)
class Focal:
    """-(1 - p)^gamma log p for the share p of the true class (Lin et al. 2017): what is learned weighs less.

    dz = g (t - p_k) with g = gamma p (1 - p)^(gamma - 1) log p - (1 - p)^gamma
    """

    kind: ClassVar[str] = "focal"
    gamma: float = 2.0
    class_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        require_within("gamma", self.gamma, 0.0, 10.0)
        require_weights("class_weights", self.class_weights)

    def targets_like(self, outputs: Array) -> Array:
        return _classes_like(outputs, self.class_weights)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        weights = _class_weighted(weights, targets, self.class_weights)
        logs, shares = log_softmax(outputs)
        gamma = outputs.dtype.type(self.gamma)
        log, share = _chosen(logs, targets), _chosen(shares, targets)
        rest = np.maximum(1 - share, outputs.dtype.type(LEAST))
        focus = rest**gamma
        if gradient is not None:
            slope = (gamma * share * focus / rest * log - focus) * weights
            np.multiply(shares, -slope, out=gradient)
            _subtract_chosen(gradient, targets, -slope)
        return float((-focus * log * weights).sum())


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """For every class by itself -t log s - (1 - t) log(1 - s) with s = sigmoid(z), and the mean over classes.

    positive_weights: a factor on the first term of each class, for classes that are rare.
    """

    kind: ClassVar[str] = "binary_cross_entropy"
    positive_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        require_weights("positive_weights", self.positive_weights)

    def targets_like(self, outputs: Array) -> Array:
        _require_classes("positive_weights", self.positive_weights, outputs)
        return np.zeros_like(outputs)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        """-log s = log(1 + exp(-|z|)) + max(-z, 0), so that nothing overflows; -log(1 - s) is z more."""
        positive = outputs.dtype.type(1)
        if self.positive_weights is not None:
            positive = np.asarray(self.positive_weights, outputs.dtype)
        surprise = np.log1p(np.exp(-np.abs(outputs))) + np.clip(-outputs, 0, np.inf)
        factor = 1 + (positive - 1) * targets
        losses = (1 - targets) * outputs + factor * surprise
        if gradient is not None:
            share = 0.5 * np.tanh(0.5 * outputs) + 0.5
            np.subtract(factor * share, positive * targets, out=gradient)
            gradient *= weights / outputs.shape[2]
        return float((losses.mean(axis=2, keepdims=True) * weights).sum())


def log_softmax(outputs: Array) -> tuple[Array, Array]:
    """Logarithms of the shares, never below the least number, and the shares: (n, L, K) each."""
    with np.errstate(over="ignore"):
        shifted = outputs - outputs.max(axis=2, keepdims=True)
    np.maximum(shifted, np.finfo(outputs.dtype).min / 4, out=shifted)
    shares = np.exp(shifted)
    totals = shares.sum(axis=2, keepdims=True)
    shares /= totals
    shifted -= np.log(totals)
    return shifted, shares


def _classes_like(outputs: Array, class_weights: tuple[float, ...] | None) -> Array:
    _require_classes("class_weights", class_weights, outputs)
    return np.zeros(outputs.shape[:2], np.int64)


def _require_classes(name: str, weights: tuple[float, ...] | None, outputs: Array) -> None:
    if weights is not None and len(weights) != outputs.shape[2]:
        raise InvalidSpec(
            f"{name} has {len(weights)} entries, but the network has {outputs.shape[2]} outputs", pointer=f"/{name}"
        )


def _class_weighted(weights: Array, targets: Array, class_weights: tuple[float, ...] | None) -> Array:
    if class_weights is None:
        return weights
    weighted: Array = weights * np.asarray(class_weights, weights.dtype)[targets][..., None]
    return weighted


def _chosen(values: Array, targets: Array) -> Array:
    """(n, L, 1): the true class's."""
    return np.take_along_axis(values, targets[..., None], axis=2)


def _subtract_chosen(values: Array, targets: Array, amount: Array) -> None:
    np.put_along_axis(values, targets[..., None], _chosen(values, targets) - amount, axis=2)

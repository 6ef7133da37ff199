"""Activation layers from the standard library, one number at a time, each with its derivative written out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from model.layers.gated import Gelu, Silu
from model.layers.rectifiers import Elu, LeakyRelu
from model.layers.softmax import Softmax
from model.layers.squashing import Sigmoid, Tanh
from tests.reference.cases import Cases, Pullback, Values, each

Curve = Callable[[float], tuple[float, float]]
"""From x to f(x) and f'(x)."""


def pointwise(curve: Callable[[Any], Curve]) -> Callable[[Any, Cases, Values], tuple[Cases, Pullback]]:
    """The truth of a layer that maps every number by the curve of its spec."""

    def truth(spec: object, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
        pairs = np.vectorize(curve(spec), otypes=[float, float])

        def of_case(x: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
            y, slope = pairs(x)
            return y, lambda dy: dy * slope

        return each(cases, of_case)

    return truth


def leaky_relu(spec: LeakyRelu) -> Curve:
    return lambda x: (x, 1.0) if x > 0 else (spec.slope * x, spec.slope)


def elu(spec: Elu) -> Curve:
    return lambda x: (x, 1.0) if x > 0 else (spec.alpha * math.expm1(x), spec.alpha * math.exp(x))


def gelu(_spec: Gelu) -> Curve:
    """x Phi(x), and Phi(x) + x phi(x)."""

    def curve(x: float) -> tuple[float, float]:
        distribution = 0.5 * (1 + math.erf(x / math.sqrt(2)))
        return x * distribution, distribution + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    return curve


def silu(_spec: Silu) -> Curve:
    def curve(x: float) -> tuple[float, float]:
        gate = logistic(x)
        return x * gate, gate + x * gate * (1 - gate)

    return curve


def tanh(_spec: Tanh) -> Curve:
    return lambda x: (math.tanh(x), 1 / math.cosh(x) ** 2)


def sigmoid(_spec: Sigmoid) -> Curve:
    return lambda x: (logistic(x), logistic(x) * logistic(-x))


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def softmax(_spec: Softmax, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    """Shares of one over the channels of each step; its Jacobian is diag(y) - y y'."""

    def of_case(x: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
        powers = np.vectorize(math.exp)(x - x.max(axis=1, keepdims=True))
        y = powers / powers.sum(axis=1, keepdims=True)
        jacobians = [np.diag(share) - np.outer(share, share) for share in y]
        return y, lambda dy: np.stack([jacobian.T @ row for jacobian, row in zip(jacobians, dy, strict=True)])

    return each(cases, of_case)

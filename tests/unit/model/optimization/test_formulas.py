"""Optimizers against the formulas that PyTorch documents for its own, line by line, for one number in float64."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.optimizers import Adam, AdamW, OptimizerSpec, RmsProp, Sgd

STEPS = 25
Rule = Callable[[float, Iterator[float]], float]
"""From a weight and its gradients (the loss's own) to the weight after all of them."""


def sgd(*, rate: float, momentum: float = 0.0, nesterov: bool = False, decay: float = 0.0) -> Rule:
    def rule(w: float, gradients: Iterator[float]) -> float:
        b = None
        for given in gradients:
            g = given + decay * w
            if momentum:
                b = g if b is None else momentum * b + g
                g = g + momentum * b if nesterov else b
            w -= rate * g
        return w

    return rule


def adam(*, rate: float, betas: tuple[float, float], epsilon: float, decay: float, decoupled: bool) -> Rule:
    def rule(w: float, gradients: Iterator[float]) -> float:
        m = v = 0.0
        for t, given in enumerate(gradients, start=1):
            g = given
            if decoupled:
                w -= rate * decay * w
            else:
                g += decay * w
            m = betas[0] * m + (1 - betas[0]) * g
            v = betas[1] * v + (1 - betas[1]) * g * g
            m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
            w -= rate * m_hat / (math.sqrt(v_hat) + epsilon)
        return w

    return rule


def rmsprop(*, rate: float, alpha: float, epsilon: float, decay: float, momentum: float, centered: bool) -> Rule:
    def rule(w: float, gradients: Iterator[float]) -> float:
        v = g_average = b = 0.0
        for given in gradients:
            g = given + decay * w
            v = alpha * v + (1 - alpha) * g * g
            v_tilde = v
            if centered:
                g_average = alpha * g_average + (1 - alpha) * g
                v_tilde -= g_average * g_average
            step = g / (math.sqrt(v_tilde) + epsilon)
            if momentum:
                b = momentum * b + step
                step = b
            w -= rate * step
        return w

    return rule


def rms(spec: RmsProp) -> Rule:
    return rmsprop(
        rate=spec.learning_rate,
        alpha=spec.decay,
        epsilon=spec.epsilon,
        decay=spec.weight_decay,
        momentum=spec.momentum,
        centered=spec.centered,
    )


def adaptive(spec: Adam | AdamW) -> Rule:
    betas = (spec.beta1, spec.beta2)
    decoupled = isinstance(spec, AdamW)
    return adam(
        rate=spec.learning_rate, betas=betas, epsilon=spec.epsilon, decay=spec.weight_decay, decoupled=decoupled
    )


CASES: tuple[tuple[OptimizerSpec, Rule], ...] = (
    (Sgd(0.05), sgd(rate=0.05)),
    (Sgd(0.05, momentum=0.9), sgd(rate=0.05, momentum=0.9)),
    (Sgd(0.05, momentum=0.9, nesterov=True), sgd(rate=0.05, momentum=0.9, nesterov=True)),
    (
        Sgd(0.05, momentum=0.9, nesterov=True, weight_decay=0.1),
        sgd(rate=0.05, momentum=0.9, nesterov=True, decay=0.1),
    ),
    *((spec, adaptive(spec)) for spec in (Adam(0.02), Adam(0.02, epsilon=1e-2, weight_decay=0.1))),
    *((spec, adaptive(spec)) for spec in (AdamW(0.02), AdamW(0.02, beta1=0.5, beta2=0.9, weight_decay=0.5))),
    *(
        (spec, rms(spec))
        for spec in (
            RmsProp(0.02),
            RmsProp(0.02, decay=0.99, epsilon=1e-8, weight_decay=0.1),
            RmsProp(0.02, momentum=0.9),
            RmsProp(0.02, centered=True),
            RmsProp(0.02, decay=0.99, momentum=0.5, centered=True, weight_decay=0.1),
        )
    ),
)


@pytest.mark.parametrize(("spec", "rule"), CASES, ids=[str(spec) for spec, _ in CASES])
def test_a_weight_moves_as_the_documented_formula_says(spec: OptimizerSpec, rule: Rule) -> None:
    start = np.array([1.0, -2.0, 0.3], np.float32)
    gradients = np.random.default_rng(0).normal(0.3, 1, (STEPS, 3))
    parameters, optimizer = start.copy(), spec.bind(3)
    for gradient in gradients:
        optimizer.update(parameters, gradient.astype(np.float32))
    expected = [rule(float(w), iter(column.tolist())) for w, column in zip(start, gradients.T, strict=True)]
    np.testing.assert_allclose(parameters, expected, rtol=2e-5, atol=2e-6)


def test_a_centered_spread_never_falls_below_zero() -> None:
    parameters, optimizer = np.ones(4, np.float32), RmsProp(1e-3, centered=True).bind(4)
    for _ in range(500):
        optimizer.update(parameters, np.full(4, 0.1, np.float32))
    assert np.isfinite(parameters).all()


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(InvalidSpec, match="nesterov needs a momentum") as refusal:
        Sgd(0.1, nesterov=True)
    assert refusal.value.pointer == "/nesterov"

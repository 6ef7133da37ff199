"""Optimizers against their papers, one number at a time in float64."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.optimizers import OPTIMIZERS, Adam, AdamW, OptimizerSpec, RmsProp, Sgd

STEPS = 12
SPECS = (
    Sgd(0.1),
    Sgd(0.1, momentum=0.9),
    Sgd(0.1, momentum=0.9, nesterov=True),
    Sgd(0.1, momentum=0.5, weight_decay=0.1),
    Adam(0.05),
    Adam(0.05, weight_decay=0.1),
    AdamW(0.05, weight_decay=0.3),
    RmsProp(0.05),
    RmsProp(0.05, decay=0.7, weight_decay=0.1),
)
EVERY = pytest.mark.parametrize("spec", SPECS, ids=str)
DECAYED = np.array([1, 0, 1, 1, 0], np.float32)


def gradients() -> Iterator[np.ndarray]:
    generator = np.random.default_rng(0)
    for _ in range(STEPS):
        yield generator.standard_normal(5)


def by_hand(spec: Any, w: float, slopes: list[float], *, decayed: bool, rates: list[float]) -> float:
    """One parameter after all steps."""
    decay = spec.weight_decay if decayed else 0.0
    velocity = mean = square = 0.0
    for step, (g, rate) in enumerate(zip(slopes, rates, strict=True), start=1):
        gradient = g + (0.0 if isinstance(spec, AdamW) else decay * w)
        if isinstance(spec, Sgd):
            velocity = spec.momentum * velocity + gradient
            w -= rate * (gradient + spec.momentum * velocity if spec.nesterov else velocity)
        elif isinstance(spec, RmsProp):
            square = spec.decay * square + (1 - spec.decay) * gradient**2
            w -= rate * gradient / (math.sqrt(square) + spec.epsilon)
        else:
            mean = spec.beta1 * mean + (1 - spec.beta1) * gradient
            square = spec.beta2 * square + (1 - spec.beta2) * gradient**2
            corrected = math.sqrt(square / (1 - spec.beta2**step)) + spec.epsilon
            shrunk = rate * decay * w if isinstance(spec, AdamW) else 0.0
            w -= shrunk + rate * (mean / (1 - spec.beta1**step)) / corrected
    return w


@EVERY
@pytest.mark.parametrize("scheduled", [False, True], ids=["constant", "scheduled"])
def test_updates_are_those_of_the_paper(spec: OptimizerSpec, scheduled: bool) -> None:
    start = np.array([1.0, -2.0, 0.5, 3.0, 0.0], np.float32)
    parameters, optimizer = start.copy(), spec.bind(5, DECAYED)
    rates = [spec.learning_rate / (step + 1 if scheduled else 1) for step in range(STEPS)]
    for gradient, rate in zip(gradients(), rates, strict=True):
        optimizer.update(parameters, gradient.astype(np.float32), rate if scheduled else None)
    columns = np.array(list(gradients())).T
    expected = [
        by_hand(spec, float(w), slopes.tolist(), decayed=bool(decayed), rates=rates)
        for w, slopes, decayed in zip(start, columns, DECAYED, strict=True)
    ]
    np.testing.assert_allclose(parameters, expected, rtol=1e-5, atol=1e-6)
    assert optimizer.steps == STEPS


@EVERY
def test_moments_and_steps_are_all_that_an_optimizer_remembers(spec: OptimizerSpec) -> None:
    whole, parameters = spec.bind(5), np.ones(5, np.float32)
    resumed, others = spec.bind(5), np.ones(5, np.float32)
    for step, gradient in enumerate(gradients()):
        whole.update(parameters, gradient.astype(np.float32))
        if step == STEPS // 2:
            fresh = spec.bind(5)
            for name, moment in resumed.moments.items():
                fresh.moments[name][...] = moment
            fresh.steps, resumed = resumed.steps, fresh
        resumed.update(others, gradient.astype(np.float32))
    assert parameters.tobytes() == others.tobytes()


@EVERY
def test_a_quadratic_bowl_is_descended(spec: OptimizerSpec) -> None:
    parameters, optimizer = np.full(5, 2.0, np.float32), spec.bind(5)
    for _ in range(300):
        optimizer.update(parameters, parameters.copy(), spec.learning_rate)
    assert np.abs(parameters).max() < 0.1


@EVERY
def test_everything_stays_float32(spec: OptimizerSpec) -> None:
    parameters, optimizer = np.ones(5, np.float32), spec.bind(5)
    optimizer.update(parameters, np.ones(5, np.float32), 0.1)
    assert {parameters.dtype, *(moment.dtype for moment in optimizer.moments.values())} == {np.dtype(np.float32)}


def test_the_table_names_every_kind() -> None:
    assert {type(spec) for spec in SPECS} == set(OPTIMIZERS.values())


@pytest.mark.parametrize(
    ("kind", "options", "pointer"),
    [
        ("sgd", {"learning_rate": -1.0}, "/learning_rate"),
        ("sgd", {"momentum": 1.5}, "/momentum"),
        ("adam", {"learning_rate": math.nan}, "/learning_rate"),
        ("adam", {"beta1": 1.0}, "/beta1"),
        ("adamw", {"weight_decay": "a lot"}, "/weight_decay"),
        ("rmsprop", {"epsilon": 0.0}, "/epsilon"),
        ("rmsprop", {"decay": True}, "/decay"),
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(kind: str, options: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidSpec, match=f"{pointer[1:]} is .* must lie between") as refusal:
        OPTIMIZERS[kind](**options)
    assert refusal.value.pointer == pointer

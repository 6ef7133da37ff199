"""Every kind of loss: its definition one number at a time, its gradient by central differences, and no NaN."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from model.arrays import Array
from model.errors import InvalidSpec
from model.losses import (
    LOSSES,
    BinaryCrossEntropy,
    Focal,
    Huber,
    LossSpec,
    MeanAbsoluteError,
    MeanSquaredError,
    Quantile,
    SoftmaxCrossEntropy,
)
from tests.reference.differences import slopes

EXTREMES = (-3e38, -1e30, -1e4, -100.0, 0.0, 1e-30, 100.0, 1e4, 1e30, 3e38)


def shares_of(z: Array) -> list[float]:
    powers = [math.exp(value - max(z)) for value in z]
    return [power / sum(powers) for power in powers]


def cross_entropy(loss: SoftmaxCrossEntropy, z: Array, target: int) -> float:
    smoothed = [loss.label_smoothing / len(z)] * len(z)
    smoothed[target] += 1 - loss.label_smoothing
    weight = 1.0 if loss.class_weights is None else loss.class_weights[target]
    return weight * -sum(t * math.log(p) for t, p in zip(smoothed, shares_of(z), strict=True))


def focal(loss: Focal, z: Array, target: int) -> float:
    share = shares_of(z)[target]
    weight = 1.0 if loss.class_weights is None else loss.class_weights[target]
    return weight * -((1 - share) ** loss.gamma) * math.log(share)


def binary_cross_entropy(loss: BinaryCrossEntropy, z: Array, target: Array) -> float:
    weights = loss.positive_weights or (1.0,) * len(z)
    total = 0.0
    for value, t, weight in zip(z, target, weights, strict=True):
        s = 1 / (1 + math.exp(-value))
        total -= weight * t * math.log(s) + (1 - t) * math.log(1 - s)
    return total / len(z)


def huber(loss: Huber, y: Array, t: Array) -> float:
    errors = [abs(a - b) for a, b in zip(y, t, strict=True)]
    return sum(e * e / 2 if e <= loss.delta else loss.delta * (e - loss.delta / 2) for e in errors) / len(errors)


def pinball(loss: Quantile, y: Array, t: Array) -> float:
    pairs = [(q, target) for target in t for q in loss.quantiles]
    return sum(max(q * (target - a), (q - 1) * (target - a)) for a, (q, target) in zip(y, pairs, strict=True)) / len(y)


DEFINITIONS: Mapping[type, Callable[[Any, Array, Any], float]] = {
    SoftmaxCrossEntropy: cross_entropy,
    Focal: focal,
    BinaryCrossEntropy: binary_cross_entropy,
    MeanSquaredError: lambda _, y, t: sum((a - b) ** 2 for a, b in zip(y, t, strict=True)) / len(y),
    MeanAbsoluteError: lambda _, y, t: sum(abs(a - b) for a, b in zip(y, t, strict=True)) / len(y),
    Huber: huber,
    Quantile: pinball,
}

SPECS = (
    SoftmaxCrossEntropy(),
    SoftmaxCrossEntropy(label_smoothing=0.2, class_weights=(1.0, 2.0, 0.5, 3.0, 1.0, 1.0)),
    Focal(),
    Focal(gamma=0.0),
    Focal(gamma=0.5, class_weights=(1.0, 2.0, 0.5, 3.0, 1.0, 1.0)),
    BinaryCrossEntropy(),
    BinaryCrossEntropy(positive_weights=(1.0, 2.0, 0.5, 3.0, 1.0, 9.0)),
    MeanSquaredError(),
    MeanAbsoluteError(),
    Huber(),
    Huber(delta=0.3),
    Quantile(),
    Quantile((0.5,)),
)
EVERY = pytest.mark.parametrize("loss", SPECS, ids=str)


def drawn(loss: LossSpec, seed: int = 0) -> tuple[Array, Array, Array]:
    """Outputs (4, 3, 6), targets and weights that sum to one."""
    generator = np.random.default_rng(seed)
    outputs = generator.normal(0, 2, (4, 3, 6))
    targets = loss.targets_like(outputs)
    if targets.dtype == np.int64:
        targets[...] = generator.integers(0, 6, targets.shape)
    elif isinstance(loss, BinaryCrossEntropy):
        targets[...] = generator.choice([0.0, 1.0, 0.3], targets.shape)
    else:
        targets[...] = generator.normal(0, 2, targets.shape)
    weights = generator.uniform(0, 1, (4, 3, 1))
    return outputs, targets, weights / weights.sum()


def test_the_table_holds_every_kind_and_each_is_tried() -> None:
    assert {type(loss) for loss in SPECS} == set(LOSSES.values()) == set(DEFINITIONS)
    assert all(LOSSES[loss.kind] is type(loss) for loss in SPECS)


@EVERY
def test_a_loss_is_the_weighted_sum_of_its_definition_over_rows(loss: LossSpec) -> None:
    outputs, targets, weights = drawn(loss)
    rows = np.ndindex(outputs.shape[:2])
    expected = sum(weights[row][0] * DEFINITIONS[type(loss)](loss, outputs[row], targets[row]) for row in rows)
    assert loss.evaluate(outputs, targets, weights, None) == pytest.approx(expected)


@EVERY
def test_the_gradient_is_that_of_central_differences(loss: LossSpec) -> None:
    outputs, targets, weights = drawn(loss)
    gradient = np.full_like(outputs, np.nan)
    loss.evaluate(outputs, targets, weights, gradient)
    expected = slopes(lambda: loss.evaluate(outputs, targets, weights, None), outputs)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


@EVERY
def test_float32_stays_float32_and_agrees(loss: LossSpec) -> None:
    outputs, targets, weights = drawn(loss)
    narrow = [array.astype(np.float32) if array.dtype == np.float64 else array for array in (outputs, targets, weights)]
    wide, gradient = np.empty_like(outputs), np.empty_like(narrow[0])
    assert loss.evaluate(narrow[0], narrow[1], narrow[2], gradient) == pytest.approx(
        loss.evaluate(outputs, targets, weights, wide), rel=1e-5
    )
    np.testing.assert_allclose(gradient, wide, atol=1e-6)
    assert loss.targets_like(narrow[0]).dtype in {np.dtype(np.float32), np.dtype(np.int64)}


@EVERY
@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_finite_outputs_never_give_nan(loss: LossSpec) -> None:
    outputs = np.array([[[a, b, 0.0, 0.0, 0.0, 0.0] for a in EXTREMES for b in EXTREMES]], np.float32)
    targets = loss.targets_like(outputs)
    for true in (0, 1):
        targets[...] = true
        gradient = np.zeros_like(outputs)
        weights = np.full((1, outputs.shape[1], 1), 1 / outputs.shape[1], np.float32)
        assert not math.isnan(loss.evaluate(outputs, targets, weights, gradient))
        assert not np.isnan(gradient).any()


def test_focal_without_focus_is_cross_entropy() -> None:
    outputs, targets, weights = drawn(Focal())
    plain = SoftmaxCrossEntropy().evaluate(outputs, targets, weights, None)
    assert Focal(gamma=0.0).evaluate(outputs, targets, weights, None) == pytest.approx(plain)


def test_the_median_is_half_the_absolute_error() -> None:
    outputs, targets, weights = drawn(MeanAbsoluteError())
    absolute = MeanAbsoluteError().evaluate(outputs, targets, weights, None)
    assert Quantile((0.5,)).evaluate(outputs, targets, weights, None) == pytest.approx(absolute / 2)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_pinball_loss_is_least_at_the_quantile(quantile: float) -> None:
    sample = np.random.default_rng(0).normal(size=(501, 1, 1))
    weights = np.full((501, 1, 1), 1 / 501)
    places = np.linspace(-2, 2, 401)
    losses = [Quantile((quantile,)).evaluate(np.full_like(sample, p), sample, weights, None) for p in places]
    assert places[int(np.argmin(losses))] == pytest.approx(np.quantile(sample, quantile), abs=0.02)


@pytest.mark.parametrize(
    ("make", "pointer"),
    [
        (lambda: Focal(gamma=-1.0), "/gamma"),
        (lambda: Focal(class_weights=(1.0, 0.0)), "/class_weights"),
        (lambda: SoftmaxCrossEntropy(class_weights=(1.0, math.nan)), "/class_weights"),
        (lambda: BinaryCrossEntropy(positive_weights=(-1.0,)), "/positive_weights"),
        (lambda: Huber(delta=0.0), "/delta"),
        (lambda: Quantile(()), "/quantiles"),
        (lambda: Quantile((0.5, 1.0)), "/quantiles"),
        (lambda: SoftmaxCrossEntropy(class_weights=(1.0, 2.0)).targets_like(np.zeros((1, 1, 3))), "/class_weights"),
        (lambda: BinaryCrossEntropy((1.0,)).targets_like(np.zeros((1, 1, 3))), "/positive_weights"),
        (lambda: Quantile((0.1, 0.9)).targets_like(np.zeros((1, 1, 3))), "/quantiles"),
    ],
)
def test_options_that_no_loss_has_are_refused_at_their_place(make: Callable[[], object], pointer: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        make()
    assert refusal.value.pointer == pointer

"""Cross-entropy and squared error: their value by hand, their gradient by central differences."""

import math

import numpy as np
import pytest

from model.arrays import Array
from model.errors import InvalidSpec
from model.losses import LossSpec, MeanSquaredError, SoftmaxCrossEntropy
from tests.reference.differences import slopes

GENERATOR = np.random.default_rng(0)
OUTPUTS = GENERATOR.normal(0, 2, (5, 1, 4))
STEPS = GENERATOR.normal(0, 2, (2, 6, 3))
CROSS_ENTROPIES = (
    SoftmaxCrossEntropy(),
    SoftmaxCrossEntropy(label_smoothing=0.2),
    SoftmaxCrossEntropy(class_weights=(1.0, 2.0, 0.5, 3.0)),
)


def targets_for(loss: LossSpec, outputs: Array) -> Array:
    targets = loss.targets_like(outputs)
    if targets.dtype == np.int64:
        targets[...] = np.random.default_rng(1).integers(0, outputs.shape[2], targets.shape)
    else:
        targets[...] = np.random.default_rng(1).standard_normal(targets.shape)
    return targets


def shares(outputs: Array) -> Array:
    weights = np.random.default_rng(2).uniform(0, 1, (*outputs.shape[:2], 1))
    return weights / weights.sum()


@pytest.mark.parametrize("loss", [*CROSS_ENTROPIES[:2], MeanSquaredError()], ids=str)
@pytest.mark.parametrize("outputs", [OUTPUTS, STEPS], ids=["cases", "steps"])
def test_the_gradient_is_that_of_central_differences(loss: LossSpec, outputs: Array) -> None:
    outputs, targets, weights = outputs.copy(), targets_for(loss, outputs), shares(outputs)
    gradient = np.empty_like(outputs)
    loss.evaluate(outputs, targets, weights, gradient)
    expected = slopes(lambda: loss.evaluate(outputs, targets, weights, None), outputs)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


def test_the_gradient_with_class_weights_too() -> None:
    test_the_gradient_is_that_of_central_differences(CROSS_ENTROPIES[2], OUTPUTS)


def test_cross_entropy_by_hand() -> None:
    outputs = np.array([[[0.0, math.log(3.0)]], [[math.log(2.0), 0.0]]])
    targets, weights = np.array([[1], [1]]), np.full((2, 1, 1), 0.5)
    expected = 0.5 * -math.log(3 / 4) + 0.5 * -math.log(1 / 3)
    assert SoftmaxCrossEntropy().evaluate(outputs, targets, weights, None) == pytest.approx(expected)
    weighted = SoftmaxCrossEntropy(class_weights=(7.0, 2.0)).evaluate(outputs, targets, weights, None)
    assert weighted == pytest.approx(2 * expected)


def test_smoothing_moves_a_share_of_the_target_to_all_classes_alike() -> None:
    outputs, targets = OUTPUTS[:1], np.array([[2]])
    logs = OUTPUTS[0, 0] - math.log(np.exp(OUTPUTS[0, 0]).sum())
    smoothed = np.full(4, 0.1 / 4)
    smoothed[2] += 0.9
    found = SoftmaxCrossEntropy(label_smoothing=0.1).evaluate(outputs, targets, np.ones((1, 1, 1)), None)
    assert found == pytest.approx(-float(smoothed @ logs))


def test_cross_entropy_is_finite_for_outputs_of_any_size() -> None:
    outputs = np.array([[[1e30, -1e30, 0.0]], [[-1e38, 1e38, 0.0]]], np.float32)
    gradient = np.empty_like(outputs)
    loss = SoftmaxCrossEntropy().evaluate(outputs, np.array([[0], [1]]), np.full((2, 1, 1), 0.5, np.float32), gradient)
    assert loss == 0.0
    assert np.isfinite(gradient).all()


def test_a_loss_that_is_not_finite_stays_so() -> None:
    outputs = np.array([[[np.nan, 1.0]]])
    assert math.isnan(SoftmaxCrossEntropy().evaluate(outputs, np.array([[0]]), np.ones((1, 1, 1)), None))
    assert math.isnan(MeanSquaredError().evaluate(outputs, np.zeros((1, 1, 2)), np.ones((1, 1, 1)), None))


def test_squared_error_is_a_mean_over_the_outputs_of_a_row() -> None:
    outputs, targets = np.array([[[1.0, 3.0]], [[0.0, 0.0]]]), np.array([[[0.0, 0.0]], [[2.0, 2.0]]])
    weights = np.array([[[0.25]], [[0.75]]])
    assert MeanSquaredError().evaluate(outputs, targets, weights, None) == pytest.approx(0.25 * 5 + 0.75 * 4)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, math.nan])
def test_a_smoothing_outside_its_range_is_refused(smoothing: float) -> None:
    with pytest.raises(InvalidSpec, match=r"label_smoothing is .* at least 0 and below 1"):
        SoftmaxCrossEntropy(label_smoothing=smoothing)

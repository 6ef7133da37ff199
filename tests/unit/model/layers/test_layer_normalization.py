"""Layer normalization: each step by itself, the same in training and in inference."""

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.layers.conv1d import Conv1d
from model.layers.layer_normalization import LayerNormalization
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from tests.reference.differences import assert_gradients
from tests.reference.problem import Problem

X = np.random.default_rng(0).normal(3, 5, (4, 9, 6))


def normalized(x: np.ndarray, mode: str = "inference") -> np.ndarray:
    network = Network.initialize((LayerNormalization(),), x.shape[2], None, np.random.default_rng(0))
    plan = compile(network, batch=x.shape[0], length=x.shape[1], mode=mode, dtype=np.float64)  # type: ignore[arg-type]
    plan.inputs[...] = x
    return plan.forward().copy()


def test_every_step_has_mean_zero_and_variance_one() -> None:
    y = normalized(X)
    np.testing.assert_allclose(y.mean(axis=2), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=2), 1, rtol=1e-5)


def test_training_and_inference_answer_alike() -> None:
    np.testing.assert_array_equal(normalized(X, "training"), normalized(X))


def test_neither_other_steps_nor_level_nor_scale_of_a_step_matter() -> None:
    other = X * np.linspace(1, 7, 9)[:, None] + np.arange(4.0)[:, None, None]
    np.testing.assert_allclose(normalized(other), normalized(X), atol=1e-5)


def test_a_step_without_variation_gives_the_shift() -> None:
    np.testing.assert_array_equal(normalized(np.full((1, 2, 3), 7.0)), np.zeros((1, 2, 3)))


@pytest.mark.parametrize("masked", [False, True], ids=["equal", "masked"])
@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_are_those_of_central_differences(masked: bool, threads: int) -> None:
    inner = Residual((LayerNormalization(), Conv1d(3, 1), LayerNormalization(epsilon=0.1)))
    layers = (Conv1d(3, 2), LayerNormalization(), Relu(), inner, LayerNormalization())
    assert_gradients(Problem(layers, 2, (5, 1, 3) if masked else (5, 5, 5), masked), threads)


def test_an_epsilon_of_zero_is_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"epsilon is 0\.0"):
        LayerNormalization(epsilon=0.0)

"""Activation layers: their values, their gradients, and what they leave in the padding."""

import math

import numpy as np
import pytest

from model.arrays import Array, Floating
from model.errors import InvalidSpec
from model.layers.conv1d import Conv1d
from model.layers.gated import Gelu, Silu
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.rectifiers import Elu, LeakyRelu
from model.layers.residual import Residual
from model.layers.softmax import Softmax
from model.layers.squashing import Sigmoid, Tanh
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from tests.reference.differences import assert_gradients
from tests.reference.problem import Problem

SHAPE = (3, 7, 4)
EXTREMES = (-1e30, -200.0, -90.0, -20.0, -1e-6, 0.0, 1e-6, 20.0, 90.0, 200.0, 1e15)
LAYERS = (
    LeakyRelu(),
    LeakyRelu(slope=0.3),
    Elu(),
    Elu(alpha=0.4),
    Gelu(),
    Silu(),
    Tanh(),
    Sigmoid(),
    Softmax(),
)
EVERY = pytest.mark.parametrize("layer", LAYERS, ids=str)


def outputs(layer: LayerSpec, x: Array, dtype: Floating, lengths: Array | None = None, threads: int = 1) -> Array:
    network = Network.initialize((layer,), x.shape[2], x.shape[1], np.random.default_rng(0))
    plan = compile(
        network, batch=x.shape[0], length=x.shape[1], dtype=dtype, masked=lengths is not None, threads=threads
    )
    plan.inputs[...] = x
    if plan.lengths is not None:
        plan.lengths[...] = lengths
    result = plan.forward().copy()
    plan.close()
    return result


@EVERY
def test_no_finite_input_gives_anything_but_a_finite_output(layer: LayerSpec) -> None:
    x = np.array(EXTREMES, np.float32).reshape(1, -1, 1).repeat(2, axis=2)
    x[..., 1] *= -0.5
    assert np.isfinite(outputs(layer, x, np.float32)).all()


@EVERY
@pytest.mark.parametrize("masked", [False, True], ids=["equal", "masked"])
def test_gradients_are_those_of_central_differences(layer: LayerSpec, masked: bool) -> None:
    lengths = (6, 1, 4) if masked else (6, 6, 6)
    assert_gradients(Problem((Conv1d(4, 2), layer, Conv1d(3, 3)), 2, lengths, masked))


@EVERY
def test_nothing_is_overwritten_that_a_neighbour_reads_later(layer: LayerSpec) -> None:
    sides = Parallel(((layer,), (layer, Conv1d(2, 2), layer), ()))
    stack = (layer, Residual((layer, Conv1d(3, 1), layer), shortcut=(layer,)), sides, layer)
    assert_gradients(Problem(stack, 3, (5, 5)))


@EVERY
def test_padded_steps_stay_zero(layer: LayerSpec) -> None:
    x = np.random.default_rng(0).normal(0, 2, SHAPE)
    lengths = np.array([7, 3, 1])
    x *= (np.arange(7) < lengths[:, None])[..., None]
    masked = outputs(layer, x, np.float32, lengths)
    for case, length in enumerate(lengths.tolist()):
        assert not masked[case, length:].any()
        alone = outputs(layer, x[case : case + 1, :length], np.float32)
        np.testing.assert_allclose(masked[case, :length], alone[0], rtol=1e-6)


@EVERY
def test_threads_change_nothing(layer: LayerSpec) -> None:
    x = np.random.default_rng(0).normal(0, 2, SHAPE)
    np.testing.assert_array_equal(outputs(layer, x, np.float32, threads=2), outputs(layer, x, np.float32))
    assert_gradients(Problem((Conv1d(2, 2), layer), 2, (4, 4, 4)), threads=2)


@EVERY
def test_a_case_larger_than_a_block_is_cut_along_time(layer: LayerSpec) -> None:
    x = np.random.default_rng(0).normal(0, 2, (2, 9000, 40))
    whole = outputs(layer, x, np.float32)
    np.testing.assert_allclose(whole[:, :10], outputs(layer, x[:, :10], np.float32), rtol=1e-6)
    np.testing.assert_allclose(whole[:, -10:], outputs(layer, x[:, -10:], np.float32), rtol=1e-6)


def test_gelu_and_silu_end_as_nothing_and_as_the_identity() -> None:
    x = np.array([-30.0, 30.0]).reshape(1, 2, 1)
    for layer in (Gelu(), Silu()):
        np.testing.assert_allclose(outputs(layer, x, np.float32).ravel(), [0.0, 30.0], atol=1e-5)


def test_sigmoid_stays_within_its_interval() -> None:
    x = np.linspace(-1e4, 1e4, 101).reshape(1, -1, 1)
    y = outputs(Sigmoid(), x, np.float32)
    assert y.min() >= 0
    assert y.max() <= 1


@pytest.mark.parametrize("slope", [-0.1, 1.5, math.nan, True, "a"])
def test_a_slope_outside_its_range_is_refused(slope: float) -> None:
    with pytest.raises(InvalidSpec, match=r"slope is .* between 0\.0 and 1\.0") as refusal:
        LeakyRelu(slope=slope)
    assert refusal.value.pointer == "/slope"


def test_an_alpha_below_zero_is_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"alpha is -1\.0"):
        Elu(alpha=-1.0)

"""Squeeze and excitation: a gate a channel, which sees all channels and every valid step."""

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.relu import Relu
from model.layers.squeeze_excitation import SqueezeExcitation
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from tests.reference.differences import assert_gradients
from tests.reference.problem import Problem


def made(ratio: int, channels: int = 8) -> Network:
    return Network.initialize((SqueezeExcitation(ratio),), channels, None, np.random.default_rng(3))


def scaled(network: Network, x: np.ndarray) -> np.ndarray:
    plan = compile(network, batch=x.shape[0], length=x.shape[1], dtype=np.float64)
    plan.inputs[...] = x
    return plan.forward().copy()


@pytest.mark.parametrize(("ratio", "squeezed"), [(1, 8), (2, 4), (3, 2), (16, 1)])
def test_the_gate_narrows_by_the_ratio_and_never_to_nothing(ratio: int, squeezed: int) -> None:
    shapes = {parameter.name: parameter.shape for parameter in made(ratio).layout.parameters}
    assert shapes["layers/0/gate/1/kernel"] == (1, 1, 8, squeezed)
    assert shapes["layers/0/gate/3/kernel"] == (1, 1, squeezed, 8)


def test_each_channel_is_scaled_by_one_factor_between_zero_and_one() -> None:
    x = np.random.default_rng(0).uniform(1, 2, (3, 11, 8))
    factors = scaled(made(2), x) / x
    np.testing.assert_allclose(factors, np.broadcast_to(factors[:, :1], factors.shape))
    assert ((factors > 0) & (factors < 1)).all()
    assert np.ptp(factors[0, 0]) > 0


def test_padding_is_not_seen() -> None:
    network, x = made(2), np.random.default_rng(0).normal(size=(2, 9, 8))
    x[0, 5:] = 0
    plan = compile(network, batch=2, length=9, dtype=np.float64, masked=True)
    plan.inputs[...] = x
    assert plan.lengths is not None
    plan.lengths[...] = [5, 9]
    np.testing.assert_allclose(plan.forward()[0, :5], scaled(network, x[:1, :5])[0])


@pytest.mark.parametrize("masked", [False, True], ids=["equal", "masked"])
@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_are_those_of_central_differences(masked: bool, threads: int) -> None:
    layers = (Conv1d(4, 2), SqueezeExcitation(2), Relu(), SqueezeExcitation(1), Conv1d(2, 2))
    assert_gradients(Problem(layers, 2, (6, 2, 4) if masked else (6, 6, 6), masked), threads)


def test_a_vector_is_refused_by_its_place() -> None:
    with pytest.raises(InvalidSpec, match=r"^layers\[1\] \(squeeze_excitation\): .* gets a vector of 4") as refusal:
        Network.initialize((GlobalAveragePool(), SqueezeExcitation()), 4, None, np.random.default_rng(0))
    assert refusal.value.pointer == "/layers/1"


def test_a_ratio_of_zero_is_refused() -> None:
    with pytest.raises(InvalidSpec, match="ratio is 0"):
        SqueezeExcitation(0)

"""A projection does something only where it is needed."""

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.parallel import Parallel
from model.layers.projection import Projection
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.network import Network
from tests.reference.differences import assert_gradients
from tests.reference.problem import Problem


@pytest.mark.parametrize(
    ("spec", "channels", "out", "parameters"),
    [
        (Projection(4), 4, 4, 0),
        (Projection(4), 3, 4, 3 * 4 + 4),
        (Projection(4, bias=False), 1, 4, 4),
        (Projection(4, "single"), 1, 1, 0),
        (Projection(4, "single"), 4, 4, 4 * 4 + 4),
        (Projection(1, "same"), 1, 1, 0),
    ],
)
def test_it_is_left_out_where_it_would_do_nothing(spec: Projection, channels: int, out: int, parameters: int) -> None:
    network = Network.initialize((spec,), channels, None, np.random.default_rng(0))
    assert network.output == Shape(out)
    assert network.parameters.size == parameters


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("masked", [False, True], ids=["equal", "masked"])
def test_gradients_pass_through_it_and_around_it(channels: int, masked: bool) -> None:
    shortcut = Residual((Conv1d(2, 2), Relu()), shortcut=(Projection(2),))
    beside = Parallel(((Projection(3, "single"),), (Projection(2), Relu())))
    layers = (Conv1d(channels, 2), shortcut, beside, Conv1d(2, 2))
    assert_gradients(Problem(layers, channels, (5, 2) if masked else (5, 5), masked))


def test_a_vector_is_refused_by_its_place() -> None:
    with pytest.raises(InvalidSpec, match=r"^layers\[1\] \(projection\): a projection .* gets a vector of 4"):
        Network.initialize((GlobalAveragePool(), Projection(2)), 4, None, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"out_channels": 0}, "/out_channels"),
        ({"out_channels": 2, "unless": "many"}, "/unless"),
        ({"out_channels": 2, "initializer": "lucky"}, "/initializer"),
        ({"out_channels": 2, "bias": "untied"}, "/bias"),
    ],
)
def test_options_that_it_has_not_are_refused(options: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        Projection(**options)  # type: ignore[arg-type]
    assert refusal.value.pointer == pointer

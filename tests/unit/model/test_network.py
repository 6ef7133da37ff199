"""A network as a value: what it promises, how it is written, and how it refuses."""

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.flatten import Flatten
from model.layers.global_pooling import GlobalAveragePool
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.registry import layers_from_json
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.network import Network, needs_length
from model.recipes import RECIPES, build

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_network_written_as_json_and_read_again_is_the_same(recipe: str) -> None:
    layers = (*build(recipe), Dense(3))
    written = Network.initialize(layers, 2, 50, GENERATOR).to_json()
    assert layers_from_json(written["layers"]) == layers
    assert (written["channels"], written["length"]) == (2, None)


def test_a_length_is_kept_only_when_a_layer_needs_one() -> None:
    assert Network.initialize((Conv1d(2, 3), GlobalAveragePool()), 1, 9, GENERATOR).length is None
    assert Network.initialize((Conv1d(2, 3), Flatten()), 1, 9, GENERATOR).length == 9
    assert needs_length((Conv1d(2, 3, bias="untied"),), 1)
    assert not needs_length((Residual((Conv1d(2, 3),)),), 1)


def test_parameters_are_named_by_their_place_inside_containers_too() -> None:
    layers = (Residual((Conv1d(2, 3), BatchNormalization())), Parallel(((Conv1d(1, 1),), ())), Dense(2, bias=False))
    network = Network.initialize(layers, 2, None, GENERATOR)
    assert set(network.layout.places) == {
        *("layers/0/layers/0/kernel", "layers/0/layers/0/bias", "layers/0/layers/1/gain", "layers/0/layers/1/shift"),
        *("layers/1/branches/0/0/kernel", "layers/1/branches/0/0/bias", "layers/2/kernel"),
    }
    assert set(network.state_layout.places) == {"layers/0/layers/1/mean", "layers/0/layers/1/variance"}


def test_other_parameters_must_have_the_same_sizes() -> None:
    network = Network.initialize((Conv1d(2, 3),), 1, None, GENERATOR)
    assert network.with_parameters(np.zeros(8, np.float32), network.state).parameters.sum() == 0
    with pytest.raises(InvalidSpec, match="need 8 parameters and 0 statistics, but got 7 and 0"):
        network.with_parameters(np.zeros(7, np.float32), network.state)


@pytest.mark.parametrize(
    ("layers", "pointer", "message"),
    [
        (
            (Relu(), Conv1d(2, 9, padding="valid")),
            "/layers/1/kernel",
            "layers[1] (conv1d): a kernel of 9 with dilation 1 spans 9 steps, but gets 4 channels x 8 steps",
        ),
        ((GlobalAveragePool(), Conv1d(2, 3)), "/layers/1", "layers[1] (conv1d): a convolution slides along time"),
        (
            (Conv1d(6, 3), Conv1d(8, 3, groups=4)),
            "/layers/1/groups",
            "layers[1] (conv1d): groups is 4, but must divide the 6 channels it gets",
        ),
        (
            (Residual((Relu(), Conv1d(4, 3, padding="valid")), shortcut=(Relu(),)),),
            "/layers/0",
            "layers[0] (residual): the layers turn 4 channels x 8 steps into 4 channels x 6 steps, but the shortcut",
        ),
        (
            (Residual((Relu(), Conv1d(4, 30, padding="valid"))),),
            "/layers/0/layers/1/kernel",
            "layers[0].layers[1] (conv1d): a kernel of 30",
        ),
        (
            (Parallel(((Relu(),), (Relu(), Conv1d(4, 30, padding="valid")))),),
            "/layers/0/branches/1/1/kernel",
            "layers[0].branches[1][1] (conv1d): a kernel of 30",
        ),
        (
            (Parallel(((Conv1d(1, 3),), (Conv1d(1, 3, stride=2),))),),
            "/layers/0/branches/1",
            "layers[0] (parallel): branch 0 gives 1 channels x 8 steps, but branch 1 gives 1 channels x 4 steps",
        ),
    ],
)
def test_a_refusal_names_the_place_the_shape_and_the_need(
    layers: tuple[LayerSpec, ...], pointer: str, message: str
) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        Network.initialize(layers, 4, 8, GENERATOR)
    assert refusal.value.message.startswith(message)
    assert refusal.value.pointer == pointer


def test_the_output_is_known_without_data() -> None:
    layers = (Conv1d(8, 5, stride=2), Relu(), GlobalAveragePool(), Dense(3))
    network = Network.initialize(layers, 4, 100, GENERATOR)
    assert network.output == Shape(3, vector=True)
    assert network.output_width == 3

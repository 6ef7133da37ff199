"""What a convolution offers beside its kernel: what stands in its padding, and a kernel of directions and gains."""

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import PADDING_MODES, Conv1d
from model.layers.pad import Pad
from model.layers.registry import layer_from_json, layer_to_json
from model.layers.relu import Relu
from model.layers.weight_normalization import normalized
from model.network import Network
from model.parameters import Layout
from model.plan import compile  # noqa: A004 - the field's word for it
from tests.reference.differences import assert_gradients
from tests.reference.problem import Problem, disagreements

MODES = pytest.mark.parametrize("mode", [mode for mode in PADDING_MODES if mode != "zeros"])


def network(*layers: object, channels: int = 2, seed: int = 0) -> Network:
    return Network.initialize(layers, channels, 12, np.random.default_rng(seed))  # type: ignore[arg-type]


@MODES
@pytest.mark.parametrize("padding", ["same", "causal", "full", 3, (0, 4)])
def test_padding_inside_is_padding_in_front(mode: str, padding: object) -> None:
    inside = Conv1d(3, 4, padding=padding, stride=2, dilation=2, padding_mode=mode)  # type: ignore[arg-type]
    outside = (Pad(inside.widths, mode), Conv1d(3, 4, padding="valid", stride=2, dilation=2))
    problem = Problem((inside,), 2, (9, 9))
    apart = Problem(outside, 2, (9, 9))
    vars(apart).update(cases=problem.cases, u=problem.u)
    ours, theirs = problem.solve(), apart.solve()
    assert disagreements(ours, theirs, 1e-12).keys() <= {f"layers/{i}/{n}" for i in (0, 1) for n in ("kernel", "bias")}


@MODES
@pytest.mark.parametrize("length", [1, 3, 8])
def test_gradients_through_padding_are_those_of_central_differences(mode: str, length: int) -> None:
    layers = (Conv1d(2, 3), Conv1d(2, 6, stride=2, padding_mode=mode), BatchNormalization(), Relu())
    assert_gradients(Problem(layers, 2, (length, length)))


@MODES
def test_modes_differ_at_the_ends_and_nowhere_else(mode: str) -> None:
    made = network(Conv1d(3, 5, padding_mode=mode))
    zeros = Network((Conv1d(3, 5),), 2, None, made.parameters, made.state)
    x = np.random.default_rng(1).normal(1, 1, (2, 12, 2))
    answers = []
    for each in (made, zeros):
        plan = compile(each, batch=2, length=12)
        plan.inputs[...] = x
        answers.append(plan.forward().copy())
    np.testing.assert_allclose(answers[0][:, 2:-2], answers[1][:, 2:-2], atol=1e-6)
    assert np.abs(answers[0] - answers[1])[:, [0, -1]].min() > 0


def test_a_statistic_in_the_padding_of_unequal_series_is_refused_by_the_options_name() -> None:
    with pytest.raises(InvalidSpec, match="padding_mode 'median'") as refusal:
        compile(network(Relu(), Conv1d(3, 5, padding_mode="median")), batch=2, length=12, masked=True)
    assert refusal.value.pointer == "/layers/1/padding_mode"


def test_an_unknown_padding_mode_is_refused() -> None:
    with pytest.raises(InvalidSpec, match="padding_mode is 'constant'"):
        Conv1d(2, 3, padding_mode="constant")


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_normalized_kernel_has_the_lengths_of_its_gains(groups: int) -> None:
    generator = np.random.default_rng(0)
    direction, gain = generator.normal(size=(groups, 3, 4 // groups, 8 // groups)), generator.normal(size=8)
    kernel = normalized(direction, gain)
    lengths = np.sqrt(np.square(kernel).sum(axis=(1, 2))).ravel()
    np.testing.assert_allclose(lengths, np.abs(gain))


def test_a_direction_of_no_length_gives_no_kernel_and_not_nan() -> None:
    np.testing.assert_array_equal(normalized(np.zeros((1, 3, 2, 2)), np.ones(2)), 0)


@pytest.mark.parametrize("groups", [1, 2])
def test_a_normalized_kernel_starts_as_its_initializer_draws_it(groups: int) -> None:
    plain = network(Relu(), Conv1d(4, 3, groups=groups, initializer="narrow_normal"))
    apart = network(Relu(), Conv1d(4, 3, groups=groups, initializer="narrow_normal", weight_normalization=True))
    views = apart.layout.views(apart.parameters)
    kernel = normalized(views["layers/1/direction"], views["layers/1/gain"])
    np.testing.assert_allclose(kernel, plain.layout.views(plain.parameters)["layers/1/kernel"], rtol=1e-5)


def test_weight_decay_is_of_the_gain_and_not_of_the_direction() -> None:
    spec = Conv1d(4, 3, weight_normalization=True)
    layout = Layout.of(spec.parameters(Shape(2, 10)))
    decayed = layout.views(layout.decayed())
    assert {name: set(view.ravel().tolist()) for name, view in decayed.items()} == {
        "direction": {0.0},
        "gain": {1.0},
        "bias": {0.0},
    }


@pytest.mark.parametrize("options", [{}, {"groups": 2}, {"stride": 2}, {"bias": False}, {"padding": "causal"}], ids=str)
@pytest.mark.parametrize("masked", [False, True], ids=["equal", "masked"])
def test_gradients_of_direction_and_gain_are_those_of_central_differences(
    options: dict[str, object], masked: bool
) -> None:
    spec = Conv1d(4, 3, weight_normalization=True, **options)  # type: ignore[arg-type]
    lengths = (7, 3, 5) if masked else (7, 7)
    assert_gradients(Problem((Conv1d(2, 2), spec, BatchNormalization(), Relu()), 2, lengths, masked))


def test_threads_share_the_gradient_of_a_normalized_kernel() -> None:
    assert_gradients(Problem((Conv1d(4, 3, weight_normalization=True),), 2, (7, 7, 7)), threads=2)


def test_json_gives_the_same_layer_back() -> None:
    spec = Conv1d(4, 3, padding_mode="reflect", weight_normalization=True)
    assert layer_from_json(layer_to_json(spec)) == spec

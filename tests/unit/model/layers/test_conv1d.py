"""The convolution layer's spec: what it accepts, what it refuses, and how it is written."""

from typing import Any

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers.conv1d import Conv1d
from model.layers.registry import layer_from_json, layer_to_json
from tests.reference.problem import Problem, disagreements


@pytest.mark.parametrize(
    ("options", "pointer", "message"),
    [
        ({"out_channels": 0}, "/out_channels", "out_channels is 0, but must be a whole number of at least 1"),
        ({"kernel": 2.5}, "/kernel", "kernel is 2.5, but must be a whole number of at least 1"),
        ({"kernel": True}, "/kernel", "kernel is True"),
        ({"stride": 0}, "/stride", "stride is 0"),
        ({"dilation": -1}, "/dilation", "dilation is -1"),
        ({"groups": 3}, "/out_channels", "out_channels is 4, but must be a multiple of groups, 3"),
        ({"padding": "both"}, "/padding", 'padding is \'both\', but must be "same", "valid", "causal", "full"'),
        ({"padding": -1}, "/padding", "padding is -1"),
        ({"padding": (1, 2, 3)}, "/padding", "padding is a list of 3"),
        ({"padding": (1, -2)}, "/padding", "padding is a list of 2"),
        ({"bias": "free"}, "/bias", "bias is 'free', but must be one of True, False, 'untied'"),
        ({"initializer": "random"}, "/initializer", "initializer is 'random', but must be one of"),
    ],
)
def test_a_spec_that_cannot_be_built_is_refused_by_field(options: dict[str, Any], pointer: str, message: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        Conv1d(**{"out_channels": 4, "kernel": 3, **options})
    assert refusal.value.message.startswith(message)
    assert refusal.value.pointer == pointer


@pytest.mark.parametrize("padding", ["same", "valid", "causal", "full", 0, 3, [1, 0]])
def test_every_padding_goes_to_json_and_back(padding: Any) -> None:
    given = {"kind": "conv1d", "out_channels": 4, "kernel": 3, "padding": padding}
    layer = layer_from_json(given)
    assert layer_to_json(layer)["padding"] == padding
    assert layer_from_json(layer_to_json(layer)) == layer
    assert hash(layer) == hash(layer_from_json(given))


def test_an_untied_bias_needs_one_length() -> None:
    layer = Conv1d(4, 3, bias="untied")
    assert [parameter.shape for parameter in layer.parameters(Shape(2, 9))] == [(1, 3, 2, 4), (9, 4)]
    with pytest.raises(InvalidSpec, match="needs series of one fixed length"):
        layer.output(Shape(2))


def test_groups_divide_the_parameters() -> None:
    (kernel,) = Conv1d(6, 5, groups=3, bias=False).parameters(Shape(9, 20))
    assert (kernel.shape, kernel.fan_in, kernel.fan_out) == ((3, 5, 3, 2), 15, 10)


def test_a_depthwise_convolution_keeps_channels_apart() -> None:
    problem = Problem((Conv1d(3, 3, groups=3, bias=False),), 3, (8,))
    plan = problem.plan("inference")
    plan.inputs[...] = 0
    plan.inputs[0, :, 1] = 1.0
    y = plan.forward()[0]
    assert y[:, 1].any()
    assert not y[:, [0, 2]].any()


def test_a_causal_convolution_sees_no_later_step() -> None:
    problem = Problem((Conv1d(2, 4, padding="causal", dilation=2), Conv1d(1, 3, padding="causal")), 1, (20,))
    plan = problem.plan("inference")
    before = plan.forward().copy()
    plan.inputs[0, 12:] += 5.0
    after = plan.forward()
    np.testing.assert_array_equal(after[0, :12], before[0, :12])
    assert not np.allclose(after[0, 12:], before[0, 12:])


@pytest.mark.parametrize(("length", "kernel"), [(1, 9), (3, 8), (5, 40)])
@pytest.mark.parametrize("padding", ["same", "causal", "full"])
def test_a_kernel_longer_than_the_signal_works_with_padding(length: int, kernel: int, padding: Any) -> None:
    problem = Problem((Conv1d(2, kernel, padding=padding),), 2, (length, length))
    assert disagreements(problem.solve(), problem.truth(), 1e-10) == {}

"""The padding layer: numpy.pad in every mode, however short the series, and the exact transpose."""

from typing import Any

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.pad import OPTIONS, Pad
from model.layers.registry import layer_from_json, layer_to_json
from model.layers.relu import Relu
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from tests.reference.differences import assert_gradients
from tests.reference.padding import padded
from tests.reference.problem import Problem, disagreements

LINEAR = (
    Pad((3, 2)),
    Pad(2, constant_values=1.5),
    Pad((2, 4), constant_values=(-1.0, 2.0)),
    Pad((2, 4), constant_values="first"),
    Pad((3, 2), "edge"),
    Pad((3, 2), "linear_ramp"),
    Pad((3, 2), "linear_ramp", end_values=(5.0, -1.0)),
    Pad((3, 2), "reflect"),
    Pad((3, 2), "reflect", reflect_type="odd"),
    Pad((3, 2), "symmetric"),
    Pad((3, 2), "symmetric", reflect_type="odd"),
    Pad((3, 2), "wrap"),
    Pad((0, 3), "wrap"),
    Pad((3, 0), "reflect"),
)
STATISTICAL = (
    Pad((2, 3), constant_values="mean", stat_length=2),
    Pad((2, 3), constant_values="median", stat_length=3),
    Pad((2, 3), constant_values="median"),
    *(
        Pad((2, 3), mode, stat_length=stat)
        for mode in ("maximum", "mean", "median", "minimum")
        for stat in (None, 1, 4, (2, 3))
    ),
)
EVERY = pytest.mark.parametrize("spec", LINEAR + STATISTICAL, ids=str)


def outputs(spec: Pad, x: np.ndarray, threads: int = 1) -> np.ndarray:
    network = Network.initialize((spec,), x.shape[2], x.shape[1], np.random.default_rng(0))
    plan = compile(network, batch=x.shape[0], length=x.shape[1], dtype=np.float64, threads=threads)
    plan.inputs[...] = x
    result = plan.forward().copy()
    plan.close()
    return result


def test_every_mode_is_tried() -> None:
    assert {spec.mode for spec in LINEAR + STATISTICAL} == OPTIONS.keys()


@EVERY
@pytest.mark.parametrize("length", [1, 2, 3, 4, 9])
def test_values_are_those_of_numpy_pad_however_short_the_series(spec: Pad, length: int) -> None:
    x = np.random.default_rng(length).normal(size=(3, length, 2))
    expected = np.stack([[padded(spec, channel) for channel in case.T] for case in x]).transpose(0, 2, 1)
    np.testing.assert_allclose(outputs(spec, x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("length", range(1, 6))
def test_a_series_goes_on_for_ever(mode: str, length: int) -> None:
    x = np.random.default_rng(0).normal(size=(1, length, 1))
    for left in range(14):
        for right in range(14):
            spec = Pad((left, right), mode)
            np.testing.assert_array_equal(outputs(spec, x)[0, :, 0], np.pad(x[0, :, 0], (left, right), mode))


@EVERY
@pytest.mark.parametrize("length", [1, 2, 5])
def test_gradients_are_those_of_central_differences(spec: Pad, length: int) -> None:
    assert_gradients(Problem((Conv1d(2, 2), spec, Relu(), Conv1d(2, 3)), 2, (length, length)))


@EVERY
def test_gradients_are_those_of_the_slow_truth(spec: Pad) -> None:
    problem = Problem((spec,), 3, (6, 6, 6), seed=3)
    assert disagreements(problem.solve(), problem.truth(), 1e-12) == {}


@pytest.mark.parametrize("spec", LINEAR, ids=str)
def test_a_series_of_unequal_length_goes_on_at_its_own_end(spec: Pad) -> None:
    problem = Problem((Conv1d(2, 2), spec, Conv1d(2, 3), GlobalAveragePool()), 2, (7, 1, 4), masked=True)
    assert disagreements(problem.solve(), problem.truth(), 1e-9) == {}
    assert_gradients(problem)


@pytest.mark.parametrize("spec", STATISTICAL, ids=str)
def test_a_statistic_of_series_of_unequal_length_is_refused_by_its_place(spec: Pad) -> None:
    network = Network.initialize((Relu(), spec), 2, 5, np.random.default_rng(0))
    with pytest.raises(InvalidSpec, match=r"^layers/1 \(pad\): mode .* of unequal length") as refusal:
        compile(network, batch=2, length=5, masked=True)
    assert refusal.value.pointer == "/layers/1/mode"


@EVERY
def test_threads_change_nothing(spec: Pad) -> None:
    x = np.random.default_rng(0).normal(size=(5, 6, 2))
    np.testing.assert_array_equal(outputs(spec, x, threads=2), outputs(spec, x))


def test_no_width_is_no_operation() -> None:
    network = Network.initialize((Pad(0),), 2, 5, np.random.default_rng(0))
    assert compile(network, batch=2, length=5).workshop.operations == []


@EVERY
def test_json_gives_the_same_layer_back(spec: Pad) -> None:
    assert layer_from_json(layer_to_json(spec)) == spec


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"width": -1}, "/width"),
        ({"width": 1.5}, "/width"),
        ({"width": (1, 2, 3)}, "/width"),
        ({"width": True}, "/width"),
        ({"width": 1, "mode": "empty"}, "/mode"),
        ({"width": 1, "constant_values": "last"}, "/constant_values"),
        ({"width": 1, "constant_values": float("nan")}, "/constant_values"),
        ({"width": 1, "mode": "mean", "stat_length": 0}, "/stat_length"),
        ({"width": 1, "mode": "reflect", "reflect_type": "uneven"}, "/reflect_type"),
        ({"width": 1, "mode": "linear_ramp", "end_values": "zero"}, "/end_values"),
        ({"width": 1, "mode": "wrap", "stat_length": 3}, "/stat_length"),
        ({"width": 1, "mode": "edge", "reflect_type": "odd"}, "/reflect_type"),
    ],
)
def test_options_that_no_padding_has_are_refused_at_their_place(options: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        Pad(**options)
    assert refusal.value.pointer == pointer

"""Pooling: whose gradient it is, and what padding may not do."""

from typing import Any

import numpy as np
import pytest

from model.arrays import Array
from model.errors import InvalidSpec
from model.layers.global_pooling import GlobalAveragePool, GlobalMaxPool, LastStep
from model.layers.layer import LayerSpec
from model.layers.pooling import AveragePool, MaxPool
from tests.reference.problem import Problem, write


def solve(layer: LayerSpec, *cases: list[float], masked: bool = False) -> tuple[list[Array], list[Array]]:
    """Outputs and input gradients, for a gradient of ones, of one-channel cases."""
    problem = Problem((layer,), 1, tuple(map(len, cases)), masked)
    plan = problem.plan()
    write(plan.inputs, [np.array(case)[:, None] for case in cases])
    plan.targets[...] = 1
    plan.step()
    outputs = [y[:, 0] for y in problem.outputs(plan)]
    return outputs, [dx[: len(case), 0].copy() for dx, case in zip(plan.input_gradient, cases, strict=True)]


def test_the_first_of_equal_values_takes_the_gradient() -> None:
    (y,), (dx,) = solve(MaxPool(3), [2.0, 5.0, 5.0, 1.0, 1.0, 1.0])
    np.testing.assert_array_equal(y, [5, 1])
    np.testing.assert_array_equal(dx, [0, 1, 0, 1, 0, 0])
    (_,), (dx,) = solve(GlobalMaxPool(), [2.0, 5.0, 5.0])
    np.testing.assert_array_equal(dx, [0, 1, 0])


def test_a_step_under_several_windows_takes_the_gradient_of_each() -> None:
    (y,), (dx,) = solve(MaxPool(3, 1, "same"), [0.0, 9.0, 0.0, 0.0])
    np.testing.assert_array_equal(y, [9, 9, 9, 0])
    np.testing.assert_array_equal(dx, [0, 3, 1, 0])


def test_padding_never_wins_a_maximum() -> None:
    (y,), _ = solve(MaxPool(3, 1, "same"), [-4.0, -2.0, -7.0])
    np.testing.assert_array_equal(y, [-2, -2, -2])


def test_padding_never_enters_an_average() -> None:
    (y,), (dx,) = solve(AveragePool(3, 1, "same"), [3.0, 6.0, 9.0])
    np.testing.assert_allclose(y, [4.5, 6, 7.5])
    np.testing.assert_allclose(dx, [1 / 2 + 1 / 3, 1 / 2 + 1 / 3 + 1 / 2, 1 / 3 + 1 / 2])


def test_steps_behind_the_end_of_a_short_case_neither_win_nor_count() -> None:
    short, long = [-5.0, -3.0], [1.0, 2.0, 3.0, 4.0]
    for layer, expected in (
        (MaxPool(2, 2, "same"), [-3.0]),
        (AveragePool(2, 2, "same"), [-4.0]),
        (GlobalMaxPool(), [-3.0]),
        (GlobalAveragePool(), [-4.0]),
        (LastStep(), [-3.0]),
    ):
        (y, _), _ = solve(layer, short, long, masked=True)
        np.testing.assert_allclose(y, expected)


def test_the_stride_is_the_size_by_default_and_a_rest_is_left_out() -> None:
    (y,), (dx,) = solve(AveragePool(2), [1.0, 3.0, 5.0, 7.0, 100.0])
    np.testing.assert_allclose(y, [2, 6])
    np.testing.assert_allclose(dx, [0.5, 0.5, 0.5, 0.5, 0])


@pytest.mark.parametrize("kind", [MaxPool, AveragePool])
@pytest.mark.parametrize(
    ("options", "pointer"),
    [({"size": 0}, "/size"), ({"size": 2, "stride": 0}, "/stride"), ({"size": 2, "padding": "full"}, "/padding")],
)
def test_a_spec_that_cannot_be_built_is_refused_by_field(kind: Any, options: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        kind(**options)
    assert refusal.value.pointer == pointer


def test_a_window_longer_than_the_series_is_refused() -> None:
    with pytest.raises(InvalidSpec, match="a window of 5 spans 5 steps, but gets 1 channels x 4 steps") as refusal:
        assert Problem((MaxPool(5),), 1, (4,)).network
    assert refusal.value.pointer == "/layers/0/size"

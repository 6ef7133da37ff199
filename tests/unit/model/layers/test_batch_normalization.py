"""Batch normalization: the statistics it takes, keeps and uses."""

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.layer import LayerSpec
from model.layers.relu import Relu
from tests.reference.cases import Values
from tests.reference.network import run
from tests.reference.normalization import running_statistics
from tests.reference.problem import Problem

AROUND: tuple[tuple[LayerSpec, ...], ...] = ((), (Conv1d(3, 3),), (Conv1d(3, 3, bias=False),))


@pytest.mark.parametrize("before", AROUND, ids=["alone", "behind a bias", "behind none"])
@pytest.mark.parametrize("lengths", [(8, 8, 8), (8, 3, 5)], ids=["equal", "masked"])
@pytest.mark.parametrize("threads", [1, 2])
def test_running_statistics_move_towards_those_of_the_batch(
    before: tuple[LayerSpec, ...], lengths: tuple[int, ...], threads: int
) -> None:
    spec = BatchNormalization(momentum=0.8)
    problem = Problem((*before, spec, Relu()), 3, lengths, masked=len(set(lengths)) > 1)
    made = problem.network
    parameters = made.layout.views(made.parameters.astype(np.float64))
    state = made.state_layout.views(made.state.astype(np.float64))
    values = Values(parameters, state, training=True, generator=np.random.default_rng(0))
    inputs, _ = run(before, problem.cases, values)
    mean, variance = running_statistics(spec, inputs, values.at(f"layers/{len(before)}"))
    plan = problem.plan(threads=threads)
    plan.step()
    moved = made.state_layout.views(plan.state)
    np.testing.assert_allclose(moved[f"layers/{len(before)}/mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(moved[f"layers/{len(before)}/variance"], variance, rtol=1e-12)
    plan.close()


def test_a_batch_in_training_has_no_mean_and_unit_variance() -> None:
    problem = Problem((BatchNormalization(epsilon=1e-9),), 2, (50, 50))
    plan = problem.plan()
    problem.network.layout.views(plan.parameters)["layers/0/gain"][...] = 1
    problem.network.layout.views(plan.parameters)["layers/0/shift"][...] = 0
    plan.inputs[...] = plan.inputs * 30 + 1000
    y = plan.forward()
    np.testing.assert_allclose(y.mean(axis=(0, 1)), 0, atol=1e-9)
    np.testing.assert_allclose(y.std(axis=(0, 1)), 1, rtol=1e-6)


def test_in_float32_a_large_mean_costs_no_precision_of_the_variance() -> None:
    problem = Problem((BatchNormalization(),), 1, (200, 200))
    near, far = problem.plan(dtype=np.float32), problem.plan(dtype=np.float32)
    far.inputs[...] += 1000
    np.testing.assert_allclose(far.forward(), near.forward(), atol=2e-3)


def test_a_channel_that_never_changes_stays_finite() -> None:
    problem = Problem((BatchNormalization(), Relu()), 2, (6, 6))
    plan = problem.plan(dtype=np.float32)
    plan.inputs[...] = 3.0
    assert np.isfinite(plan.step())
    assert np.isfinite(plan.gradient).all()
    assert np.isfinite(plan.input_gradient).all()


@pytest.mark.parametrize("options", [{"momentum": 1.1}, {"epsilon": 0.0}, {"momentum": float("nan")}])
def test_a_value_outside_its_range_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(InvalidSpec, match="must lie between"):
        BatchNormalization(**options)

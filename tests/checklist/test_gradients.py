"""G1 to G10: gradients, each against central differences in float64 and against its formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import convolve
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.registry import KINDS
from model.layers.relu import Relu
from tests.checklist.layer import KERNEL, SIGNAL, P, single
from tests.laws.kinds import KINDS_DRAWN, examples, problems
from tests.mutations.faults import FAULTS
from tests.mutations.trial import try_fault
from tests.reference.differences import assert_gradients, slopes
from tests.reference.gate import Gate
from tests.reference.problem import Problem

CLOSE = {"rtol": 1e-6, "atol": 1e-8}
M = len(SIGNAL)
DY = np.random.default_rng(0).standard_normal(M)


def test_G1_dx_equals_central_differences() -> None:
    x = SIGNAL.copy()
    expected = slopes(lambda: float(single(x, KERNEL).y @ DY), x)
    np.testing.assert_allclose(single(SIGNAL, KERNEL, DY).dx, expected, **CLOSE)


def test_G2_dx_is_dy_convolved_with_the_reversed_kernel() -> None:
    expected = np.convolve(DY, KERNEL[::-1], "same")
    np.testing.assert_allclose(single(SIGNAL, KERNEL, DY).dx, expected, rtol=1e-12, atol=1e-12)


def test_G3_kernel_gradient_equals_central_differences_with_an_asymmetric_kernel() -> None:
    w = KERNEL.copy()
    assert not np.allclose(w, w[::-1])
    expected = slopes(lambda: float(single(SIGNAL, w).y @ DY), w)
    np.testing.assert_allclose(single(SIGNAL, KERNEL, DY).dw, expected, **CLOSE)


def test_G4_dw_is_dy_convolved_with_the_reversed_signal() -> None:
    expected = np.convolve(DY, SIGNAL[::-1], "full")[M - 1 - P : M + P]
    np.testing.assert_allclose(single(SIGNAL, KERNEL, DY).dw, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(convolve(DY, SIGNAL[::-1])[M - 1 - P : M + P], expected, rtol=1e-12, atol=1e-12)


def test_G5_a_planted_reversed_kernel_gradient_makes_a_test_fail() -> None:
    trial = try_fault(FAULTS["reversed kernel gradient"])
    assert trial.caught, trial.report


def test_G6_the_backward_pass_multiplies_by_the_transposed_jacobian() -> None:
    x, w = SIGNAL[:5], KERNEL[:3]
    jacobian = np.array(
        [
            [w[1], w[0], 0, 0, 0],
            [w[2], w[1], w[0], 0, 0],
            [0, w[2], w[1], w[0], 0],
            [0, 0, w[2], w[1], w[0]],
            [0, 0, 0, w[2], w[1]],
        ]
    )
    np.testing.assert_array_equal(np.column_stack([single(unit, w).y for unit in np.eye(5)]), jacobian)
    np.testing.assert_array_equal(np.stack([single(x, w, unit).dx for unit in np.eye(5)]), jacobian)


@pytest.mark.parametrize("padding", ["same", "valid", "full", "causal", 2])
def test_G7_dy_outside_its_range_is_zero_at_both_edges(padding: object) -> None:
    count = len(single(SIGNAL, KERNEL, padding=padding).y)
    left = {"same": P, "valid": 0, "full": 2 * P, "causal": 2 * P, 2: 2}[padding]
    dy = np.random.default_rng(1).standard_normal(count)
    dx = single(SIGNAL, KERNEL, dy, padding=padding).dx
    for i in (0, 1, M - 2, M - 1):
        inside = [(j, i + left - j) for j in range(count) if 0 <= i + left - j < len(KERNEL)]
        assert dx[i] == pytest.approx(sum(dy[j] * KERNEL[::-1][k] for j, k in inside))


@pytest.mark.parametrize("kind", KINDS_DRAWN, ids=lambda kind: kind.kind)
@examples(3)
@given(data=st.data())
def test_G8_one_generic_check_runs_over_every_kind_of_layer(kind: type, data: st.DataObject) -> None:
    assert_gradients(data.draw(problems(kind)))


def test_G9_backward_changes_no_weight_and_dx_comes_from_the_weights_of_the_forward_pass() -> None:
    problem = Problem((Conv1d(1, 7, bias=False), Conv1d(1, 3, bias=False)), 1, (M,))
    plan = problem.plan()
    first, second = (view.ravel().copy() for view in problem.network.layout.views(plan.parameters).values())
    kept = plan.parameters.copy()
    plan.step()
    assert plan.parameters.tobytes() == kept.tobytes()
    expected = np.convolve(np.convolve(problem.u[0][:, 0], second, "same"), first, "same")
    np.testing.assert_allclose(plan.input_gradient[0, :, 0], expected, rtol=1e-12, atol=1e-12)


def test_G10_a_layer_written_in_a_test_stacks_with_the_others() -> None:
    assert Gate not in KINDS.values()
    assert Gate in KINDS_DRAWN
    layers = (Conv1d(3, 3), Gate(), BatchNormalization(), Relu(), Gate(0.5), Conv1d(2, 2), Gate(), GlobalAveragePool())
    assert_gradients(Problem(layers, 2, (7, 7, 7)))
    assert_gradients(Problem(layers, 2, (7, 4, 5), masked=True))

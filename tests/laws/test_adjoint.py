"""<u, J v> = <J'u, v>: the backward pass is the transpose of the forward pass's derivative, in float64.

v points through inputs and parameters at once; J v is a central difference along it. Both sides come from the plan.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.layers.dropout import Dropout
from model.plan import Plan
from tests.laws.kinds import KINDS_DRAWN, examples, problems
from tests.reference.problem import Problem, write

STEP = 1e-6
TOLERANCE = 1e-6
KIND = pytest.mark.parametrize("kind", KINDS_DRAWN, ids=lambda kind: kind.kind)


def along(problem: Problem) -> tuple[float, float]:
    """<u, J v> by central differences, and <J'u, v> by the backward pass."""
    generator = np.random.default_rng([problem.seed, 6])
    v_inputs = [generator.standard_normal(x.shape) for x in problem.cases]
    v_parameters = generator.standard_normal(problem.network.parameters.size)
    plan = problem.plan()
    start = plan.parameters.copy()
    answer = problem.answer(plan)
    transposed = float(plan.gradient @ v_parameters)
    transposed += sum(float((dx * v).sum()) for dx, v in zip(answer.dx, v_inputs, strict=True))

    def loss(sign: float) -> float:
        plan.parameters[...] = start + sign * STEP * v_parameters
        write(plan.inputs, [x + sign * STEP * v for x, v in zip(problem.cases, v_inputs, strict=True)])
        return forward_loss(problem, plan)

    return (loss(1) - loss(-1)) / (2 * STEP), transposed


def forward_loss(problem: Problem, plan: Plan) -> float:
    problem.reseed(plan)
    plan.refresh()
    plan.forward()
    return sum(float((y * u).sum()) for y, u in zip(problem.outputs(plan), problem.u, strict=True))


@KIND
@examples(10)
@given(data=st.data(), masked=st.booleans())
def test_the_backward_pass_is_the_transpose_of_the_forward_derivative(
    kind: type, data: st.DataObject, masked: bool
) -> None:
    problem = data.draw(problems(kind, masked=masked))
    difference, transposed = along(problem)
    assert difference == pytest.approx(transposed, rel=TOLERANCE, abs=TOLERANCE)


@examples(5)
@given(rate=st.sampled_from([0.2, 0.5]), spatial=st.booleans(), masked=st.booleans())
def test_the_law_holds_through_dropout_that_drops_the_same_values_again(
    rate: float, spatial: bool, masked: bool
) -> None:
    problem = Problem((Dropout(rate, spatial),), 3, (9, 5) if masked else (9, 9), masked)
    difference, transposed = along(problem)
    assert difference == pytest.approx(transposed, rel=TOLERANCE)

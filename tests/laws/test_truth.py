"""The plan and the slow truth agree: the same shapes, the same outputs, the same gradients, for every kind of layer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.layers.conv1d import Conv1d
from model.layers.registry import KINDS
from tests.laws.kinds import KINDS_DRAWN, examples, problems
from tests.reference.network import TRUTHS
from tests.reference.problem import Problem, disagreements

KIND = pytest.mark.parametrize("kind", KINDS_DRAWN, ids=lambda kind: kind.kind)
EXACT = 1e-9


def test_every_registered_kind_is_drawn_and_has_a_truth() -> None:
    assert set(KINDS.values()) <= KINDS_DRAWN.keys()
    assert set(KINDS.values()) <= TRUTHS.keys()


@KIND
@examples(7)
@given(data=st.data())
def test_the_produced_shape_is_the_predicted_shape(kind: type, data: st.DataObject) -> None:
    problem = data.draw(problems(kind))
    plan = problem.plan("inference")
    shape = problem.predicted[0]
    steps = () if shape.vector else (shape.length,)
    assert plan.forward().shape == (len(problem.lengths), *steps, shape.channels)


@KIND
@examples(10)
@given(data=st.data())
def test_outputs_and_gradients_are_those_of_the_slow_truth(kind: type, data: st.DataObject) -> None:
    problem = data.draw(problems(kind))
    assert disagreements(problem.solve(), problem.truth(), EXACT) == {}


@KIND
@examples(10)
@given(data=st.data())
def test_masked_series_give_what_the_truth_gives_that_never_saw_padding(kind: type, data: st.DataObject) -> None:
    problem = data.draw(problems(kind, masked=True))
    assert disagreements(problem.solve(), problem.truth(), EXACT) == {}


@KIND
@examples(7)
@given(data=st.data(), masked=st.booleans())
def test_inference_is_that_of_the_slow_truth(kind: type, data: st.DataObject, masked: bool) -> None:
    problem = data.draw(problems(kind, masked=masked))
    assert disagreements(problem.infer(), problem.truth(training=False), EXACT) == {}


@examples(60)
@given(problem=problems(Conv1d), masked=problems(Conv1d, masked=True))
def test_convolutions_of_any_geometry_are_those_of_the_slow_truth(problem: Problem, masked: Problem) -> None:
    assert disagreements(problem.solve(), problem.truth(), EXACT) == {}
    assert disagreements(masked.solve(), masked.truth(), EXACT) == {}

"""Batches, threads, blocks and precision: none of them changes an answer by more than its stated tolerance.

SINGLE: a case alone differs from the same case in a batch by rounding only, because sums run in another order.
"""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.layers.batch_normalization import BatchNormalization
from model.layers.dropout import Dropout
from model.layers.residual import Residual
from tests.laws.kinds import KINDS_DRAWN, examples, problems
from tests.reference.problem import Answer, Problem, disagreements

SINGLE = 1e-5
"""float32: of the largest value in the array, or of one."""
DOUBLE = 1e-12
"""float64, the same."""
KIND = pytest.mark.parametrize("kind", KINDS_DRAWN, ids=lambda kind: kind.kind)


CERTAIN = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS_DRAWN if kind is not Dropout], ids=lambda kind: kind.kind
)
"""Kinds that draw no random numbers, which depend on the place in the batch and on the shard."""


SEPARATE = pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS_DRAWN if kind not in {Dropout, BatchNormalization, Residual}],
    ids=lambda kind: kind.kind,
)
"""Kinds in which, besides, no case sees another, as they do through batch statistics."""


def separate(problem: Problem) -> bool:
    """Whether no layer around takes statistics of the batch: each that does keeps running ones."""
    return problem.network.state.size == 0


def bits(answer: Answer) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in answer.arrays()}


@KIND
@examples(6)
@given(data=st.data(), masked=st.booleans())
def test_a_batch_answers_as_its_cases_alone(kind: type, data: st.DataObject, masked: bool) -> None:
    problem = data.draw(problems(kind, masked=masked))
    together = problem.infer(np.float32).outputs
    alone = [problem.alone(case).infer(np.float32).outputs[0] for case in range(len(problem.cases))]
    assert disagreements(Answer(together), Answer(alone), SINGLE) == {}


@KIND
@examples(4)
@given(data=st.data(), masked=st.booleans())
def test_the_same_plan_twice_gives_the_same_bits(kind: type, data: st.DataObject, masked: bool) -> None:
    problem = data.draw(problems(kind, masked=masked))
    plan = problem.plan(dtype=np.float32)
    first, second = problem.answer(plan), problem.answer(plan)
    assert bits(first) == bits(second)


@SEPARATE
@examples(6)
@given(data=st.data(), masked=st.booleans())
def test_gradients_of_a_batch_are_those_of_its_cases_alone(kind: type, data: st.DataObject, masked: bool) -> None:
    problem = data.draw(problems(kind, masked=masked).filter(separate))
    singles = [problem.alone(case).solve() for case in range(len(problem.cases))]
    parameters = {name: sum(one.gradients[name] for one in singles) for name in singles[0].gradients}
    alone = Answer(
        [one.outputs[0] for one in singles],
        sum(one.loss for one in singles),
        [one.dx[0] for one in singles],
        parameters,
    )
    assert disagreements(problem.solve(), alone, DOUBLE) == {}


@CERTAIN
@examples(4)
@given(data=st.data(), masked=st.booleans())
def test_two_threads_answer_as_one(kind: type, data: st.DataObject, masked: bool) -> None:
    problem = data.draw(problems(kind, masked=masked))
    one, two = problem.solve(threads=1), problem.solve(threads=2)
    assert disagreements(two, one, DOUBLE) == {}


@KIND
@examples(4)
@given(data=st.data(), masked=st.booleans())
def test_a_fixed_number_of_threads_gives_the_same_bits(kind: type, data: st.DataObject, masked: bool) -> None:
    problem = data.draw(problems(kind, masked=masked))
    assert bits(problem.solve(np.float32, threads=3)) == bits(problem.solve(np.float32, threads=3))


@KIND
@examples(6)
@given(data=st.data(), masked=st.booleans())
def test_float32_answers_as_float64(kind: type, data: st.DataObject, masked: bool) -> None:
    problem = data.draw(problems(kind, masked=masked).filter(settled))
    assert disagreements(problem.solve(np.float32), problem.solve(np.float64), 2e-4) == {}


@KIND
@examples(4)
@given(data=st.data(), masked=st.booleans(), size=st.integers(1, 60))
def test_small_blocks_answer_as_large_ones(kind: type, data: st.DataObject, masked: bool, size: int) -> None:
    problem = data.draw(problems(kind, masked=masked))
    whole = problem.solve()
    with mock.patch("model.kernels.columns.BLOCK", size), mock.patch("model.kernels.blocks.PIECE", size):
        assert disagreements(problem.solve(), whole, DOUBLE) == {}


def settled(problem: Problem) -> bool:
    """Whether no choice (a maximum, a sign) hangs on the last bits: a tiny change of inputs changes little."""
    moved = Problem(problem.layers, problem.channels, problem.lengths, problem.masked, problem.seed)
    vars(moved).update(cases=[x * (1 + 1e-5) for x in problem.cases])
    return disagreements(moved.solve(), problem.solve(), 1e-2) == {}

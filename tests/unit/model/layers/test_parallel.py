"""Parallel branches: what is joined is written where it belongs, unless somebody else needs it apart."""

import numpy as np
import pytest

from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.pooling import MaxPool
from model.layers.relu import Relu
from tests.reference.problem import Problem, disagreements

APART: dict[str, tuple[LayerSpec, ...]] = {
    "an input passed on": (),
    "an output normalized in runs": (Conv1d(5, 3), BatchNormalization()),
    "a dilated convolution by tiles": (Conv1d(5, 3, dilation=2),),
}
TOGETHER: dict[str, tuple[LayerSpec, ...]] = {
    "a convolution": (Conv1d(5, 3),),
    "a rectified one": (Conv1d(5, 3), Relu()),
    "a pooled one": (MaxPool(3, 1, "same"), Conv1d(5, 1)),
    "branches of a branch": (Parallel(((Conv1d(2, 3),), (Conv1d(3, 4),))),),
}


def widths_inside(branch: tuple[LayerSpec, ...]) -> tuple[Problem, list[int]]:
    """The channels of every storage of values that is a part of a wider one."""
    problem = Problem((Parallel((branch, (Conv1d(4, 2),))), BatchNormalization(), Conv1d(2, 3)), 3, (20, 20))
    storages = problem.plan().workshop.storages
    return problem, [each.channels for each in storages if each.stands_in and not each.of_gradient]


@pytest.mark.parametrize("name", TOGETHER)
def test_what_a_branch_makes_is_made_where_it_is_joined(name: str) -> None:
    problem, inside = widths_inside(TOGETHER[name])
    assert {4, 5} <= set(inside)
    assert disagreements(problem.solve(), problem.truth(), 1e-9) == {}


@pytest.mark.parametrize("name", APART)
def test_what_cannot_be_made_there_is_copied(name: str) -> None:
    problem, inside = widths_inside(APART[name])
    assert inside == [4]
    assert disagreements(problem.solve(), problem.truth(), 1e-9) == {}


def test_values_that_a_branch_reads_on_its_way_back_outlive_what_follows() -> None:
    branches = ((Conv1d(2, 3), Relu()), (Conv1d(2, 2), Relu()))
    problem = Problem((Parallel(branches), Relu(), Relu(), Conv1d(2, 3)), 2, (9, 9))
    assert disagreements(problem.solve(), problem.truth(), 1e-9) == {}
    assert np.isfinite(problem.solve().loss)

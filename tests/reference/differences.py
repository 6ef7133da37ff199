"""Central differences, one number after another: what the gradients of a problem are, whatever its layers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.arrays import Array
from tests.reference.problem import Answer, Problem, disagreements

STEP = 1e-6
TOLERANCE = 1e-6


def assert_gradients(problem: Problem, threads: int = 1) -> None:
    """The backward pass agrees with central differences in float64."""
    found, expected = problem.solve(threads=threads), differences(problem)
    assert disagreements(found, expected, TOLERANCE) == {}


def differences(problem: Problem) -> Answer:
    """The answer of the forward pass alone."""
    plan = problem.plan()

    def loss() -> float:
        problem.reseed(plan)
        plan.refresh()
        plan.forward()
        return sum(float((y * u).sum()) for y, u in zip(problem.outputs(plan), problem.u, strict=True))

    parameters = slopes(loss, plan.parameters)
    dx = [slopes(loss, row[:length]) for row, length in zip(plan.inputs, problem.lengths, strict=True)]
    value = loss()
    return Answer(problem.outputs(plan), value, dx, problem.network.layout.views(parameters))


def slopes(loss: Callable[[], float], array: Array) -> Array:
    """(loss(a + h) - loss(a - h)) / 2h for every number a of the array, which is put back."""
    found = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + STEP
        above = loss()
        array[place] = kept - STEP
        below = loss()
        array[place] = kept
        found[place] = (above - below) / (2 * STEP)
    return found

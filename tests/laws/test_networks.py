"""Whole networks of any layers, deep and nested: the plan is the network of closures, and remembers nothing."""

from collections.abc import Callable
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.geometry import Shape
from model.layers import sequence
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.dropout import Dropout
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.relu import Relu
from model.layers.residual import Residual
from tests.laws.kinds import KINDS_DRAWN, MOST_STEPS, buildable, examples
from tests.reference.problem import Answer, Problem, disagreements, write

Layers = tuple[LayerSpec, ...]
DEEPEST = 2
FREQUENT = (Conv1d, Conv1d, Conv1d, BatchNormalization, Relu, Dropout, Residual, Parallel)
"""Drawn more often than the others: what networks are made of."""


@st.composite
def stacks(draw: st.DrawFn, channels: int, length: int, most: int, depth: int = 0, *, masked: bool = False) -> Layers:
    """Up to `most` layers that can follow one another from this shape, containers of stacks among them."""
    layers: Layers = ()
    kinds = [kind for kind in (*KINDS_DRAWN, *FREQUENT) if kind not in CONTAINERS or depth < DEEPEST]
    for _ in range(draw(st.integers(most // 2, most))):
        shape = sequence.shapes(layers, Shape(channels, length))[-1]
        kind = draw(st.sampled_from(kinds))
        if kind in CONTAINERS and not shape.vector:
            layer = draw(CONTAINERS[kind](shape.channels, shape.length or length, depth + 1))
        else:
            layer = draw(KINDS_DRAWN[kind](shape.channels))
        fits = all(buildable((*layers, layer), channels, steps) for steps in ({length, None} if masked else {length}))
        if fits and (shape.vector or not layer.output(shape).vector or len(layers) >= most // 2):
            layers = (*layers, layer)
    return layers


@st.composite
def residuals(draw: st.DrawFn, channels: int, length: int, depth: int) -> LayerSpec:
    body = draw(stacks(channels, length, 3, depth))
    return Residual(body, draw(st.sampled_from([(), body])))


@st.composite
def parallels(draw: st.DrawFn, channels: int, length: int, depth: int) -> LayerSpec:
    return Parallel(tuple(draw(st.lists(stacks(channels, length, 2, depth), min_size=1, max_size=3))))


CONTAINERS: dict[type, Callable[[int, int, int], st.SearchStrategy[LayerSpec]]] = {
    Residual: residuals,
    Parallel: parallels,
}


@st.composite
def networks(draw: st.DrawFn) -> Problem:
    channels, length = draw(st.integers(1, 3)), draw(st.integers(4, 2 * MOST_STEPS))
    masked = draw(st.booleans())
    layers = draw(stacks(channels, length, 8, masked=masked).filter(bool))
    fits = [steps for steps in range(1, length + 1) if buildable(layers, channels, steps)] if masked else [length]
    lengths = draw(st.lists(st.sampled_from(fits), min_size=1, max_size=3)) if masked else [length] * 3
    return Problem(layers, channels, (*lengths, length), masked, draw(st.integers(0, 999)))


def tolerance(answer: Answer) -> float:
    """Rounding grows with the largest number that was met on the way."""
    return 1e-9 * max([1.0, *(float(np.abs(array).max(initial=0)) for _, array in answer.arrays())])


@examples(120)
@given(problem=networks(), by_tiles=st.booleans(), block=st.integers(1, 2000))
def test_a_plan_is_the_network_of_closures(problem: Problem, by_tiles: bool, block: int) -> None:
    truth = problem.truth()
    wide = mock.patch("model.layers.fast_convolution.PAYS_ABOVE", 0 if by_tiles else np.inf)
    long = mock.patch("model.layers.depthwise_tiles.SHORTEST", 2 if by_tiles else np.inf)
    small = [
        mock.patch("model.kernels.columns.BLOCK", block),
        mock.patch("model.layers.fast_convolution.BUDGET", block),
    ]
    with wide, long, small[0], small[1]:
        assert disagreements(problem.solve(), truth, tolerance(truth)) == {}
        assert disagreements(problem.infer(), problem.truth(training=False), tolerance(truth)) == {}


@examples(60)
@given(problem=networks(), threads=st.integers(1, 2))
def test_parameter_gradients_do_not_hang_on_the_input_gradient(problem: Problem, threads: int) -> None:
    whole, without = (problem.plan(threads=threads, input_gradient=wanted) for wanted in (True, False))
    assert without.step() == pytest.approx(whole.step(), rel=1e-12, abs=1e-12)
    found = {name: view.copy() for name, view in problem.network.layout.views(without.gradient).items()}
    expected = problem.network.layout.views(whole.gradient)
    answer = Answer([], gradients=expected)
    assert disagreements(Answer([], gradients=found), answer, tolerance(answer)) == {}
    whole.close()
    without.close()


@examples(60)
@given(problem=networks(), seed=st.integers(0, 99))
def test_what_a_plan_did_before_leaves_no_trace(problem: Problem, seed: int) -> None:
    fresh, used = problem.plan(), problem.plan()
    state, generator = used.state.copy(), np.random.default_rng(seed)
    for _ in range(2):
        used.inputs[...] = 0
        if used.lengths is not None:
            used.lengths[...] = generator.permutation(problem.lengths)
        lengths = problem.lengths if used.lengths is None else used.lengths
        write(used.inputs, [generator.standard_normal((steps, problem.channels)) for steps in lengths])
        used.targets[...] = generator.standard_normal(used.targets.shape)
        used.step()
    used.state[...] = state
    write(used.inputs, problem.cases)
    write(used.targets, problem.u)
    if used.lengths is not None:
        used.lengths[...] = problem.lengths
    first, second = problem.answer(fresh), problem.answer(used)
    assert {name: array.tobytes() for name, array in first.arrays()} == {
        name: array.tobytes() for name, array in second.arrays()
    }

"""Layers bound together compute what they compute apart, in training and folded for inference.

`Gate(0)` passes everything on: placed between two layers, it keeps them from being bound together.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.layer import LayerSpec
from model.layers.sequence import FUSIONS
from tests.laws.kinds import MOST_STEPS, buildable, conv1d, examples
from tests.reference.gate import Gate
from tests.reference.problem import Answer, Problem, disagreements


@st.composite
def runs(draw: st.DrawFn, kinds: tuple[type, ...]) -> tuple[LayerSpec, ...]:
    """Layers of these kinds in order, the convolution of any geometry."""
    convolution = draw(conv1d(3).filter(lambda layer: buildable((layer,), 3, MOST_STEPS - 1)))
    made = {Conv1d: convolution, BatchNormalization: BatchNormalization(epsilon=draw(st.sampled_from([1e-3, 0.1])))}
    return tuple(made.get(kind) or kind() for kind in kinds)


def apart(problem: Problem) -> Problem:
    """The same layers with a gate that does nothing between them, and the same numbers."""
    layers = tuple(part for layer in problem.layers for part in (layer, Gate(0.0)))
    spread = Problem(layers, problem.channels, problem.lengths, problem.masked, problem.seed)
    own, other = problem.network, spread.network
    views, states = other.layout.views(other.parameters), other.state_layout.views(other.state)
    for name, value in own.layout.views(own.parameters).items():
        views[doubled(name)][...] = value
    for name, value in own.state_layout.views(own.state).items():
        states[doubled(name)][...] = value
    return spread


def doubled(name: str) -> str:
    """The name of a parameter when every layer is followed by a gate."""
    group, place, own = name.split("/")
    return f"{group}/{2 * int(place)}/{own}"


RUNS = pytest.mark.parametrize(
    "kinds", [kinds for kinds, _ in FUSIONS], ids=lambda kinds: "-".join(kind.kind for kind in kinds)
)


@RUNS
@examples(20)
@given(data=st.data(), masked=st.booleans(), seed=st.integers(0, 99))
def test_layers_folded_for_inference_answer_as_unfolded(
    kinds: tuple[type, ...], data: st.DataObject, masked: bool, seed: int
) -> None:
    layers = data.draw(runs(kinds))
    masked = masked and buildable(layers, 3, None)
    problem = Problem(layers, 3, (MOST_STEPS, MOST_STEPS - masked), masked, seed)
    assert disagreements(problem.infer(), apart(problem).infer(), 1e-12) == {}
    assert disagreements(problem.infer(np.float32), apart(problem).infer(np.float32), 1e-5) == {}


@RUNS
@examples(20)
@given(data=st.data(), masked=st.booleans(), seed=st.integers(0, 99))
def test_layers_bound_together_train_as_apart(
    kinds: tuple[type, ...], data: st.DataObject, masked: bool, seed: int
) -> None:
    layers = data.draw(runs(kinds))
    masked = masked and buildable(layers, 3, None)
    problem = Problem(layers, 3, (MOST_STEPS, MOST_STEPS - masked), masked, seed)
    one, other = problem.solve(), apart(problem).solve()
    named = {name: other.gradients[doubled(name)] for name in one.gradients}
    assert disagreements(one, Answer(other.outputs, other.loss, other.dx, named), 1e-10) == {}


@RUNS
def test_both_leave_the_same_running_statistics(kinds: tuple[type, ...]) -> None:
    layers = tuple(Conv1d(4, 3) if kind is Conv1d else kind() for kind in kinds)
    problem = Problem(layers, 3, (9, 7, 4), masked=True)
    plan, spread = problem.plan(), apart(problem).plan()
    plan.step()
    spread.step()
    np.testing.assert_allclose(plan.state, spread.state, rtol=1e-12, atol=1e-12)

"""A convolution by tiles multiplies less and answers the same, wherever it may be chosen."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.depthwise_tiles import DepthwiseByTiles
from model.layers.fast_convolution import FastConvolution
from model.layers.layer import LayerSpec
from model.layers.relu import Relu
from tests.laws.kinds import examples
from tests.reference.problem import Problem, disagreements

BEHIND: tuple[tuple[LayerSpec, ...], ...] = ((), (Relu(),), (BatchNormalization(), Relu()), (Conv1d(2, 3),))


@st.composite
def tiled(draw: st.DrawFn) -> Problem:
    """A convolution of stride one that tiles can do, long kernels, depthwise ones and unequal lengths among them."""
    length, kernel, dilation = draw(st.integers(12, 60)), draw(st.integers(3, 14)), draw(st.sampled_from([1, 1, 2, 3]))
    ends = [(left, right) for left, right in ((0, 0), (kernel - 1, 0), (kernel // 2, 3), (0, 2)) if left + right]
    padding = draw(st.sampled_from(["same", "causal", "full", *ends]))
    outputs, groups = draw(st.sampled_from([(1, 1), (3, 1), (2, 2)]))
    layer = Conv1d(outputs, kernel, padding=padding, bias=draw(st.booleans()), dilation=dilation, groups=groups)
    masked, length = draw(st.booleans()), max(length, layer.reach)
    lengths = draw(st.lists(st.integers(layer.reach, length), max_size=2)) if masked else [length]
    before = draw(st.sampled_from([(), (Conv1d(2, 2),), (BatchNormalization(), Relu())]))
    layers = (*before, layer, *draw(st.sampled_from(BEHIND)))
    return Problem(layers, 2, (*lengths, length), masked, draw(st.integers(0, 99)))


def ran_by_tiles(problem: Problem) -> bool:
    ways = FastConvolution, DepthwiseByTiles
    return any(isinstance(operation, ways) for operation in problem.plan().workshop.operations)


@contextmanager
def wherever_it_fits(budget: int) -> Iterator[None]:
    """However few the channels and taps, in blocks of this size."""
    changed = {
        "fast_convolution.PAYS_ABOVE": 0,
        "fast_convolution.BUDGET": budget,
        "depthwise_tiles.SHORTEST": 3,
        "depthwise_tiles.BUDGET": budget,
        "depthwise_tiles.REPEATED": budget,
    }
    with ExitStack() as stack:
        for name, value in changed.items():
            stack.enter_context(mock.patch(f"model.layers.{name}", value))
        yield


@examples(60)
@given(problem=tiled(), budget=st.integers(1, 4000))
def test_a_convolution_by_tiles_gives_what_the_slow_truth_gives(problem: Problem, budget: int) -> None:
    with wherever_it_fits(budget):
        assume(ran_by_tiles(problem))
        assert disagreements(problem.solve(), problem.truth(), 1e-9) == {}
        assert disagreements(problem.infer(), problem.truth(training=False), 1e-9) == {}
        assert disagreements(problem.solve(np.float32), problem.truth(), 1e-3) == {}

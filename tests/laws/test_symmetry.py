"""What a convolution must not see: the order of channels and of cases, and where in time a pattern stands."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.arrays import Array
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.pooling import MaxPool
from model.layers.relu import Relu
from tests.laws.kinds import examples
from tests.reference.problem import Problem

convolutions = st.builds(
    Conv1d,
    st.integers(1, 4),
    st.integers(1, 6),
    stride=st.integers(1, 3),
    padding=st.sampled_from(["same", "causal", "full"]),
    dilation=st.integers(1, 3),
)


def outputs(problem: Problem, x: Array, kernel: Array | None = None) -> Array:
    """The inference of cases x (N, L, C), with the first layer's kernel replaced."""
    plan = problem.plan("inference")
    if kernel is not None:
        problem.network.layout.views(plan.parameters)["layers/0/kernel"][...] = kernel
        plan.refresh()
    plan.inputs[...] = x
    return plan.forward().copy()


@examples(30)
@given(layer=convolutions, channels=st.integers(2, 5), seed=st.integers(0, 99))
def test_channels_permuted_together_with_the_kernel_change_nothing(layer: Conv1d, channels: int, seed: int) -> None:
    problem = Problem((layer, Relu(), BatchNormalization()), channels, (11, 11), seed=seed)
    order = np.random.default_rng(seed).permutation(channels)
    kernel = problem.network.layout.views(problem.network.parameters)["layers/0/kernel"]
    x = np.stack(problem.cases)
    np.testing.assert_allclose(
        outputs(problem, x[..., order], kernel[:, :, order]), outputs(problem, x), rtol=1e-12, atol=1e-12
    )


@examples(20)
@given(layer=convolutions, seed=st.integers(0, 99))
def test_cases_permuted_give_their_outputs_permuted(layer: Conv1d, seed: int) -> None:
    problem = Problem((layer, BatchNormalization(), Relu(), GlobalAveragePool()), 2, (9,) * 5, seed=seed)
    order = np.random.default_rng(seed).permutation(5)
    x = np.stack(problem.cases)
    np.testing.assert_allclose(outputs(problem, x[order]), outputs(problem, x)[order], rtol=1e-12, atol=1e-12)


@examples(30)
@given(
    kernels=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    padding=st.sampled_from(["same", "causal", "full"]),
    shift=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_a_shifted_series_gives_shifted_outputs_away_from_the_ends(
    kernels: list[int], padding: str, shift: int, seed: int
) -> None:
    layers = [part for kernel in kernels for part in (Conv1d(3, kernel, padding=padding), Relu())]
    problem = Problem((*layers, MaxPool(3, 1, "same")), 2, (40,), seed=seed)
    reach = sum(kernels) + 3
    x = np.stack(problem.cases)
    before, after = outputs(problem, x)[0], outputs(problem, np.roll(x, shift, axis=1))[0]
    inside = slice(reach, 40 - reach - shift)
    moved = slice(inside.start + shift, inside.stop + shift)
    np.testing.assert_allclose(after[moved], before[inside], rtol=1e-12, atol=1e-12)


@examples(20)
@given(stride=st.integers(2, 4), seed=st.integers(0, 99))
def test_a_strided_layer_is_equivariant_to_shifts_by_whole_strides(stride: int, seed: int) -> None:
    problem = Problem((Conv1d(2, 3, stride=stride),), 1, (10 * stride,), seed=seed)
    x = np.stack(problem.cases)
    before, after = outputs(problem, x)[0], outputs(problem, np.roll(x, stride, axis=1))[0]
    np.testing.assert_allclose(after[2:-1], before[1:-2], rtol=1e-12, atol=1e-12)

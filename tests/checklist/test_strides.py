"""T1 to T5: steps of more than one."""

import timeit
from itertools import product

import numpy as np
import pytest

from model.geometry import Shape, window_count
from model.layers.conv1d import Conv1d
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from model.summary import rows
from tests.checklist.layer import KERNEL, SIGNAL, single
from tests.reference.differences import assert_gradients
from tests.reference.problem import Problem

PADDINGS = ("same", "valid", "causal", "full", 2, (0, 3))
STRIDES = pytest.mark.parametrize("stride", [1, 2, 3, 4])


@STRIDES
@pytest.mark.parametrize("padding", PADDINGS)
def test_T1_a_stride_keeps_every_s_th_step_of_the_dense_result(stride: int, padding: object) -> None:
    dense = single(SIGNAL, KERNEL, padding=padding).y
    strided = single(SIGNAL, KERNEL, padding=padding, stride=stride).y
    np.testing.assert_allclose(strided, dense[::stride], rtol=1e-12, atol=1e-12)


@STRIDES
def test_T2_the_multiply_adds_fall_as_one_over_the_stride(stride: int) -> None:
    (dense,), (strided,) = (rows((Conv1d(5, 7, stride=s),), Shape(3, 960)) for s in (1, stride))
    assert strided.multiply_adds * stride == dense.multiply_adds == 960 * 7 * 3 * 5


def test_T2_the_time_falls_with_the_stride() -> None:
    def seconds(stride: int) -> float:
        network = Network.initialize((Conv1d(32, 9, stride=stride),), 32, 2048, np.random.default_rng(0))
        plan = compile(network, batch=4, length=2048, fast=False)
        return min(timeit.repeat(plan.forward, number=1, repeat=15))

    assert seconds(4) < 0.6 * seconds(1)


@STRIDES
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("kernel", [2, 3, 6])
def test_T3_backward_goes_through_the_skipped_positions(stride: int, padding: object, kernel: int) -> None:
    layer = Conv1d(2, kernel, stride=stride, padding=padding)
    assert_gradients(Problem((layer,), 2, (11, 11)))
    assert_gradients(Problem((Conv1d(2, kernel, stride=stride, padding=padding, dilation=2),), 1, (13,)))


def test_T4_the_output_length_is_floor_of_m_minus_n_over_s_plus_one() -> None:
    for m, n, s in product(range(1, 30), range(1, 12), range(1, 6)):
        if n <= m:
            assert window_count(m, n, s, 1, (0, 0)) == (m - n) // s + 1
    for m, n, s in product((7, 8, 9, 11), (1, 2, 5, 7), (1, 2, 3, 5)):
        assert len(single(SIGNAL[:m], KERNEL[:n], padding="valid", stride=s).y) == (m - n) // s + 1


@pytest.mark.parametrize(("length", "kernel", "stride"), [(11, 2, 5), (10, 3, 4), (11, 1, 3), (9, 4, 6)])
def test_T5_inputs_that_no_window_uses_get_a_zero_gradient(length: int, kernel: int, stride: int) -> None:
    found = single(SIGNAL[:length], KERNEL[:kernel], padding="valid", stride=stride)
    used = {t * stride + k for t in range(len(found.y)) for k in range(kernel)}
    unused = sorted(set(range(length)) - used)
    assert unused
    assert (found.dx[unused] == 0).all()
    assert (found.dx[sorted(used)] != 0).all()

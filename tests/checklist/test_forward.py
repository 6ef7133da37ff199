"""F1 to F13: what a convolution gives."""

from itertools import product

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from model import autocorrelate, convolve, cross_correlate, trace
from model.interchange.onnx_export import export
from model.layers import conv1d
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from tests.checklist.layer import KERNEL, SIGNAL, run, single
from tests.reference.pipelines import pipeline_of

CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def test_F1_convolution_equals_numpys_as_a_function_and_as_a_layer() -> None:
    expected = np.convolve(SIGNAL, KERNEL, "same")
    np.testing.assert_allclose(convolve(SIGNAL, KERNEL, "same"), expected, **CLOSE)
    np.testing.assert_allclose(single(SIGNAL, KERNEL).y, expected, **CLOSE)


def test_F2_a_trace_shows_flip_step_multiply_and_add() -> None:
    shown = trace([1.0, 2.0, 3.0, 4.0], [10.0, 1.0, 0.5], "same")
    np.testing.assert_array_equal(shown.kernel, [0.5, 1.0, 10.0])
    np.testing.assert_array_equal(shown.first, [-1, 0, 1, 2])
    np.testing.assert_array_equal(shown.windows, [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 0]])
    np.testing.assert_array_equal(shown.products, [[0, 1, 20], [0.5, 2, 30], [1, 3, 40], [1.5, 4, 0]])
    np.testing.assert_array_equal(shown.sums, [21, 32.5, 44, 5.5])


def test_F3_signal_and_kernel_change_places() -> None:
    np.testing.assert_allclose(convolve(SIGNAL, KERNEL), convolve(KERNEL, SIGNAL), **CLOSE)
    np.testing.assert_allclose(single(KERNEL, SIGNAL, padding="full").y, convolve(SIGNAL, KERNEL), **CLOSE)


def test_F4_a_delta_copies_the_kernel_and_several_superpose() -> None:
    x = np.zeros(20)
    x[4], x[11] = 1.0, -2.5
    y = single(x, KERNEL).y
    expected = np.zeros(20)
    expected[1:8] += KERNEL
    expected[8:15] += -2.5 * KERNEL
    np.testing.assert_array_equal(y, expected)


def test_F5_more_zeros_around_the_signal_only_add_zeros_to_full() -> None:
    wider = convolve(np.pad(SIGNAL, (3, 5)), KERNEL)
    np.testing.assert_array_equal(wider[3:-5], convolve(SIGNAL, KERNEL))
    assert not wider[:3].any()
    assert not wider[-5:].any()


@pytest.mark.parametrize(("m", "n"), [(m, n) for m, n in product(range(1, 12), range(1, 8)) if n <= m])
def test_F6_full_same_and_valid_have_their_lengths(m: int, n: int) -> None:
    x, w = SIGNAL[:m], KERNEL[:n]
    for mode, length in (("full", m + n - 1), ("same", m), ("valid", m - n + 1)):
        assert len(convolve(x, w, mode)) == length
        assert len(single(x, w, padding=mode).y) == length


def test_F7_convolution_is_the_correlation_with_the_reversed_kernel_and_differs_from_that_with_the_kernel() -> None:
    np.testing.assert_array_equal(convolve(SIGNAL, KERNEL), cross_correlate(SIGNAL, KERNEL[::-1]))
    assert not np.allclose(convolve(SIGNAL, KERNEL), cross_correlate(SIGNAL, KERNEL))


def test_F8_a_layer_slides_its_stored_kernel_unflipped_and_says_so() -> None:
    stored = run(Conv1d(1, 7, bias=False), SIGNAL[:, None], KERNEL[:, None, None]).y[:, 0]
    np.testing.assert_allclose(stored, cross_correlate(SIGNAL, KERNEL, "same"), **CLOSE)
    assert "pre-flipped" in (conv1d.__doc__ or "")


def test_F8_an_exported_kernel_is_the_stored_one() -> None:
    pipeline = pipeline_of((Conv1d(5, 4), GlobalAveragePool()), channels=3)
    kernel = pipeline.network.layout.views(pipeline.network.parameters)["layers/0/kernel"][0]
    held = [numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(export(pipeline)).graph.initializer]
    assert any(np.array_equal(array, kernel.transpose(2, 1, 0)) for array in held)


@pytest.mark.parametrize(("stride", "dilation", "groups"), [(1, 1, 1), (2, 1, 1), (1, 2, 2), (3, 2, 1)])
def test_F9_onnx_runtime_correlates_with_the_stored_kernel_too(stride: int, dilation: int, groups: int) -> None:
    generator = np.random.default_rng(0)
    x, w = generator.standard_normal((15, 4)), generator.standard_normal((3, 4 // groups, 6))
    layer = Conv1d(6, 3, stride=stride, padding=(2, 1), dilation=dilation, groups=groups, bias=False)
    theirs = onnx_conv(x, w, strides=[stride], dilations=[dilation], group=groups, pads=[2, 1])
    np.testing.assert_allclose(run(layer, x, w).y, theirs, rtol=1e-5, atol=1e-5)


def test_F10_autocorrelation_is_symmetric_with_its_peak_the_energy_at_lag_0() -> None:
    found = autocorrelate(SIGNAL)
    np.testing.assert_allclose(found, found[::-1], **CLOSE)
    assert np.argmax(found) == len(SIGNAL) - 1
    assert found[len(SIGNAL) - 1] == pytest.approx((SIGNAL**2).sum())


@pytest.mark.parametrize("period", [5, 8, 13])
def test_F11_a_periodic_signal_peaks_at_its_period(period: int) -> None:
    one = np.random.default_rng(period).standard_normal(period)
    x = np.tile(one - one.mean(), 10)
    lags = autocorrelate(x)[len(x) :]
    assert np.argmax(lags) + 1 == period


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_F12_odd_and_even_kernels_both_work(n: int) -> None:
    w = KERNEL[:n]
    left = (n - 1) // 2
    np.testing.assert_allclose(convolve(SIGNAL, w, "same"), np.convolve(SIGNAL, w, "same"), **CLOSE)
    expected = np.correlate(np.pad(SIGNAL, (left, n - 1 - left)), w, "valid")
    np.testing.assert_allclose(single(SIGNAL, w[::-1]).y, expected, **CLOSE)


@pytest.mark.parametrize("shift", [1, 4])
def test_F13_a_shift_of_the_series_shifts_the_result_away_from_the_ends(shift: int) -> None:
    x = np.pad(SIGNAL, 20)
    before, after = single(x, KERNEL).y, single(np.roll(x, shift), KERNEL).y
    np.testing.assert_allclose(after[10:-10], np.roll(before, shift)[10:-10], **CLOSE)


def onnx_conv(x: np.ndarray, w: np.ndarray, **attributes: object) -> np.ndarray:
    """ONNX Runtime's Conv of x (L, C) with the kernel w (K, C / groups, F), as our layers hold it, not flipped."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], **attributes)
    x_info, w_info, y_info = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "c", "l"]) for name in "xwy")
    graph = helper.make_graph([node], "conv", [x_info, w_info], [y_info])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    given = {"x": x.T[None].astype(np.float32), "w": w.transpose(2, 1, 0).astype(np.float32)}
    return session.run(None, given)[0][0].T

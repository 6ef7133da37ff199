"""The plain functions: NumPy's own answers, for every pair of lengths, and clear refusals."""

from itertools import product
from typing import get_args

import numpy as np
import pytest

import model
from model.errors import InvalidSeries
from model.signal import Mode

MODES = pytest.mark.parametrize("mode", get_args(Mode))
PAIRS = pytest.mark.parametrize(("m", "n"), list(product(range(1, 9), range(1, 9))))


def signals(m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng([m, n])
    return generator.standard_normal(m), generator.standard_normal(n)


@MODES
@PAIRS
def test_convolve_is_numpys_for_odd_and_even_kernels_and_kernels_longer_than_the_signal(
    m: int, n: int, mode: Mode
) -> None:
    x, w = signals(m, n)
    np.testing.assert_allclose(model.convolve(x, w, mode), np.convolve(x, w, mode), rtol=1e-12, atol=1e-12)


@MODES
@PAIRS
def test_cross_correlate_is_the_convolution_with_the_kernel_reversed(m: int, n: int, mode: Mode) -> None:
    x, w = signals(m, n)
    found = model.cross_correlate(x, w, mode)
    np.testing.assert_array_equal(found, model.convolve(x, w[::-1], mode))
    if n <= m:
        np.testing.assert_allclose(found, np.correlate(x, w, mode), rtol=1e-12, atol=1e-12)


@MODES
@PAIRS
def test_a_trace_ends_in_the_convolution(m: int, n: int, mode: Mode) -> None:
    x, w = signals(max(m, n), min(m, n))
    steps = model.trace(x, w, mode)
    np.testing.assert_allclose(steps.sums, model.convolve(x, w, mode), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(steps.kernel, w[::-1])
    for first, window in zip(steps.first, steps.windows, strict=True):
        places = first + np.arange(len(w))
        inside = (places >= 0) & (places < len(x))
        np.testing.assert_array_equal(window, np.where(inside, x[places.clip(0, len(x) - 1)], 0))


def test_a_trace_reads_as_the_sums_one_does_by_hand() -> None:
    assert str(model.trace([1, 2, 3], [1, 0, -1], "same")).splitlines() == [
        "y[0] = 0*-1 + 1*0 + 2*1 = 2",
        "y[1] = 1*-1 + 2*0 + 3*1 = 2",
        "y[2] = 2*-1 + 3*0 + 0*1 = -2",
    ]


@pytest.mark.parametrize(
    ("given", "kept"), [("float32", "float32"), ("float64", "float64"), ("float16", "float16"), ("int8", "float64")]
)
def test_the_floating_dtype_is_kept_and_whole_numbers_become_float64(given: str, kept: str) -> None:
    x = np.arange(5).astype(given)
    for found in (model.convolve(x, x), model.cross_correlate(x, x), model.autocorrelate(x), model.trace(x, x).sums):
        assert found.dtype == kept


def test_what_was_given_is_never_changed() -> None:
    x, w = signals(7, 3)
    kept = x.copy(), w.copy()
    model.convolve(x, w)
    model.trace(x, w)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(w, kept[1])


@pytest.mark.parametrize(
    ("x", "w", "message"),
    [
        ([], [1.0], r"the signal has shape \(0,\)"),
        ([1.0], [], r"the kernel has shape \(0,\)"),
        ([[1.0]], [1.0], r"the signal has shape \(1, 1\)"),
        ([1.0], ["a"], "the kernel holds <U1"),
        ([1j], [1.0], "the signal holds complex128"),
    ],
)
def test_what_is_no_signal_is_refused_by_name(x: list[object], w: list[object], message: str) -> None:
    with pytest.raises(InvalidSeries, match=message):
        model.convolve(x, w)


def test_an_unknown_mode_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidSeries, match="mode is 'half', but must be one of 'full', 'same', 'valid'"):
        model.convolve([1.0], [1.0], "half")


def test_a_trace_refuses_a_kernel_longer_than_the_signal() -> None:
    with pytest.raises(InvalidSeries, match="they may change places"):
        model.trace([1.0], [1.0, 2.0])

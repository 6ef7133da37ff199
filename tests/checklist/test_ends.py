"""P1 to P10: what stands beyond the ends, and where the gradient of it goes."""

from typing import Any

import numpy as np
import pytest

from model import convolve
from model.data.series import Series
from model.data.zero_padding import zero_padding_remarks
from model.layers.conv1d import Conv1d
from model.layers.layer import LayerSpec
from model.layers.pad import OPTIONS, Pad
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from tests.checklist.layer import KERNEL, SIGNAL, P, single
from tests.reference.differences import assert_gradients, slopes
from tests.reference.problem import Problem

CLOSE = {"rtol": 1e-12, "atol": 1e-12}
M, N = len(SIGNAL), len(KERNEL)
MODES: dict[str, tuple[dict[str, Any], ...]] = {
    "constant": ({}, {"constant_values": 2.5}, {"constant_values": (1.0, -3.0)}),
    "edge": ({},),
    "linear_ramp": ({}, {"end_values": (4.0, -1.0)}),
    "maximum": ({}, {"stat_length": 2}),
    "mean": ({}, {"stat_length": (3, 2)}),
    "median": ({}, {"stat_length": 4}),
    "minimum": ({}, {"stat_length": 3}),
    "reflect": ({}, {"reflect_type": "odd"}),
    "symmetric": ({}, {"reflect_type": "odd"}),
    "wrap": ({},),
}
EVERY = pytest.mark.parametrize(
    ("mode", "options"), [(mode, options) for mode, found in MODES.items() for options in found]
)


def padded(layer: Pad, x: np.ndarray) -> np.ndarray:
    """The layer's output for one channel x (m,)."""
    problem = Problem((layer,), 1, (len(x),))
    plan = problem.plan("inference")
    plan.inputs[0, :, 0] = x
    return plan.forward()[0, :, 0].copy()


def behind(layer: LayerSpec, x: np.ndarray) -> np.ndarray:
    """A padding layer, then a valid convolution by KERNEL."""
    return np.convolve(padded(layer, x), KERNEL, "valid")


def test_P1_zero_padding_is_what_same_full_and_causal_convolutions_do() -> None:
    for padding, widths in (("same", (P, P)), ("full", (N - 1, N - 1)), ("causal", (N - 1, 0)), (2, (2, 2))):
        expected = np.convolve(np.pad(SIGNAL, widths), KERNEL, "valid")
        np.testing.assert_allclose(single(SIGNAL, KERNEL, padding=padding).y, expected, **CLOSE)


def test_P1_a_series_far_from_zero_mean_gets_a_warning_where_zeros_are_padded() -> None:
    values = np.random.default_rng(0).normal([0.0, 90.0], [1.0, 5.0], (200, 2))
    for layers in ((Conv1d(4, 3),), (Pad(2), Conv1d(4, 3, padding="valid"))):
        (remark,) = zero_padding_remarks(layers, values, ("hum", "pressure"))
        assert "channel 'pressure' lies around 90" in remark
    for layers in ((Conv1d(4, 3, padding="valid"),), (Pad(2, "edge"), Conv1d(4, 3, padding="valid"))):
        assert zero_padding_remarks(layers, values, ("hum", "pressure")) == ()
    assert zero_padding_remarks((Conv1d(4, 3),), (values - values.mean(axis=0)), ("hum", "pressure")) == ()


@pytest.mark.parametrize(("scaling", "count"), [("none", 2), ("channel", 0), ("instance", 0)])
def test_P1_training_on_unscaled_series_says_so(scaling: str, count: int) -> None:
    values = np.random.default_rng(0).normal(400, 2, (8, 30, 2)).astype(np.float32)
    spec = {"network": {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 3}]}, "training": {"epochs": 1}}
    given = TrainingSpec.from_json({**spec, "preprocessing": {"scaling": scaling}})
    series = Series.from_cases(list(values), labels=["a", "b"] * 4)
    trainer = Trainer(series, settled(given, series))
    assert len(trainer.remarks) == count
    assert trainer.pipeline().metadata["remarks"] == list(trainer.remarks)


@pytest.mark.parametrize(
    ("options", "fill"),
    [
        ({"constant_values": 2.5}, lambda _: 2.5),
        ({"constant_values": "median"}, np.median),
        ({"constant_values": "mean", "stat_length": 4}, lambda x: x[:4].mean()),
        ({"constant_values": "first"}, lambda x: x[0]),
    ],
    ids=["a value", "the median", "the mean of the first n", "the first value"],
)
def test_P2_constant_padding_by_a_value_of_the_series_has_its_exact_gradient(options: Any, fill: Any) -> None:
    layer = Pad((3, 2), **options)
    np.testing.assert_allclose(padded(layer, SIGNAL), np.pad(SIGNAL, (3, 2), constant_values=fill(SIGNAL)), **CLOSE)
    assert_gradients(Problem((layer, Conv1d(2, 4, padding="valid")), 2, (7, 7)))


@pytest.mark.parametrize("mode", ["symmetric", "reflect"])
def test_P3_mirror_padding_repeats_the_edge_or_not_as_numpy_does(mode: str) -> None:
    np.testing.assert_array_equal(padded(Pad((3, 4), mode), SIGNAL), np.pad(SIGNAL, (3, 4), mode))
    assert (padded(Pad(1, mode), SIGNAL)[0] == SIGNAL[0]) == (mode == "symmetric")


def test_P4_a_mirrored_week_has_two_weekends_in_a_row() -> None:
    week = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 5.0])
    weeks = np.tile(week, 3)
    mirrored = padded(Pad((0, 7), "symmetric"), weeks)
    assert (mirrored[-9:-5] == 5.0).all()
    longest_weekend = np.diff(np.flatnonzero(np.diff(np.pad(mirrored == 5.0, 1))))[::2].max()
    assert longest_weekend == 4


def test_P5_circular_padding_continues_whole_periods_and_breaks_others() -> None:
    wave = np.sin(2 * np.pi * np.arange(48) / 12)
    whole, broken = padded(Pad((0, 12), "wrap"), wave), padded(Pad((0, 12), "wrap"), wave[:39])
    np.testing.assert_array_equal(whole, np.pad(wave, (0, 12), "wrap"))
    np.testing.assert_allclose(whole, np.sin(2 * np.pi * np.arange(60) / 12), atol=1e-12)
    assert np.abs(np.diff(broken)).max() > 1.5 * np.abs(np.diff(whole)).max()


def test_P6_strategies_differ_at_the_ends_only() -> None:
    results = [behind(Pad(P, mode), SIGNAL) for mode in OPTIONS]
    for result in results[1:]:
        np.testing.assert_array_equal(result[P:-P], results[0][P:-P])
    ends = {tuple(np.round(np.r_[result[:P], result[-P:]], 9)) for result in results}
    assert len(ends) == len(OPTIONS)


def test_P7_valid_touches_no_value_but_the_signals_own() -> None:
    for m in range(N, M + 1):
        y = single(SIGNAL[:m], KERNEL, padding="valid").y
        assert len(y) == m - N + 1
        np.testing.assert_allclose(y, np.convolve(SIGNAL[:m], KERNEL, "valid"), **CLOSE)
    with np.errstate(invalid="raise"):
        surrounded = np.convolve(np.pad(SIGNAL, N, constant_values=np.nan), KERNEL, "valid")
    np.testing.assert_allclose(surrounded[np.isfinite(surrounded)], single(SIGNAL, KERNEL, padding="valid").y, **CLOSE)


def test_P8_valid_is_the_interior_of_same() -> None:
    same, valid = single(SIGNAL, KERNEL).y, single(SIGNAL, KERNEL, padding="valid").y
    np.testing.assert_allclose(valid, same[P : M - P], **CLOSE)
    np.testing.assert_allclose(convolve(SIGNAL, KERNEL, "valid"), convolve(SIGNAL, KERNEL, "same")[P : M - P], **CLOSE)


def test_P9_where_valid_gives_no_output_the_missing_dy_is_zero() -> None:
    dy = np.random.default_rng(0).standard_normal(M - N + 1)
    found = single(SIGNAL, KERNEL, dy, padding="valid")
    as_same = single(SIGNAL, KERNEL, np.pad(dy, P))
    np.testing.assert_allclose(found.dx, as_same.dx, **CLOSE)
    np.testing.assert_allclose(found.dw, as_same.dw, **CLOSE)
    x, w = SIGNAL.copy(), KERNEL.copy()
    dx = slopes(lambda: float(single(x, w, padding="valid").y @ dy), x)
    dw = slopes(lambda: float(single(x, w, padding="valid").y @ dy), w)
    np.testing.assert_allclose(found.dx, dx, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.dw, dw, rtol=1e-6, atol=1e-7)


def test_P10_every_mode_of_numpy_pad_is_there() -> None:
    assert set(MODES) == set(OPTIONS)
    assert set(OPTIONS) == {
        *("constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric", "wrap")
    }


@EVERY
@pytest.mark.parametrize("widths", [(0, 3), (4, 0), (2, 5), (25, 31)])
@pytest.mark.parametrize("length", [1, 2, 3, 11])
def test_P10_every_mode_gives_what_numpy_pad_gives_for_short_series_too(
    mode: str, options: Any, widths: tuple[int, int], length: int
) -> None:
    x = SIGNAL[:length]
    expected = np.pad(x, widths, mode, **options)
    np.testing.assert_allclose(padded(Pad(widths, mode, **options), x), expected, **CLOSE)


@EVERY
@pytest.mark.parametrize("length", [1, 2, 5])
def test_P10_every_mode_folds_its_gradient_back_as_central_differences_do(mode: str, options: Any, length: int) -> None:
    assert_gradients(Problem((Pad((4, 6), mode, **options), Conv1d(2, 3, padding="valid")), 2, (length, length)))
    assert_gradients(Problem((Conv1d(2, 2), Pad((1, 0), mode, **options)), 1, (length,)))

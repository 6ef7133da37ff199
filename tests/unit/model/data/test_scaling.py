import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data import scaling
from model.data.scaling import FILLINGS, SCALINGS, Missing, Preprocessing, Scaling
from model.data.series import Series
from model.errors import InvalidSeries
from tests.arbitrary_series import series

NAN = np.float32(np.nan)
EVERY = pytest.mark.parametrize(("how", "missing"), [(how, missing) for how in SCALINGS for missing in FILLINGS])


def test_every_scaling_and_filling_is_offered() -> None:
    assert SCALINGS == ("channel", "instance", "robust", "none")
    assert tuple(FILLINGS) == ("interpolate", "zero", "mask")


@given(series())
def test_a_channel_is_measured_over_its_observed_steps(held: Series) -> None:
    fitted = Preprocessing.fit(held, "channel", "interpolate")
    for channel in range(held.values.shape[1]):
        x = held.values[:, channel].astype(np.float64)
        x = x[~np.isnan(x)]
        mean = x.mean() if x.size else 0.0
        deviation = x.std() if x.size and np.ptp(x) > 0 else 1.0
        assert fitted.mean[channel] == pytest.approx(mean, rel=1e-5, abs=1e-5)
        if deviation > 1e-20:  # below, float32 runs out
            assert fitted.deviation[channel] == pytest.approx(deviation, rel=1e-4, abs=1e-30)


def test_statistics_joined_over_blocks_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(1000, 1, (300, 2)).astype(np.float32)
    held = Series.from_cases(np.split(values, 30))
    whole = Preprocessing.fit(held, "channel", "zero")
    monkeypatch.setattr(scaling, "BLOCK", 50)
    blocks = Preprocessing.fit(held, "channel", "zero")
    np.testing.assert_allclose(blocks.mean, whole.mean, rtol=1e-6)
    np.testing.assert_allclose(blocks.deviation, values.std(axis=0, dtype=np.float64), rtol=1e-5)


def test_only_the_chosen_cases_are_measured() -> None:
    held = Series.from_cases([np.full((3, 1), 1e6), np.array([[1.0], [3.0]])])
    fitted = Preprocessing.fit(held, "channel", "zero", np.array([1]))
    assert fitted.mean.tolist() == [2.0]
    assert fitted.deviation.tolist() == [1.0]


@pytest.mark.parametrize("how", SCALINGS)
@pytest.mark.parametrize("value", [0.1, -7.3, 1e7, 3e38])
def test_a_constant_channel_has_deviation_one(how: Scaling, value: float) -> None:
    held = Series.from_cases([np.full((7, 1), value)] * 3)
    fitted = Preprocessing.fit(held, how, "interpolate")
    assert fitted.deviation.tolist() == [1.0]
    expected = np.float32(value) if how == "none" else 0.0
    np.testing.assert_allclose(fitted.apply(held.case(0)), expected, atol=abs(value) * 1e-6)


def test_a_channel_never_observed_has_mean_zero_and_deviation_one() -> None:
    fitted = Preprocessing.fit(Series.from_cases([np.full((4, 1), NAN)]), "channel", "interpolate")
    assert (fitted.mean.tolist(), fitted.deviation.tolist()) == ([0.0], [1.0])
    assert fitted.apply(np.full((4, 1), NAN)).tolist() == [[0.0]] * 4


@given(series(gaps=False))
def test_restoring_undoes_the_scaling_by_channel(held: Series) -> None:
    fitted = Preprocessing.fit(held, "channel", "interpolate")
    restored = fitted.restore(fitted.apply_all(held.values, held.offsets))
    scale = np.abs(held.values).max() + 1
    np.testing.assert_allclose(restored, held.values, atol=1e-5 * scale)


@EVERY
@settings(max_examples=25)
@given(held=series())
def test_the_result_is_finite_float32(how: Scaling, missing: Missing, held: Series) -> None:
    scaled = Preprocessing.fit(held, how, missing).apply_all(held.values, held.offsets)
    assert scaled.dtype == np.float32
    assert np.isfinite(scaled).all()


@EVERY
@settings(max_examples=25)
@given(held=series())
def test_all_cases_at_once_are_as_each_by_itself(how: Scaling, missing: Missing, held: Series) -> None:
    fitted = Preprocessing.fit(held, how, missing)
    together = fitted.apply_all(held.values, held.offsets)
    for index in range(held.cases):
        alone = fitted.apply(held.case(index))
        np.testing.assert_array_equal(together[held.offsets[index] : held.offsets[index + 1]], alone)


@given(held=series())
def test_each_case_scaled_by_itself_has_mean_zero_and_deviation_one(held: Series) -> None:
    scaled = Preprocessing.fit(held, "instance", "zero").apply_all(held.values, held.offsets)
    for index in range(held.cases):
        observed = ~np.isnan(held.case(index))
        x = np.where(observed, scaled[held.offsets[index] : held.offsets[index + 1]], np.nan).astype(np.float64)
        case = held.case(index).astype(np.float64)
        for channel in np.flatnonzero(observed.any(axis=0)):
            low, high = np.nanmin(case[:, channel]), np.nanmax(case[:, channel])
            if high - low > max(1e-3 * max(abs(low), abs(high)), 1e-20):
                assert np.nanmean(x[:, channel]) == pytest.approx(0, abs=1e-2)
                assert np.nanstd(x[:, channel]) == pytest.approx(1, abs=1e-2)


@EVERY
def test_what_leaves_float32_once_scaled_is_refused_by_case_and_step(how: Scaling, missing: Missing) -> None:
    fitted = Preprocessing(how, missing, np.zeros(1, np.float32), np.full(1, 1e-30, np.float32))
    extreme = np.array([[-3e38], [3e38], [np.nan]], np.float32)
    if how == "none":
        assert np.isfinite(fitted.apply(extreme)).all()
        return
    if how == "instance":
        assert np.abs(fitted.apply(extreme)).max() < 2
        return
    with pytest.raises(InvalidSeries, match="Case 7 holds -3e\\+38 in channel 0 at step 0"):
        fitted.apply_all(extreme, np.array([0, 3]), np.array([7]))


@given(st.integers(0, 2**32 - 1))
def test_scaling_leaves_its_input_as_it_was(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(5, 2)).astype(np.float32)
    values[1, 0] = NAN
    before = values.copy()
    for how in SCALINGS:
        Preprocessing.fit(Series.from_cases([values]), how, "interpolate").apply(values)
    np.testing.assert_array_equal(values, before)

"""Rolling origins: against a slow loop, beside the forecasts anyone can make, and never with a look ahead."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data.series import Series
from model.errors import InvalidSeries
from model.pipeline import Pipeline
from model.training.backtest import backtest, carried
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from tests.arbitrary_series import labelled_waves

NAN = np.float32(np.nan)


def trained(series: Series, loss: object = None, epochs: int = 1) -> Pipeline:
    given: dict[str, Any] = {
        "network": {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 3}, {"kind": "flatten"}]},
        "preprocessing": {"window": 6, "horizon": 4},
        "training": {"epochs": epochs, "loss": loss, "optimizer": {"kind": "adam", "learning_rate": 0.01}},
    }
    made = Trainer(series, settled(TrainingSpec.from_json(given), series))
    for _ in made.epochs():
        pass
    return made.pipeline()


def seasonal(steps: int = 90, season: int = 7, noise: float = 0.1, seed: int = 0) -> Series:
    generator = np.random.default_rng(seed)
    pattern = generator.normal(0, 3, (season, 2))
    cases = [
        pattern[np.arange(length) % season] + generator.normal(0, noise, (length, 2)) for length in (steps, steps // 2)
    ]
    return Series.from_cases(cases)


SEASONAL = seasonal()
PIPELINE = trained(SEASONAL)


def slow_baseline(series: Series, origins: int, step: int, season: int, back: int) -> tuple[float, float]:
    """MAE and MASE of repeating what stood `back` steps before, origin by origin."""
    errors, scaled = [], []
    for case in range(series.cases):
        x = series.case(case).astype(np.float64)
        at = [len(x) - 4 - k * step for k in range(origins) if len(x) - 4 - k * step >= 6]
        history = x[: min(at)]
        scale = np.abs(history[season:] - history[:-season]).mean(axis=0)
        for origin in at:
            for ahead in range(4):
                source = origin + ahead
                while source >= origin:
                    source -= back
                error = np.abs(x[origin + ahead] - x[source])
                errors.append(error)
                scaled.append(error / scale)
    return float(np.mean(errors)), float(np.mean(scaled))


@pytest.mark.parametrize(("origins", "step"), [(1, None), (3, None), (5, 2)])
def test_the_baselines_are_those_of_a_loop_over_origins(origins: int, step: int | None) -> None:
    found = backtest(PIPELINE, SEASONAL, origins=origins, step=step, seasonality=7)
    assert found.origins == 2 * origins
    for name, back in (("naive", 1), ("seasonal_naive", 7)):
        mae, mase = slow_baseline(SEASONAL, origins, step or 4, 7, back)
        assert found.baselines[name]["mae"] == pytest.approx(mae, rel=1e-5)
        assert found.baselines[name]["mase"] == pytest.approx(mase, rel=1e-5)


@pytest.mark.parametrize("season", [3, 7, 12])
def test_the_season_is_found_out(season: int) -> None:
    series = seasonal(season=season)
    found = backtest(PIPELINE, series)
    assert found.seasonality == season
    assert found.baselines["seasonal_naive"]["mase"] < found.baselines["naive"]["mase"]


def test_as_many_origins_as_fit_leave_enough_to_find_the_season_in() -> None:
    series = seasonal(steps=40)
    found = backtest(PIPELINE, series)
    assert found == backtest(PIPELINE, series, seasonality=7)
    assert "mase" in found.metrics


def test_a_series_that_stands_still_beside_a_short_one_has_no_season() -> None:
    short = np.random.default_rng(0).normal(size=(20, 2))
    still = Series.from_cases([np.zeros((90, 2)), short])
    assert backtest(PIPELINE, still).seasonality == 1


def test_no_season_is_found_that_errors_could_not_be_measured_by() -> None:
    series = seasonal(steps=60, season=14)
    found = backtest(PIPELINE, series)
    assert found.seasonality <= 14
    assert "mase" in found.metrics


STEPS = np.arange(600)
SMOOTH = {
    "a wave": (np.sin(2 * np.pi * STEPS / 24), 24),
    "a long wave that trembles": (np.sin(2 * np.pi * STEPS / 60) + 0.05 * np.sin(STEPS.astype(float) ** 2), 60),
    "a wave between two steps": (np.sin(STEPS / 6), 38),
    "a wave on a slope": (np.sin(2 * np.pi * STEPS / 12) + STEPS / 50, 12),
    "two values in turn": (STEPS % 2, 2),
    "a random walk": (np.cumsum(np.random.default_rng(0).normal(size=600)), 1),
    "noise": (np.random.default_rng(1).normal(size=600), 1),
    "a slope": (STEPS, 1),
    "a constant": (0 * STEPS, 1),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_a_season_stands_out_from_what_is_merely_smooth_or_by_chance(name: str) -> None:
    values, season = SMOOTH[name]
    series = Series.from_cases([np.stack([values, values], axis=1).astype(np.float64)])
    assert backtest(PIPELINE, series, origins=5).seasonality == season


def test_a_model_that_has_learned_the_season_beats_repeating_the_last_value() -> None:
    found = backtest(trained(SEASONAL, epochs=60), SEASONAL)
    assert found.metrics["mase"] < found.baselines["naive"]["mase"]


@pytest.mark.parametrize(
    ("quantiles", "metrics"),
    [([0.1, 0.5, 0.9], {"rmse", "mae", "mase", "pinball", "coverage"}), ([0.1, 0.9], {"pinball", "coverage"})],
)
def test_quantiles_are_judged_too(quantiles: list[float], metrics: set[str]) -> None:
    pipeline = trained(SEASONAL, {"kind": "quantile", "quantiles": quantiles})
    assert set(backtest(pipeline, SEASONAL).metrics) == metrics


def test_nothing_behind_an_origin_is_seen() -> None:
    values = SEASONAL.values.copy()
    ends = SEASONAL.offsets[1:]
    for end in ends:
        values[end - 4 : end] += 1000
    shifted = Series(values, SEASONAL.offsets, SEASONAL.channels)
    ours, theirs = (backtest(PIPELINE, each, origins=1, seasonality=7) for each in (SEASONAL, shifted))
    for before, after in ((ours.metrics, theirs.metrics), (ours.baselines["naive"], theirs.baselines["naive"])):
        assert after["mae"] == pytest.approx(1000, abs=2 * before["mae"] + 1)


@given(st.lists(st.lists(st.sampled_from([1.0, 2.0, float("nan")]), min_size=1, max_size=6), min_size=1, max_size=3))
def test_what_is_missing_is_as_it_was_last_observed(cases: list[list[float]]) -> None:
    series = Series.from_cases([np.array(case)[:, None] for case in cases])
    expected = []
    for case in cases:
        last = float("nan")
        for value in case:
            last = last if np.isnan(value) else value
            expected.append(last)
    np.testing.assert_array_equal(carried(series)[:, 0], np.array(expected, np.float32))


def test_gaps_and_constants_leave_finite_numbers() -> None:
    values = SEASONAL.values.copy()
    values[np.random.default_rng(0).random(len(values)) < 0.3, 0] = NAN
    values[:, 1] = 5
    found = backtest(PIPELINE, Series(values, SEASONAL.offsets, SEASONAL.channels))
    assert np.isfinite([*found.metrics.values(), *found.baselines["naive"].values()]).all()


def test_series_too_short_for_one_origin_are_refused() -> None:
    with pytest.raises(InvalidSeries, match="need 10"):
        backtest(PIPELINE, Series.from_cases([np.zeros((9, 2))]))


def test_only_a_forecast_has_origins() -> None:
    series = labelled_waves()
    made = Trainer(series, settled(TrainingSpec.from_json({"network": {"layers": [{"kind": "relu"}]}}), series))
    with pytest.raises(InvalidSeries, match="Only a forecast"):
        backtest(made.pipeline(), series)

"""A backtest: forecasts from origins that roll through the series, beside two that anyone can make.

From each origin the model sees the window before it and nothing behind it. The naive forecast repeats the last value,
the seasonal one the values of a season before. Errors are also told as MASE (Hyndman and Koehler 2006): in units of the
mean change from season to season before the first origin, so that 1 is what the seasonal forecast makes of the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data.series import Series
from model.data.windows import Windowing, following
from model.errors import InvalidSeries
from model.pipeline import Pipeline, Predictor
from model.training.value_metrics import Metrics, coverage, forecasting, pinball

NEAR = 0.9
"""The share of the best likeness that a lag must have to be the season."""
BY_CHANCE = 4.0
"""Of this many standard deviations is the largest likeness that a thousand lags of noise may show."""
LONGEST_SEASON = 1000
"""Steps; a season that is found out rather than given is no longer."""


@dataclass(frozen=True)
class Backtest:
    """origins: of all series; metrics of the model, and of the baselines by their names."""

    origins: int
    step: int
    seasonality: int
    metrics: Metrics
    baselines: Mapping[str, Metrics]


class Origins(NamedTuple):
    """case, at: (M,) int64, the first step that is forecast, within its case; first: (N,) int64, of each case."""

    case: Array
    at: Array
    first: Array


def backtest(
    pipeline: Pipeline,
    series: Series,
    *,
    origins: int = 10,
    step: int | None = None,
    seasonality: int | None = None,
    predictor: Predictor | None = None,
) -> Backtest:
    """From the last `origins` origins of every series, `step` steps apart (a horizon by default).

    seasonality: steps of a season; by default where the series before the last origins are most like themselves, if as
    much lies before the first origin, to measure errors by
    """
    windowing = pipeline.windowing
    if windowing is None or not windowing.horizon:
        raise InvalidSeries("Only a forecast can be tested from origins in the past.")
    apart = step or windowing.horizon
    rolled = _roll(series, windowing, origins, apart)
    past = carried(series)
    last = np.maximum(series.lengths - windowing.horizon, 0)
    season = seasonality or _season(series, past, last, int(rolled.first.max()) - 1)
    scale = _scale(series, past, rolled.first, season)[rolled.case]
    starts = series.offsets[rolled.case] + rolled.at - windowing.window
    truth = following(series.values, starts, windowing)
    restored = (predictor or Predictor(pipeline)).outputs(
        series.values, starts, np.full(len(starts), windowing.window, np.int64)
    )
    central = pipeline.central(restored)
    metrics = {} if central is None else _measured(truth, central.reshape(truth.shape), scale)
    if pipeline.quantiles is not None:
        flat = truth.reshape(len(truth), -1)
        spread = restored.reshape(*flat.shape, len(pipeline.quantiles))
        metrics |= {"pinball": pinball(flat, spread, pipeline.quantiles), "coverage": coverage(flat, spread)}
    begun = series.offsets[rolled.case]
    baselines = {
        name: _measured(truth, _repeated(past, begun, begun + rolled.at, windowing.horizon, steps), scale)
        for name, steps in (("naive", 1), ("seasonal_naive", season))
    }
    return Backtest(len(starts), apart, season, metrics, baselines)


def carried(series: Series) -> Array:
    """(T, C): every missing value as the one last observed in its case; NaN where none was."""
    steps = np.arange(len(series.values))
    begun = np.repeat(series.offsets[:-1], series.lengths)
    filled = np.empty_like(series.values)
    for channel in range(filled.shape[1]):
        x = series.values[:, channel]
        last = np.maximum.accumulate(np.where(np.isnan(x), -1, steps))
        filled[:, channel] = np.where(last >= begun, x[last], np.nan)
    return filled


def _roll(series: Series, windowing: Windowing, origins: int, apart: int) -> Origins:
    """As many origins as fit: a window before each, a horizon behind it."""
    lengths = series.lengths
    counts = np.clip((lengths - windowing.span) // apart + 1, 0, origins)
    case = np.repeat(np.arange(series.cases), counts)
    if not case.size:
        raise InvalidSeries(
            f"The longest series has {lengths.max()} steps; a window of {windowing.window} and a horizon of "
            f"{windowing.horizon} need {windowing.span}."
        )
    back = np.arange(len(case)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = lengths[case] - windowing.horizon - back * apart
    first = lengths - windowing.horizon - np.maximum(counts - 1, 0) * apart
    return Origins(case, at, np.maximum(first, 0))


def _repeated(past: Array, begun: Array, rows: Array, horizon: int, season: int) -> Array:
    """(M, C, H): what stood a season before, or several; where the series had not begun, its first step."""
    ahead = np.arange(horizon)
    back = season * (ahead // season + 1)
    repeated: Array = past[np.maximum(rows[:, None] + ahead - back, begun[:, None])].transpose(0, 2, 1)
    return repeated


def _scale(series: Series, past: Array, first: Array, season: int) -> Array:
    """(N, C): the mean change over a season before each series' first origin; NaN where nothing changed."""
    scale = np.full((series.cases, past.shape[1]), np.nan)
    for case, (start, end) in enumerate(zip(series.offsets[:-1], series.offsets[:-1] + first, strict=True)):
        changes = np.abs(past[start + season : end] - past[start : max(end - season, start)])
        known = np.isfinite(changes)
        totals = np.where(known, changes, 0).sum(axis=0, dtype=np.float64)
        scale[case] = np.where(totals > 0, totals / np.maximum(known.sum(axis=0), 1), np.nan)
    return scale


def _season(series: Series, past: Array, last: Array, longest: int) -> int:
    """The lag, of two steps and at most `longest`, at which what lies before the last origins is like itself, or 1.

    It is looked for in what few origins are late enough to see: that helps the baseline and never the model.
    What is smooth is like itself at every short lag, so a season must stand out: on both sides of it the likeness falls
    to half. A season's multiples are as like it, and by chance a little more: the first peak near to the best is it.
    Chance alone reaches a likeness of a few times 1 / sqrt(steps that overlap) (Bartlett 1946).
    """
    lags = min(LONGEST_SEASON, int(last.max()) // 3) + 1
    likeness, weights, spread = np.zeros((3, lags))
    for start, end in zip(series.offsets[:-1], series.offsets[:-1] + last, strict=True):
        x = np.nan_to_num(past[start:end].astype(np.float64))
        if len(x) < 2:  # noqa: PLR2004 - one step is like nothing
            continue
        steps = np.diff(x, axis=0)  # a trend is like itself at every lag
        steps -= steps.mean(axis=0)
        size = 2 * len(steps)
        spectrum = np.abs(np.fft.rfft(steps, size, axis=0)) ** 2
        reach = min(lags - 1, len(x) // 3)
        products = np.fft.irfft(spectrum, size, axis=0)[: reach + 1].sum(axis=1)
        if products.size and products[0] > 0:
            overlap = len(steps) - np.arange(len(products))
            likeness[: len(products)] += products / products[0] * len(steps) ** 2 / overlap
            weights[: len(products)] += len(steps)  # a longer series says more, and of more lags
            spread[: len(products)] += len(steps) ** 2 / overlap
    if min(lags - 1, longest) < 2 or not weights[0]:  # noqa: PLR2004 - the lags 0 and 1
        return 1
    likeness /= np.maximum(weights, 1)
    most = 2 + int(np.argmax(likeness[2 : longest + 1]))
    best = likeness[most]
    if best * weights[most] <= BY_CHANCE * np.sqrt(spread[most]):
        return 1
    near = (int(lag) for lag in np.flatnonzero(likeness[2 : longest + 1] >= NEAR * best) + 2)
    found = next((lag for lag in near if _stands_out(likeness, lag)), None)
    return 1 if found is None else found + int(np.argmax(likeness[found : min(found + found // 4, longest) + 1]))


def _stands_out(likeness: Array, lag: int) -> bool:
    """Whether the likeness (lags,) falls to half of the lag's before it, and within half as many lags behind it."""
    before, behind = likeness[1:lag], likeness[lag + 1 : lag + max(1, lag // 2) + 1]
    return bool(behind.size and max(before.min(), behind.min()) <= likeness[lag] / 2)


def _measured(truth: Array, values: Array, scale: Array) -> Metrics:
    """Of forecasts (M, C, H); scale: (M, C), of the series that each belongs to."""
    found = forecasting(truth.reshape(len(truth), -1), values.reshape(len(values), -1))
    errors = np.abs(np.subtract(values, truth, dtype=np.float64)) / scale[..., None]
    known = errors[np.isfinite(errors)]
    return found | ({"mase": float(known.mean())} if known.size else {})

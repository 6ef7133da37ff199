"""How good numbers are: plain functions of what was true and what was answered.

targets and values: (N, D) float32, NaN where the truth of a forecast is missing
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.arrays import Array
from model.errors import InvalidSeries

Metrics = dict[str, float]
UNKNOWN = "Every step that would be forecast is missing, so there is nothing to compare with."


def regression(targets: Array, values: Array) -> Metrics:
    """Every metric of a regression, over all targets; R2 is the mean over targets that vary, if any does."""
    error = np.subtract(values, targets, dtype=np.float64)
    spread = np.square(np.subtract(targets, targets.mean(axis=0, dtype=np.float64))).sum(axis=0)
    residual = np.square(error).sum(axis=0)
    varies = spread > 0
    found = {"rmse": root_mean_square(error), "mae": float(np.abs(error).mean())}
    return found | ({"r2": float(np.mean(1.0 - residual[varies] / spread[varies]))} if varies.any() else {})


def forecasting(targets: Array, values: Array) -> Metrics:
    """Every metric of a forecast, over all steps whose truth is known; InvalidSeries if that is none."""
    error = np.subtract(values, targets, dtype=np.float64)[np.isfinite(targets)]
    if not error.size:
        raise InvalidSeries(UNKNOWN)
    return {"rmse": root_mean_square(error), "mae": float(np.abs(error).mean())}


class ForecastErrors:
    """The metrics of forecasts that come some at a time; of a single part they are those of the functions here."""

    def __init__(self, quantiles: Sequence[float] | None) -> None:
        """Begin with none."""
        self._quantiles = quantiles
        self._known = self._plain = 0
        self._squares = self._sizes = self._pinball = self._covered = 0.0

    def add(self, targets: Array, values: Array | None, restored: Array) -> None:
        """Take in targets and values (n, D), and restored (n, D Q), which holds the quantiles where there are any.

        values: None where the median is not among the quantiles
        """
        observed = np.isfinite(targets)
        known = int(observed.sum())
        self._known += known
        if values is not None:
            error = np.subtract(values, targets, dtype=np.float64)[observed]
            self._plain += known
            self._squares += float(np.square(error).sum())
            self._sizes += float(np.abs(error).sum())
        if self._quantiles is not None and known:
            spread = restored.reshape(*targets.shape, len(self._quantiles))
            self._pinball += pinball(targets, spread, self._quantiles) * known
            self._covered += coverage(targets, spread) * known

    def metrics(self) -> Metrics:
        """Of everything that was added; InvalidSeries if no truth is known."""
        if not self._known:
            raise InvalidSeries(UNKNOWN)
        found = {}
        if self._plain:
            found = {"rmse": float(np.sqrt(self._squares / self._plain)), "mae": self._sizes / self._plain}
        if self._quantiles is None:
            return found
        return found | {"pinball": self._pinball / self._known, "coverage": self._covered / self._known}


def pinball(targets: Array, values: Array, quantiles: Sequence[float]) -> float:
    """The mean over quantiles q of max(q e, (q - 1) e) with e = target - value; values: (N, D, Q).

    The lower, the better do all quantiles fit; for the median alone it is half the mean absolute error.
    """
    error = np.subtract(targets[..., None], values, dtype=np.float64)
    shares = np.asarray(quantiles)
    losses = np.maximum(shares * error, (shares - 1) * error)
    known = np.isfinite(targets)
    if not known.any():
        raise InvalidSeries(UNKNOWN)
    return float(losses[known].mean())


def coverage(targets: Array, values: Array) -> float:
    """The share of targets between the lowest and the highest quantile; values: (N, D, Q), rising along Q."""
    known = np.isfinite(targets)
    within = (values[..., 0] <= targets) & (targets <= values[..., -1])
    return float(within[known].mean())


def root_mean_square(error: Array) -> float:
    """Of errors of any shape."""
    return float(np.sqrt(np.square(error).mean()))

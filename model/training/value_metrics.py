"""How good numbers are: plain functions of what was true and what was answered.

targets and values: (N, D) float32, NaN where the truth of a forecast is missing
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.arrays import Array
from model.errors import InvalidSeries

Metrics = dict[str, float]


def regression(targets: Array, values: Array) -> Metrics:
    """Every metric of a regression, over all targets; R2 is the mean over targets that vary."""
    error = np.subtract(values, targets, dtype=np.float64)
    spread = np.square(np.subtract(targets, targets.mean(axis=0, dtype=np.float64))).sum(axis=0)
    residual = np.square(error).sum(axis=0)
    varies = spread > 0
    r2 = float(np.mean(1.0 - residual[varies] / spread[varies])) if varies.any() else 0.0
    return {"rmse": root_mean_square(error), "mae": float(np.abs(error).mean()), "r2": r2}


def forecasting(targets: Array, values: Array) -> Metrics:
    """Every metric of a forecast, over all steps whose truth is known; InvalidSeries if that is none."""
    error = np.subtract(values, targets, dtype=np.float64)
    error = error[np.isfinite(error)]
    if not error.size:
        raise InvalidSeries("Every step that would be forecast is missing, so there is nothing to compare with.")
    return {"rmse": root_mean_square(error), "mae": float(np.abs(error).mean())}


def pinball(targets: Array, values: Array, quantiles: Sequence[float]) -> float:
    """The mean over quantiles q of max(q e, (q - 1) e) with e = target - value; values: (N, D, Q).

    The lower, the better do all quantiles fit; for the median alone it is half the mean absolute error.
    """
    error = np.subtract(targets[..., None], values, dtype=np.float64)
    shares = np.asarray(quantiles)
    losses = np.maximum(shares * error, (shares - 1) * error)
    return float(losses[np.isfinite(losses)].mean())


def coverage(targets: Array, values: Array) -> float:
    """The share of targets between the lowest and the highest quantile; values: (N, D, Q), rising along Q."""
    known = np.isfinite(targets)
    within = (values[..., 0] <= targets) & (targets <= values[..., -1])
    return float(within[known].mean())


def root_mean_square(error: Array) -> float:
    """Of errors of any shape."""
    return float(np.sqrt(np.square(error).mean()))

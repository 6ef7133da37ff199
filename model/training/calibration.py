"""Calibration by the cases kept back: how sure a classifier may be, how far a regression may leave the training mean.

A classifier's logits are divided by a temperature, see `model.training.temperature`. Of a regression:

A network that was trained on few and noisy cases says more than it knows, and choosing its best epoch by a handful of
cases flatters it. With R2 measured on n cases kept back, answers are drawn towards the mean by the positive-part factor

    a = max(0, 1 - k (1 - R2) / (n R2))

as James and Stein 1961 shrink an estimate whose signal is R2 and whose noise is (1 - R2) / n. Where the network
explains the targets, or many cases were kept back, a is nearly 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from model.arrays import Array
from model.data.windows import firsts, means
from model.training.temperature import temperature

if TYPE_CHECKING:
    from model.pipeline import Pipeline

STRENGTH = 3.0
"""k: measured on CardanoSentiment and on made-up series with strong and weak signals, see docs/adr/0005-defaults.md."""
LEAST = 0.1
"""Answers keep a tenth of their spread, so that they still tell more from less."""


def calibrated(pipeline: Pipeline, answers: Array, outputs: Array, counts: Array | None = None) -> Pipeline:
    """The pipeline with what its outputs (m, K) for cases kept back tell; forecasts and quantiles stay as they are.

    counts: (n,) int64, of each case's windows where there are any: the cases are what is counted and answered for
    """
    truth = firsts(answers, counts)
    if pipeline.task == "classification":
        return replace(pipeline, temperature=temperature(truth, outputs, counts))
    if pipeline.task == "regression" and pipeline.quantiles is None and pipeline.target_deviation is not None:
        drawn = shrinkage(truth, means(outputs, counts))
        return replace(pipeline, target_deviation=pipeline.target_deviation * drawn)
    return pipeline


def shrinkage(answers: Array, outputs: Array) -> Array:
    """(D,) float32 in [LEAST, 1], from true answers and outputs (n, D), both in deviations from the training mean."""
    error = np.square(np.subtract(outputs, answers, dtype=np.float64)).mean(axis=0)
    spread = np.square(answers, dtype=np.float64).mean(axis=0)
    explained = 1.0 - error / np.where(spread > 0, spread, 1.0)
    noise = STRENGTH * (1.0 - explained) / len(answers)
    factor = np.divide(explained - noise, explained, out=np.zeros_like(explained), where=explained > noise)
    clipped: Array = np.clip(factor, LEAST, 1.0).astype(np.float32)
    return clipped

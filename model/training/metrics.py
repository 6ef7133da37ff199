"""How good the answers are: plain functions of what was true and what was answered.

labels: (N,) int64; probabilities: (N, K) float32; targets and values: (N, D) float32, NaN where the truth is missing
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from model.arrays import Array
from model.data import windows
from model.data.series import Series
from model.errors import InvalidSeries
from model.pipeline import Pipeline, Predictor

Metrics = dict[str, float]
Confusion = dict[str, dict[str, int]]

_SMALLEST = 1e-7
"""The probability below which the logarithm is cut, about float32's precision."""


def evaluate(
    pipeline: Pipeline, series: Series, predictor: Predictor | None = None
) -> tuple[Metrics, Confusion | None]:
    """The metrics of a pipeline on series with answers; classification also has its confusion.

    Forecasts are made from every window of the series, one horizon apart. InvalidSeries where nothing can be compared,
    or where a label is not one that the pipeline knows.
    """
    predictor = predictor or Predictor(pipeline)
    if len(series.channels) != len(pipeline.channels):
        raise InvalidSeries(
            f"The series have {len(series.channels)} channels; the model takes {len(pipeline.channels)}."
        )
    windowing = pipeline.windowing
    if windowing is not None:
        starts = windows.window_starts(series, windowing)
        lengths = np.full(len(starts), windowing.window, np.int64)
        truth = windows.following(series.values, starts, windowing).reshape(len(starts), -1)
        return forecasting(truth, predictor.outputs(series.values, starts, lengths)), None
    restored = predictor.outputs(series.values, series.offsets[:-1], series.lengths)
    if pipeline.classes is not None:
        labels = series.labels_among(pipeline.classes)
        answered = restored.argmax(axis=1)
        return classification(labels, restored), confusion(labels, answered, pipeline.classes)
    if series.targets is None or series.targets.shape[1] != restored.shape[1]:
        raise InvalidSeries(f"The series need {restored.shape[1]} targets a case to compare the model's answers with.")
    return regression(series.targets, restored), None


def epoch_metrics(pipeline: Pipeline, answers: Array, outputs: Array) -> Metrics:
    """What a report tells of an epoch, from the head's outputs (N, K) and the answers they were trained towards."""
    restored = pipeline.restore(outputs)
    if pipeline.task == "classification":
        return {"accuracy": float((restored.argmax(axis=1) == answers).mean())}
    error = np.subtract(restored, pipeline.restore(answers), dtype=np.float64)
    return {"rmse": _root_mean_square(error), "mae": float(np.abs(error).mean())}


def classification(labels: Array, probabilities: Array) -> Metrics:
    """Every metric of a classifier."""
    counts = confusion_counts(labels, probabilities.argmax(axis=1), probabilities.shape[1])
    return {name: metric(counts) for name, metric in COUNTED.items()} | {
        "log_loss": log_loss(labels, probabilities),
        "auc_macro": auc_macro(labels, probabilities),
    }


def regression(targets: Array, values: Array) -> Metrics:
    """Every metric of a regression, over all targets; R2 is the mean over targets that vary."""
    error = np.subtract(values, targets, dtype=np.float64)
    spread = np.square(np.subtract(targets, targets.mean(axis=0, dtype=np.float64))).sum(axis=0)
    residual = np.square(error).sum(axis=0)
    varies = spread > 0
    r2 = float(np.mean(1.0 - residual[varies] / spread[varies])) if varies.any() else 0.0
    return {"rmse": _root_mean_square(error), "mae": float(np.abs(error).mean()), "r2": r2}


def forecasting(targets: Array, values: Array) -> Metrics:
    """Every metric of a forecast, over all steps whose truth is known; InvalidSeries if that is none."""
    error = np.subtract(values, targets, dtype=np.float64)
    error = error[np.isfinite(error)]
    if not error.size:
        raise InvalidSeries("Every step that would be forecast is missing, so there is nothing to compare with.")
    return {"rmse": _root_mean_square(error), "mae": float(np.abs(error).mean())}


def confusion_counts(labels: Array, answers: Array, classes: int) -> Array:
    """(K, K) int64: how often the class of the row was taken for the class of the column."""
    return np.bincount(labels * classes + answers, minlength=classes * classes).reshape(classes, classes)


def confusion(labels: Array, answers: Array, classes: tuple[str, ...]) -> Confusion:
    """True label -> answered label -> cases, for every true label that occurs; what never happened is left out."""
    pairs, counts = np.unique(np.stack([labels, answers]), axis=1, return_counts=True)
    table: Confusion = {}
    for (label, answer), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
        table.setdefault(classes[label], {})[classes[answer]] = count
    return table


def accuracy(counts: Array) -> float:
    """The share of right answers, from confusion counts (K, K)."""
    return float(np.trace(counts) / counts.sum())


def balanced_accuracy(counts: Array) -> float:
    """The mean over the classes that occur of the share of their cases answered rightly."""
    support = counts.sum(axis=1)
    present = support > 0
    return float(np.mean(np.diag(counts)[present] / support[present]))


def f1_macro(counts: Array) -> float:
    """The mean over the classes that occur or were answered of 2 right / (occurred + answered)."""
    met = counts.sum(axis=0) + counts.sum(axis=1)
    present = met > 0
    return float(np.mean(2 * np.diag(counts)[present] / met[present]))


COUNTED: Mapping[str, Callable[[Array], float]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1_macro": f1_macro,
}
"""The metrics that need only confusion counts."""


def log_loss(labels: Array, probabilities: Array) -> float:
    """The mean of -log p of the true class."""
    chosen = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return float(-np.log(np.maximum(chosen, _SMALLEST), dtype=np.float64).mean())


def auc_macro(labels: Array, probabilities: Array) -> float:
    """The mean over classes of the area under the curve of one against the rest, by ranks (Mann and Whitney 1947).

    Classes that no case, or every case, belongs to have no curve; with none left it is 0.5, as a guess would have.
    """
    areas: list[float] = []
    for index in range(probabilities.shape[1]):
        positive = labels == index
        count = int(positive.sum())
        rest = len(labels) - count
        if count and rest:
            above = _ranks(probabilities[:, index])[positive].sum() - count * (count + 1) / 2
            areas.append(float(above / (count * rest)))
    return float(np.mean(areas)) if areas else 0.5


def _ranks(x: Array) -> Array:
    """(N,) float64: ranks from 1, equal values sharing the mean of theirs."""
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Array = (last - (counts - 1) / 2)[place]
    return ranks


def _root_mean_square(error: Array) -> float:
    return float(np.sqrt(np.square(error).mean()))

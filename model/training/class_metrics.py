"""How good a classifier is: plain functions of true classes and answers.

labels: (N,) int64; probabilities: (N, K) float32; counts: (K, K) int64, rows by true class
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from model.arrays import Array

Metrics = dict[str, float]
Confusion = dict[str, dict[str, int]]

BINS = 15
"""Of equal width between 0 and 1, by which sureness is compared with accuracy."""

_SMALLEST = 1e-7
"""The probability below which the logarithm is cut, about float32's precision."""


def classification(labels: Array, probabilities: Array) -> Metrics:
    """Every metric of a classifier; `auc_macro` is left out where the labels are of one class, as it has no meaning."""
    counts = confusion_counts(labels, probabilities.argmax(axis=1), probabilities.shape[1])
    area = auc_macro(labels, probabilities)
    return {
        **{name: metric(counts) for name, metric in COUNTED.items()},
        "log_loss": log_loss(labels, probabilities),
        **({} if area is None else {"auc_macro": area}),
        "expected_calibration_error": expected_calibration_error(labels, probabilities),
    }


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


def auc_macro(labels: Array, probabilities: Array) -> float | None:
    """The mean over classes of the area under the curve of one against the rest, by ranks (Mann and Whitney 1947).

    Classes that no case, or every case, belongs to have no curve; None where none is left: every case is of one class.
    """
    areas: list[float] = []
    for index in range(probabilities.shape[1]):
        positive = labels == index
        count = int(positive.sum())
        rest = len(labels) - count
        if count and rest:
            above = _ranks(probabilities[:, index])[positive].sum() - count * (count + 1) / 2
            areas.append(float(above / (count * rest)))
    return float(np.mean(areas)) if areas else None


def _ranks(x: Array) -> Array:
    """(N,) float64: ranks from 1, equal values sharing the mean of theirs."""
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Array = (last - (counts - 1) / 2)[place]
    return ranks


def expected_calibration_error(labels: Array, probabilities: Array) -> float:
    """How far apart the probability of the answer and the share of right answers are (Naeini et al. 2015).

    Answers are put into bins by their probability; it is the mean over cases of the distance between the two means of
    the bin that the case is in.
    """
    sureness = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((sureness * BINS).astype(np.int64), BINS - 1)
    excess = np.bincount(bins, weights=sureness - right, minlength=BINS)
    return float(np.abs(excess).sum() / len(labels))

"""Holdouts: which cases are kept back for validation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data.series import Series
from model.errors import InvalidSeries


class Split(NamedTuple):
    """training: (n,) int64 and held: (m,) int64, indices of cases (or windows), sorted; both never empty."""

    training: Array
    held: Array


def holdout(series: Series, fraction: float, generator: np.random.Generator) -> Split:
    """Keep about `fraction` of the cases back, from every class in proportion where there are classes."""
    if series.cases == 1:
        raise InvalidSeries("There is one case: at least two are needed to keep some back for validation.")
    groups = np.zeros(series.cases, np.int64) if series.labels is None else series.labels
    held = _held(groups, fraction, generator)
    kept = np.ones(series.cases, bool)
    kept[held] = False
    return Split(np.flatnonzero(kept), held)


def _held(groups: Array, fraction: float, generator: np.random.Generator) -> Array:
    """Draw by largest remainders, so that the total is right and each group is within one case of its share.

    A group keeps one case at least for training, where it has one.
    """
    sizes = np.bincount(groups)
    total = min(max(round(fraction * len(groups)), 1), len(groups) - 1)
    shares = sizes * (total / len(groups))
    quota = np.minimum(np.floor(shares).astype(np.int64), np.maximum(sizes - 1, 0))
    room = np.flatnonzero(quota < sizes - 1)
    ties = generator.random(len(room))
    favoured = room[np.lexsort((ties, quota[room] - shares[room]))]
    quota[favoured[: max(total - int(quota.sum()), 0)]] += 1
    order = generator.permutation(len(groups))
    order = order[np.argsort(groups[order], kind="stable")]
    rank = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    held = np.sort(order[rank < np.repeat(quota, sizes)])
    return held if held.size else np.sort(generator.permutation(len(groups))[:1])

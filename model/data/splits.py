"""Holdouts: which cases are kept back for validation, by chance, by group, in time, or as they were given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data.outline import Cases
from model.errors import InvalidSeries


class Split(NamedTuple):
    """training: (n,) int64 and held: (m,) int64, indices of cases (or windows), sorted; both never empty."""

    training: Array
    held: Array


def by_case(series: Cases, fraction: float, generator: np.random.Generator) -> Split:
    """Keep about `fraction` of the cases back, from every class in proportion where there are classes."""
    if series.cases == 1:
        raise InvalidSeries("There is one case: at least two are needed to keep some back for validation.")
    classes = np.zeros(series.cases, np.int64) if series.labels is None else series.labels
    return _keeping_back(series.cases, _held(classes, fraction, generator))


def by_group(series: Cases, fraction: float, generator: np.random.Generator) -> Split:
    """Keep whole groups back, about `fraction` of the cases, with the classes as near to proportion as groups allow.

    Groups are looked at in random order, and one is kept back if that brings the cases kept back of each class nearer
    to their share, and leaves some of each of its classes to train on.
    """
    if series.groups is None:
        raise InvalidSeries("The series have no groups to be split by.")
    counts = _counts(series)
    present = np.flatnonzero(counts.sum(axis=1))
    if len(present) == 1:
        raise InvalidSeries("Every case is of one group: at least two groups are needed to keep one back.")
    left = counts.sum(axis=0)
    lacking = fraction * left
    kept_back = []
    for group in generator.permutation(present):
        nearer = np.square(lacking - counts[group]).sum() < np.square(lacking).sum()
        if nearer and (left[counts[group] > 0] > counts[group][counts[group] > 0]).all():
            kept_back.append(group)
            lacking, left = lacking - counts[group], left - counts[group]
    if not kept_back:
        kept_back = [_least_missed(counts, present)]
    return _keeping_back(series.cases, np.flatnonzero(np.isin(series.groups, kept_back)))


def latest(cases: int, fraction: float) -> Split:
    """Keep the last cases back: they stand in the order of time."""
    if cases == 1:
        raise InvalidSeries("There is one case: at least two are needed to keep some back for validation.")
    count = min(max(round(fraction * cases), 1), cases - 1)
    return Split(np.arange(cases - count), np.arange(cases - count, cases))


def of_groups(series: Cases, names: Sequence[str]) -> Split:
    """Keep these groups back."""
    if series.groups is None or series.group_names is None:
        raise InvalidSeries("The series have no groups to be split by.")
    chosen = np.flatnonzero(np.isin(series.group_names, names))
    return _keeping_back(series.cases, np.flatnonzero(np.isin(series.groups, chosen)))


def of_cases(cases: int, indices: Sequence[int]) -> Split:
    """Keep these cases back."""
    return _keeping_back(cases, np.unique(np.asarray(indices, np.int64)))


def _keeping_back(cases: int, held: Array) -> Split:
    kept = np.ones(cases, bool)
    kept[held] = False
    if not held.size or not kept.any():
        raise InvalidSeries(
            f"Of {cases} cases {held.size} would be kept back; one at least is needed on either side of the split."
        )
    return Split(np.flatnonzero(kept), held)


def _counts(series: Cases) -> Array:
    """(G, K): the cases of each group by class; one column where there are no classes."""
    groups = np.zeros(series.cases, np.int64) if series.groups is None else series.groups
    labels = np.zeros(series.cases, np.int64) if series.labels is None else series.labels
    classes = 1 if series.classes is None else len(series.classes)
    counts = np.zeros((len(series.group_names or ("",)), classes), np.int64)
    np.add.at(counts, (groups, labels), 1)
    return counts


def _least_missed(counts: Array, present: Array) -> int:
    """The group without which the fewest classes are gone from training, and of these the smallest."""
    totals = counts.sum(axis=0)
    gone = ((counts == totals) & (totals > 0)).sum(axis=1)[present]
    return int(present[np.lexsort((counts.sum(axis=1)[present], gone))[0]])


def _held(classes: Array, fraction: float, generator: np.random.Generator) -> Array:
    """Draw by largest remainders, so that the total is right and each class is within one case of its share.

    A class keeps one case at least for training, where it has one.
    """
    sizes = np.bincount(classes)
    total = min(max(round(fraction * len(classes)), 1), len(classes) - 1)
    shares = sizes * (total / len(classes))
    quota = np.minimum(np.floor(shares).astype(np.int64), np.maximum(sizes - 1, 0))
    room = np.flatnonzero(quota < sizes - 1)
    ties = generator.random(len(room))
    favoured = room[np.lexsort((ties, quota[room] - shares[room]))]
    quota[favoured[: max(total - int(quota.sum()), 0)]] += 1
    order = generator.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    rank = np.arange(len(classes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    held = np.sort(order[rank < np.repeat(quota, sizes)])
    return held if held.size else np.sort(generator.permutation(len(classes))[:1])

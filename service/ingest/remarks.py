"""What is odd about series that can be read: facts that explain a model that learns badly, told in time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from model.data.blocks import blocks, pieces
from model.data.series import Series
from service.ingest.faults import quote

BLOCK = 1 << 18
"""Values looked at in one go, so that they stay in cache."""
NAMED = 5
SHORT = 8
IMBALANCE = 10
FAR = 10
"""A mean of more than this many standard deviations is far from zero."""


@dataclass(frozen=True, eq=False)
class Survey:
    """Each channel over all steps, arrays of (C,): what is missing, from which step on, and the moments of the rest."""

    missing: Array
    first_missing: Array
    low: Array
    high: Array
    mean: Array
    deviation: Array


def remark(series: Series) -> tuple[str, ...]:
    """One sentence for each oddity, the gravest kinds first."""
    survey = _survey(series.values)
    return (
        *_counts(series),
        *_labels(series),
        *_lengths(series),
        *_missing(series, survey),
        *_levels(series, survey),
    )


def _counts(series: Series) -> Iterator[str]:
    if series.cases == 1 and series.task != "forecasting":
        yield "There is one case only; training needs several."


def _labels(series: Series) -> Iterator[str]:
    if series.labels is None or series.classes is None:
        return
    counts = np.bincount(series.labels, minlength=len(series.classes))
    if len(counts) == 1:
        yield f"All cases have the one label {quote(series.classes[0])}; there is nothing to tell apart."
        return
    least, most = int(counts.argmin()), int(counts.argmax())
    if counts[most] >= IMBALANCE * counts[least]:
        yield (
            f"Labels are unbalanced: {counts[most]} cases of {quote(series.classes[most])} "
            f"against {counts[least]} of {quote(series.classes[least])}."
        )
    single = np.flatnonzero(counts == 1)
    if single.size:
        yield f"Labels with a single case: {_named(series.classes, single)}."


def _lengths(series: Series) -> Iterator[str]:
    shortest = int(series.lengths.min())
    if shortest < SHORT:
        case = int(series.lengths.argmin())
        yield f"The shortest is case {case}, of length {shortest}; longer kernels see mostly padding there."


def _missing(series: Series, survey: Survey) -> Iterator[str]:
    counts = survey.missing
    if not counts.any():
        return
    for channel in np.flatnonzero(counts)[:NAMED].tolist():
        row = int(survey.first_missing[channel])
        case = int(np.searchsorted(series.offsets, row, side="right")) - 1
        share = counts[channel] / len(series.values)
        yield (
            f"Missing in channel {quote(series.channels[channel])}: {counts[channel]} ({share:.1%}), "
            f"the first in case {case} at step {row - series.offsets[case]}."
        )
    if np.count_nonzero(counts) > NAMED:
        yield f"Further channels with missing values: {np.count_nonzero(counts) - NAMED}."
    empty = _empty_cases(series)
    if empty.size:
        yield f"Cases without any value: {empty.size}, the first is case {empty[0]}."


def _empty_cases(series: Series) -> Array:
    """(n,): the cases in which every value is missing."""
    found = []
    for piece in pieces(series.lengths, len(series.channels)):
        offsets = series.offsets[piece.start : piece.stop + 1]
        unseen = np.concatenate(
            [np.isnan(block).all(axis=1) for block in blocks(series.values[offsets[0] : offsets[-1]])]
        )
        found.append(piece.start + np.flatnonzero(np.logical_and.reduceat(unseen, offsets[:-1] - offsets[0])))
    return np.concatenate(found)


def _levels(series: Series, survey: Survey) -> Iterator[str]:
    constant = np.flatnonzero(~(survey.low < survey.high))
    if constant.size:
        yield f"Constant channels, which tell nothing: {_named(series.channels, constant)}."
    far = np.flatnonzero((survey.low < survey.high) & (np.abs(survey.mean) > FAR * survey.deviation))
    if far.size:
        yield (
            f"Channels far from zero beside how much they vary: {_named(series.channels, far)}; "
            "without scaling, zero padding would make up steps at their ends."
        )


def _survey(values: Array) -> Survey:
    """Look at (T, C) values once, block by block, each channel of a block in one stretch."""
    channels = values.shape[1]
    missing, total, square = np.zeros(channels, np.int64), np.zeros(channels), np.zeros(channels)
    low, high = np.full(channels, np.nan, np.float32), np.full(channels, np.nan, np.float32)
    first = np.full(channels, len(values), np.int64)
    start = 0
    for part in blocks(values, BLOCK):
        block = np.ascontiguousarray(part.T)
        gaps = np.isnan(block)
        counts = np.count_nonzero(gaps, axis=1)
        new = np.flatnonzero((counts > 0) & (missing == 0))
        first[new] = start + gaps[new].argmax(axis=1)
        missing += counts
        start += len(part)
        low, high = np.fmin(low, np.fmin.reduce(block, axis=1)), np.fmax(high, np.fmax.reduce(block, axis=1))
        wide = np.nan_to_num(block.astype(np.float64), copy=False)
        total += wide.sum(axis=1)
        square += np.square(wide, out=wide).sum(axis=1)
    count = np.maximum(len(values) - missing, 1)
    mean = total / count
    return Survey(missing, first, low, high, mean, np.sqrt(np.maximum(square / count - mean * mean, 0)))


def _named(names: tuple[str, ...], indices: Array) -> str:
    shown = ", ".join(quote(names[index]) for index in indices[:NAMED].tolist())
    return shown if len(indices) <= NAMED else f"{shown} and {len(indices) - NAMED} more"

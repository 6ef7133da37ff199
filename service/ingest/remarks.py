"""What is odd about series that can be read: facts that explain a model that learns badly, told in time."""

from collections.abc import Iterator

import numpy as np

from model.arrays import Array
from model.data.series import Series
from service.ingest.faults import quote

NAMED = 5
SHORT = 8
IMBALANCE = 10
FAR = 10
"""A mean of more than this many standard deviations is far from zero."""


def remark(series: Series) -> tuple[str, ...]:
    """One sentence for each oddity, the gravest kinds first."""
    return (*_counts(series), *_labels(series), *_lengths(series), *_missing(series), *_levels(series))


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


def _missing(series: Series) -> Iterator[str]:
    missing = np.isnan(series.values)
    counts = missing.sum(axis=0)
    for channel in np.flatnonzero(counts)[:NAMED].tolist():
        row = int(np.argmax(missing[:, channel]))
        case = int(np.searchsorted(series.offsets, row, side="right")) - 1
        share = counts[channel] / len(missing)
        yield (
            f"Missing in channel {quote(series.channels[channel])}: {counts[channel]} ({share:.1%}), "
            f"the first in case {case} at step {row - series.offsets[case]}."
        )
    if np.count_nonzero(counts) > NAMED:
        yield f"Further channels with missing values: {np.count_nonzero(counts) - NAMED}."
    if counts.any():
        empty = np.flatnonzero(np.logical_and.reduceat(missing.all(axis=1), series.offsets[:-1]))
        if empty.size:
            yield f"Cases without any value: {empty.size}, the first is case {empty[0]}."


def _levels(series: Series) -> Iterator[str]:
    low, high = np.fmin.reduce(series.values, axis=0), np.fmax.reduce(series.values, axis=0)
    constant = np.flatnonzero(~(low < high))
    if constant.size:
        yield f"Constant channels, which tell nothing: {_named(series.channels, constant)}."
    mean, deviation = _moments(series.values)
    far = np.flatnonzero((low < high) & (np.abs(mean) > FAR * deviation))
    if far.size:
        yield (
            f"Channels far from zero beside how much they vary: {_named(series.channels, far)}; "
            "without scaling, zero padding would make up steps at their ends."
        )


def _moments(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each channel over what is not missing, in blocks: two (C,) arrays."""
    count, total, square = (np.zeros(values.shape[1]) for _ in range(3))
    for start in range(0, len(values), 1 << 16):
        block = values[start : start + (1 << 16)].astype(np.float64)
        count += np.count_nonzero(~np.isnan(block), axis=0)
        block = np.nan_to_num(block)
        total += block.sum(axis=0)
        square += (block * block).sum(axis=0)
    count = np.maximum(count, 1)
    mean = total / count
    deviation = np.sqrt(np.maximum(square / count - mean * mean, 0))
    return mean.astype(np.float32), deviation.astype(np.float32)


def _named(names: tuple[str, ...], indices: Array) -> str:
    shown = ", ".join(quote(names[index]) for index in indices[:NAMED].tolist())
    return shown if len(indices) <= NAMED else f"{shown} and {len(indices) - NAMED} more"

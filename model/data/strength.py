"""How much the strength of a channel differs from case to case: the spread of the logarithm of its deviation.

Where cases differ by orders of magnitude, one scale for all of them leaves the weak ones as good as flat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from model.data.blocks import BLOCK, blocks, pieces, release

FEWEST = 10
"""Cases that change, from which anything is told: a few differ by chance."""
MOST = 1 << 22
"""Deviations that are held at once: of more cases every second is looked at, or every third."""


@dataclass(frozen=True)
class Strength:
    """Of the channel that is in the middle by it: how much the deviation of a case differs from that of others.

    decades: the standard deviation over cases of the decimal logarithm of a case's deviation
    by_label: the share of its variance that the labels explain, zero where there are none
    low, high: the deviations between which nine in ten cases are; weakest: the case of the smallest
    """

    decades: float
    by_label: float
    low: float
    high: float
    weakest: int


def strength(values: Array, offsets: Array, labels: Array | None = None) -> Strength | None:
    """Of (T, C) values of cases one behind another; None where too few cases change in any channel.

    offsets: (N + 1,) int64; labels: (N,) int64
    """
    cases, channels = len(offsets) - 1, values.shape[1]
    every = -(-cases * channels // MOST)
    found = deviations(values, offsets, every)
    told = []
    for channel in found.T:
        changing = np.flatnonzero(channel > 0)
        if len(changing) >= FEWEST:
            logs = np.log10(channel[changing])
            low, high = np.quantile(logs, (0.05, 0.95))
            weakest = every * int(changing[logs.argmin()])
            by_label = 0.0 if labels is None else _explained(logs, labels[every * changing])
            told.append(Strength(float(logs.std()), by_label, float(10**low), float(10**high), weakest))
    return sorted(told, key=lambda each: each.decades)[(len(told) - 1) // 2] if told else None


def _explained(numbers: Array, labels: Array) -> float:
    """The share of the variance of (n,) numbers that lies between those of different labels."""
    variance = float(numbers.var())
    within = sum(float(np.square(same - same.mean()).sum()) for same in _of_each(numbers, labels)) / len(numbers)
    return 1 - within / variance if variance > 0 else 0.0


def _of_each(numbers: Array, labels: Array) -> list[Array]:
    order = np.argsort(labels, kind="stable")
    return np.split(numbers[order], np.flatnonzero(np.diff(labels[order])) + 1)


def deviations(values: Array, offsets: Array, every: int = 1) -> Array:
    """(n, C) float64: of what was observed of a case, zero where that is nothing, of every so many cases."""
    lengths, channels = np.diff(offsets), values.shape[1]
    found = []
    for piece in pieces(lengths, channels):
        first, last = int(offsets[piece.start]), int(offsets[piece.stop])
        if (last - first) * channels > BLOCK:  # a case that is longer than a block
            found += [_of_long(values[first:last])[None]] if piece.start % every == 0 else []
            continue
        wide = values[first:last].astype(np.float64)
        observed = ~np.isnan(wide)
        begins = offsets[piece.start : piece.stop] - first
        counts = np.maximum(np.add.reduceat(observed, begins, axis=0, dtype=np.int64), 1)
        means = np.add.reduceat(np.where(observed, wide, 0), begins, axis=0) / counts
        wide -= np.repeat(means, lengths[piece], axis=0)
        squares = np.add.reduceat(np.where(observed, np.square(wide), 0), begins, axis=0)
        found.append(np.sqrt(squares / counts)[-piece.start % every :: every])
        release(values)
    return np.concatenate(found)


def _of_long(values: Array) -> Array:
    """(C,) float64: of one case, block by block, about the mean of its first block."""
    channels = values.shape[1]
    count, total, square = (np.zeros(channels) for _ in range(3))
    about: Array | None = None
    for block in blocks(values, BLOCK):
        wide = block.astype(np.float64)
        observed = ~np.isnan(wide)
        if about is None:
            about = np.where(observed, wide, 0).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
        wide = np.where(observed, wide - about, 0)
        count += observed.sum(axis=0)
        total += wide.sum(axis=0)
        square += np.square(wide).sum(axis=0)
    mean = total / np.maximum(count, 1)
    return np.sqrt(np.maximum(square / np.maximum(count, 1) - mean * mean, 0))

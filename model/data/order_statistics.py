"""Quantiles of channels, exact and in bounded memory: values are counted by their leading bits, then by the others.

With the bits of negative numbers turned around, a float32 read as an integer keeps its order. One pass counts the
leading 16 bits of every value and finds the bin of each wanted rank; another counts the others within these bins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from model.arrays import Array

Blocks = Callable[[], Iterator[Array]]
"""Walks through blocks (t, C) float32, NaN where nothing was observed, as often as it is called."""

_HALF = 16
_BINS = 1 << _HALF
_SIGN = np.uint32(1 << 31)
_TOGETHER = 64
"""Channels counted in one walk: their counts take 32 MB."""


def quantiles(walk: Blocks, channels: int, shares: Sequence[float]) -> Array:
    """(Q, C) float64: linear between neighbouring order statistics; zero for a channel never observed."""
    found = [
        _quantiles(lambda first=first: _columns(walk, first), min(_TOGETHER, channels - first), shares)  # type: ignore[misc]
        for first in range(0, channels, _TOGETHER)
    ]
    return np.concatenate(found, axis=1)


def _columns(walk: Blocks, first: int) -> Iterator[Array]:
    for block in walk():
        yield block[:, first : first + _TOGETHER]


def _quantiles(walk: Blocks, channels: int, shares: Sequence[float]) -> Array:
    leading = np.zeros((channels, _BINS), np.int64)
    for block in walk():
        for channel in range(channels):
            leading[channel] += np.bincount(_keys(block[:, channel]) >> _HALF, minlength=_BINS)
    upto = np.cumsum(leading, axis=1)
    places = np.asarray(shares)[:, None] * np.maximum(upto[:, -1] - 1, 0)
    low, high = np.floor(places).astype(np.int64), np.ceil(places).astype(np.int64)
    ranks = np.concatenate([low, high])
    values = _values(walk, upto, ranks)
    below, above = np.split(values.astype(np.float64), 2)
    return np.where(upto[:, -1] > 0, below + (above - below) * (places - low), 0.0)


def _values(walk: Blocks, upto: Array, ranks: Array) -> Array:
    """(R, C) float32: the values of these ranks, by cumulated counts of leading bits (C, 65536)."""
    bins = np.stack([np.searchsorted(row, rank, side="right") for row, rank in zip(upto, ranks.T, strict=True)], axis=1)
    trailing = {
        (channel, wanted): np.zeros(_BINS, np.int64)
        for channel, column in enumerate(bins.T.tolist())
        for wanted in column
        if wanted < _BINS
    }
    for block in walk():
        for channel, wanted in trailing:
            keys = _keys(block[:, channel])
            trailing[channel, wanted] += np.bincount(keys[keys >> _HALF == wanted] & (_BINS - 1), minlength=_BINS)
    keys = np.zeros(ranks.shape, np.uint32)
    for (channel, wanted), counts in trailing.items():
        within = np.cumsum(counts)
        before = upto[channel, wanted] - within[-1]
        ours = bins[:, channel] == wanted
        rest = np.searchsorted(within, ranks[ours, channel] - before, side="right")
        keys[ours, channel] = (wanted << _HALF) + rest
    return np.where(keys & _SIGN, keys ^ _SIGN, ~keys).astype(np.uint32).view(np.float32)


def _keys(x: Array) -> Array:
    """(T,) float32 -> (n,) uint32 in the order of the observed values."""
    bits = np.ascontiguousarray(x[~np.isnan(x)]).view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)

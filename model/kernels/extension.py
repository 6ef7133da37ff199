"""How a series goes on beyond its ends: every linear mode of numpy.pad as a signed choice of steps.

    y(t) = sign x[source] + first x[0] + last x[n - 1] + constant

for places t before 0 and from n on, however far; a mirrored or wrapped series goes on for ever. Places and lengths are
arrays that broadcast, so each case of a batch may end where it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.arrays import Array

Ends = tuple[float, float]
"""A number for the left end and one for the right."""


@dataclass(frozen=True, eq=False)
class Terms:
    """Of one shape, that of the places: source int64, within the series; the others float64."""

    source: Array
    sign: Array
    first: Array
    last: Array
    constant: Array


def constant(places: Array, _length: Array, values: Ends) -> Terms:
    """A number."""
    none = np.zeros(places.shape)
    return Terms(none.astype(np.int64), none, none, none, np.where(places < 0, *values))


def first(places: Array, _length: Array) -> Terms:
    """The first value, at both ends."""
    none = np.zeros(places.shape)
    return Terms(none.astype(np.int64), none, none + 1, none, none)


def edge(places: Array, length: Array) -> Terms:
    """The first value before the series, the last one behind it."""
    none = np.zeros(places.shape)
    return Terms(none.astype(np.int64), none, none + (places < 0), none + (places >= length), none)


def linear_ramp(places: Array, length: Array, values: Ends, widths: tuple[int, int]) -> Terms:
    """From the end's value in even steps to a number, reached by the outermost of the places."""
    none = np.zeros(places.shape)
    left, right = (max(width, 1) for width in widths)
    toward_first = np.where(places < 0, (places + left) / left, 0.0)
    toward_last = np.where(places >= length, (length + right - 1 - places) / right, 0.0)
    rest = np.where(places < 0, (1 - toward_first) * values[0], (1 - toward_last) * values[1])
    return Terms(none.astype(np.int64), none, toward_first, toward_last, rest)


def wrap(places: Array, length: Array) -> Terms:
    """The series again from its other end."""
    none = np.zeros(places.shape)
    return Terms(places % length, none + 1, none, none, none)


def reflect(places: Array, length: Array, *, odd: bool = False) -> Terms:
    """The series backwards, its end value once."""
    period = np.maximum(2 * (length - 1), 1)
    return _mirror(places, length, period, period, odd=odd)


def symmetric(places: Array, length: Array, *, odd: bool = False) -> Terms:
    """The series backwards, its end value twice."""
    return _mirror(places, length, 2 * length, 2 * length - 1, odd=odd)


def _mirror(places: Array, length: Array, period: Array, turning: Array, *, odd: bool) -> Terms:
    """Even: x(-t) = x(t). Odd: x(-t) = 2 x[0] - x(t), and so at the other end: each period adds 2 (x[n - 1] - x[0])."""
    turns, within = np.divmod(places, period)
    back = within >= length
    source, none = np.where(back, turning - within, within), np.zeros(places.shape)
    if not odd:
        return Terms(source, none + 1, none, none, none)
    return Terms(source, np.where(back, -1.0, 1.0), -2.0 * turns, 2.0 * turns + 2.0 * back, none)


EXTENSIONS: Mapping[str, Callable[..., Terms]] = MappingProxyType(
    {
        "constant": constant,
        "first": first,
        "edge": edge,
        "linear_ramp": linear_ramp,
        "wrap": wrap,
        "reflect": reflect,
        "symmetric": symmetric,
    }
)


@dataclass(frozen=True)
class Run:
    """Neighbouring places [start, stop) that take neighbouring steps, forwards or backwards, with one sign."""

    start: int
    stop: int
    steps: slice
    sign: int


def runs(terms: Terms) -> Iterator[Run]:
    """Cuts a choice of steps (p,) into runs; places that choose none are left out."""
    source, sign, count = terms.source.tolist(), terms.sign.tolist(), terms.source.size
    start = 0
    while start < count:
        stop = start + 1
        stride = -1 if stop < count and source[stop] < source[start] else 1
        while stop < count and source[stop] - source[stop - 1] == stride and sign[stop] == sign[start]:
            stop += 1
        if sign[start]:
            end = source[start] + stride * (stop - start)
            yield Run(start, stop, slice(source[start], end if end >= 0 else None, stride), int(sign[start]))
        start = stop

"""Toom-Cook filtering: m outputs of an r-tap correlation by m + r - 1 multiplications instead of m * r.

y = A^T [(G w) * (B^T x)], for a tile x of n = m + r - 1 steps: tile and kernel are evaluated at n points (one of them
infinity), multiplied there, and brought back (Toom 1963, Cook 1966; for convolution networks Winograd's form, Lavin
and Gray 2016). With channels the multiplication at each point is a matrix product over channels, so the saving is in
GEMM work.

The points decide the rounding: small powers of two and their opposites and inverses keep the constants near one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.arrays import Array

POINTS = tuple(map(Fraction, ("0", "1", "-1", "1/2", "-2", "-1/2", "2")))
"""In the order that gave the smallest error for each number of them, measured against float64; infinity comes on
top.
"""

NINE_POINTS = tuple(map(Fraction, ("-1", "1", "1/4", "-1/4", "2/3", "-2/3", "2", "-2")))
"""With infinity, the best nine that were found: they round half as coarsely again as the best eight."""

AT_ONE = 1
"""Where the point 1 stands in both."""

MOST_POINTS = len(NINE_POINTS) + 1
"""With infinity. Ten save little more and round twice as coarsely as nine."""

Rational = list[list[Fraction]]


@dataclass(frozen=True, eq=False)
class Filtering:
    """The three transforms in float64: to_outputs A^T (m, n), to_kernel G (n, r), to_tile B^T (n, n)."""

    to_outputs: Array
    to_kernel: Array
    to_tile: Array


@cache
def filtering(outputs: int, taps: int) -> Filtering:
    """The transforms for m = `outputs` and r = `taps`, at most nine points in all.

    Evaluating polynomials at n points is a Vandermonde matrix V_n; a product of polynomials is V_n^-1 [(V_m h) * (V_r
    w)]. Correlation is its transpose in h: y = V_m^T [(V_r w) * (V_n^-T x)]. Each point is scaled by a power of two,
    exactly.
    """
    count = outputs + taps - 1
    points = NINE_POINTS if count == MOST_POINTS else POINTS[: count - 1]
    tile = _inverse(_vandermonde(points, count))
    to_tile = np.array([[float(row[index]) for row in tile] for index in range(len(tile))])
    to_kernel = np.array(_vandermonde(points, taps), dtype=np.float64)
    to_outputs = np.array(_vandermonde(points, outputs), dtype=np.float64).T
    scale = 2.0 ** np.round(np.log2(np.abs(to_tile).sum(axis=1)))[:, None]
    return Filtering(np.ascontiguousarray(to_outputs), to_kernel * scale, to_tile / scale)


def _vandermonde(points: tuple[Fraction, ...], width: int) -> Rational:
    """Rows of powers 0 .. width - 1 of each point; infinity, last, picks the highest."""
    return [[point**power for power in range(width)] for point in points] + [
        [Fraction(int(power == width - 1)) for power in range(width)]
    ]


def _inverse(matrix: Rational) -> Rational:
    """By Gauss and Jordan, exactly."""
    size = len(matrix)
    rows = [[*row, *(Fraction(int(i == j)) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next(index for index in range(column, size) if rows[index][column] != 0)
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column][column]
        rows[column] = [value / lead for value in rows[column]]
        for index in range(size):
            factor = rows[index][column]
            if index != column and factor != 0:
                rows[index] = [a - factor * b for a, b in zip(rows[index], rows[column], strict=True)]
    return [row[size:] for row in rows]

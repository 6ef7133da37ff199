"""Activation curves, number by number, and their slopes.

x, y, dy, slope and the three rooms have one shape; rooms are scratch, y may be x. A bound is written as a pair of them
and a choice as arithmetic: NumPy vectorizes those, but neither a maximum against a scalar nor a `where=`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from model.kernels.error_function import error_function

if TYPE_CHECKING:
    from model.arrays import Array

Rooms = tuple["Array", "Array", "Array"]


def leak(x: Array, y: Array, rooms: Rooms, slope: float) -> None:
    """Writes y = max(x, slope x), for a slope within [0, 1]."""
    np.multiply(x, x.dtype.type(slope), out=rooms[0])
    np.maximum(x, rooms[0], out=y)


def leak_gradient(dy: Array, y: Array, rooms: Rooms, slope: float) -> None:
    """Multiplies dy by 1 where y > 0, and by the slope elsewhere."""
    _step(y, slope, rooms[0])
    np.multiply(dy, rooms[0], out=dy)


def exponential(x: Array, y: Array, rooms: Rooms, alpha: float) -> None:
    """Writes y = max(x, 0) + alpha (exp(min(x, 0)) - 1)."""
    below = rooms[0]
    np.clip(x, -np.inf, 0, out=below)
    np.expm1(below, out=below)
    np.multiply(below, x.dtype.type(alpha), out=below)
    np.clip(x, 0, np.inf, out=y)
    np.add(y, below, out=y)


def exponential_gradient(dy: Array, y: Array, rooms: Rooms, alpha: float) -> None:
    """Multiplies dy by 1 where y > 0, and by alpha exp(x) = alpha + y elsewhere."""
    below, step, _ = rooms
    np.clip(y, -np.inf, 0, out=below)
    _step(y, alpha, step)
    np.add(below, step, out=below)
    np.multiply(dy, below, out=dy)


def tanh(x: Array, y: Array, _rooms: Rooms) -> None:
    """Writes the hyperbolic tangent of x."""
    np.tanh(x, out=y)


def tanh_gradient(dy: Array, y: Array, rooms: Rooms) -> None:
    """Multiplies dy by 1 - y^2."""
    slope = rooms[0]
    np.square(y, out=slope)
    np.subtract(1, slope, out=slope)
    np.multiply(dy, slope, out=dy)


def sigmoid(x: Array, y: Array, _rooms: Rooms) -> None:
    """Writes y = 1 / (1 + exp(-x)) as (1 + tanh(x / 2)) / 2, which cannot overflow."""
    half = x.dtype.type(0.5)
    np.multiply(x, half, out=y)
    np.tanh(y, out=y)
    np.multiply(y, half, out=y)
    np.add(y, half, out=y)


def sigmoid_gradient(dy: Array, y: Array, rooms: Rooms) -> None:
    """Multiplies dy by y (1 - y)."""
    slope = rooms[0]
    np.subtract(1, y, out=slope)
    np.multiply(slope, y, out=slope)
    np.multiply(dy, slope, out=dy)


def silu(x: Array, y: Array, rooms: Rooms, slope: Array | None = None) -> None:
    """Writes y = x g and slope = g + y (1 - g), with g = sigmoid(x); slope is None when nobody needs it."""
    gate, rest, _ = rooms
    sigmoid(x, gate, rooms)
    np.multiply(x, gate, out=y)
    if slope is not None:
        np.subtract(1, gate, out=rest)
        np.multiply(rest, y, out=rest)
        np.add(gate, rest, out=slope)


def gelu(x: Array, y: Array, rooms: Rooms, slope: Array | None = None) -> None:
    """Writes y = x g and slope = g + x g', with g = (1 + erf(x / sqrt(2))) / 2, the normal distribution."""
    gate, rest, square = rooms
    half = x.dtype.type(0.5)
    np.multiply(x, x.dtype.type(math.sqrt(0.5)), out=rest)
    error_function(rest, square, gate)
    np.multiply(gate, half, out=gate)
    np.add(gate, half, out=gate)
    if slope is not None:
        np.square(x, out=rest)
        np.multiply(rest, -half, out=rest)
        np.exp(rest, out=rest)
        np.multiply(rest, x.dtype.type(1 / math.sqrt(2 * math.pi)), out=rest)
        np.multiply(rest, x, out=rest)
        np.add(gate, rest, out=slope)
    np.multiply(x, gate, out=y)


def _step(y: Array, below: float, out: Array) -> None:
    """Writes 1 where y > 0, and `below` elsewhere."""
    np.greater(y, 0, out=out)
    np.multiply(out, out.dtype.type(1 - below), out=out)
    np.add(out, out.dtype.type(below), out=out)

"""Element-wise kernels whose obvious form is slow in NumPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.arrays import Array


def rectify(x: Array, zeros: Array, out: Array) -> None:
    """Writes max(x, 0) to `out`; `zeros` has x's shape: against an array the maximum is vectorized, against a scalar
    it is not.
    """
    np.maximum(x, zeros, out=out)


def flags(scratch: Array, shape: tuple[int, ...]) -> Array:
    """Scratch (at least as many numbers) as a bool buffer of this shape."""
    view: Array = scratch.view(np.bool_)[: math.prod(shape)].reshape(shape)
    return view


def rectify_gradient(dy: Array, y: Array, positive: Array) -> None:
    """Multiplies dy by (y > 0) in place; `positive` is a bool buffer of their shape."""
    np.greater(y, 0, out=positive)
    np.multiply(dy, positive, out=dy)

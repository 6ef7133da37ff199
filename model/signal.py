"""Convolution and correlation of two plain signals, as mathematics defines them, and a trace that shows every step.

    convolve:         y[j] = sum_k x[j - k] w[k]
    cross_correlate:  y[j] = sum_k x[j + k] w[k], which is the convolution with w reversed

Both signals are zero for ever on both sides. The modes are those of `numpy.convolve`: "full" (m + n - 1 values),
"same" (as many as the longer signal, the middle of full; one more is cut on the right where they do not halve), and
"valid" (only where the shorter lies wholly within the longer). An even kernel and a kernel longer than the signal are
both allowed. The layers of a network correlate: a kernel that they hold is what `cross_correlate` takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from model.errors import InvalidSeries

if TYPE_CHECKING:
    from model.arrays import Array

Mode = Literal["full", "same", "valid"]


def convolve(x: npt.ArrayLike, w: npt.ArrayLike, mode: Mode = "full") -> Array:
    """The convolution of x (m,) and w (n,): equal to `numpy.convolve(x, w, mode)`, float32 staying float32."""
    signal, kernel = _signals(x, w)
    longer, shorter = (signal, kernel) if signal.size >= kernel.size else (kernel, signal)
    padded, count = _padded(longer, shorter.size, mode)
    y = np.zeros(count, longer.dtype)
    product = np.empty_like(y)
    for tap, value in enumerate(shorter[::-1]):
        np.multiply(padded[tap : tap + count], value, out=product)
        np.add(y, product, out=y)
    return y


def cross_correlate(x: npt.ArrayLike, w: npt.ArrayLike, mode: Mode = "full") -> Array:
    """The cross-correlation of x (m,) and w (n,), as if w slid over x unflipped.

    In full mode the lag 0 stands at n - 1. Equal to `numpy.correlate(x, w, mode)` where w is the shorter one.
    """
    signal, kernel = _signals(x, w)
    return convolve(signal, kernel[::-1], mode)


def autocorrelate(x: npt.ArrayLike, mode: Mode = "full") -> Array:
    """The cross-correlation of x (m,) with itself; in full mode, lag 0 (the energy of x) stands at m - 1."""
    return cross_correlate(x, x, mode)


@dataclass(frozen=True, eq=False)
class Trace:
    """A convolution step by step: the kernel, flipped, stands on a window of the signal; multiply, add, step on.

    first: (J,) int64, the place in x under the window's first value; below 0 the window begins in the zeros before x.
    windows: (J, n), what lies under the kernel. kernel: (n,), flipped. products: (J, n) = windows * kernel.
    sums: (J,), the result.
    """

    first: Array
    windows: Array
    kernel: Array
    products: Array
    sums: Array

    def __str__(self) -> str:
        """One line a step: y[0] = 0*3 + 1*2 = 2."""
        lines = []
        for place, (window, total) in enumerate(zip(self.windows, self.sums, strict=True)):
            terms = " + ".join(f"{x:g}*{w:g}" for x, w in zip(window, self.kernel, strict=True))
            lines.append(f"y[{place}] = {terms} = {total:g}")
        return "\n".join(lines)


def trace(x: npt.ArrayLike, w: npt.ArrayLike, mode: Mode = "full") -> Trace:
    """Every step of `convolve(x, w, mode)`: flip, step, multiply, add. w (n,) must not be longer than x (m,)."""
    signal, kernel = _signals(x, w)
    if kernel.size > signal.size:
        raise InvalidSeries(
            f"a trace slides the kernel over the signal, but the kernel has {kernel.size} values and the signal "
            f"{signal.size}; they may change places"
        )
    padded, count = _padded(signal, kernel.size, mode)
    windows, flipped = sliding_window_view(padded, kernel.size), kernel[::-1].copy()
    products = windows * flipped
    first = np.arange(count) - _left(kernel.size, mode)
    return Trace(first, windows, flipped, products, products.sum(axis=1))


def _left(n: int, mode: Mode) -> int:
    """Zeros before the longer signal."""
    return {"full": n - 1, "same": n // 2, "valid": 0}[mode]


def _padded(longer: Array, n: int, mode: Mode) -> tuple[Array, int]:
    """The longer signal with the zeros that the mode lets a kernel of n see, and how many windows fit."""
    if mode not in get_args(Mode):
        raise InvalidSeries(f"mode is {mode!r}, but must be one of {', '.join(map(repr, get_args(Mode)))}")
    left = _left(n, mode)
    right = {"full": n - 1, "same": n - 1 - left, "valid": 0}[mode]
    return np.pad(longer, (left, right)), longer.size + left + right - n + 1


def _signals(x: npt.ArrayLike, w: npt.ArrayLike) -> tuple[Array, Array]:
    """Both as one-dimensional arrays of one real floating dtype."""
    signal, kernel = np.asarray(x), np.asarray(w)
    for name, given in (("the signal", signal), ("the kernel", kernel)):
        if given.ndim != 1 or given.size == 0:
            raise InvalidSeries(f"{name} has shape {given.shape}, but must be one-dimensional and not empty")
        if given.dtype.kind not in "fiub":
            raise InvalidSeries(f"{name} holds {given.dtype}, but must hold real numbers")
    dtype = np.result_type(signal, kernel)
    dtype = dtype if dtype.kind == "f" else np.dtype(np.float64)
    return signal.astype(dtype, copy=False), kernel.astype(dtype, copy=False)

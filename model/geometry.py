"""Padding and output lengths of everything that slides along the time axis: the only place where lengths are computed.

`same` is the dense result of length L, of which a stride s keeps every s-th step: y[j] is centred on x[j * s], whatever
the length. An even kernel reaches one step further to the right than to the left, as in ONNX's SAME_UPPER and PyTorch.
Every function takes a length as an int, as an int64 array of lengths (one a case), or as None where it is not known
yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import numpy as np

from model.errors import InvalidSpec

if TYPE_CHECKING:
    from model.arrays import Array

Padding = Literal["same", "valid", "causal", "full"] | int | tuple[int, int]
PADDING_NAMES = ("same", "valid", "causal", "full")

LengthT = TypeVar("LengthT", int, "Array")


class Shape(NamedTuple):
    """What flows between layers, for one case: `channels` series of `length` steps, or a vector of `channels`
    values.
    """

    channels: int
    length: int | None = None
    vector: bool = False

    def __str__(self) -> str:
        if self.vector:
            return f"a vector of {self.channels}"
        return f"{self.channels} channels x {'any number of' if self.length is None else self.length} steps"


def extent(kernel: int, dilation: int) -> int:
    """The number of steps from a window's first to its last: (kernel - 1) * dilation + 1."""
    return (kernel - 1) * dilation + 1


def pad_widths(padding: Padding, kernel: int, dilation: int = 1) -> tuple[int, int]:
    """Steps added on the left and on the right."""
    reach = extent(kernel, dilation) - 1
    if padding == "same":
        return reach // 2, reach - reach // 2
    if padding == "causal":
        return reach, 0
    if padding == "full":
        return reach, reach
    if padding == "valid":
        return 0, 0
    if isinstance(padding, int):
        return padding, padding
    left, right = padding
    return int(left), int(right)


def window_count(length: LengthT, kernel: int, stride: int, dilation: int, widths: tuple[int, int]) -> LengthT:
    """Windows that fit: floor((length + left + right - extent) / stride) + 1, and never less than none."""
    span = length + (widths[0] + widths[1] - extent(kernel, dilation))
    if isinstance(span, int):
        return max(span // stride + 1, 0)
    counts: Array = np.maximum(span // stride + 1, 0)
    return counts


def require_windows(
    shape: Shape, kernel: int, stride: int, dilation: int, widths: tuple[int, int], what: str
) -> int | None:
    """The output length of a sliding layer, or InvalidSpec when not one window fits."""
    if shape.length is None:
        return None
    count = window_count(shape.length, kernel, stride, dilation, widths)
    if count < 1:
        raise InvalidSpec(
            f"{what} spans {extent(kernel, dilation)} steps, but gets {shape}"
            + (f" and {widths[0]} + {widths[1]} steps of padding" if any(widths) else "")
            + '; a shorter kernel, a smaller dilation or "same" padding would fit',
            pointer="/kernel" if "kernel" in what else "/size",
        )
    return count


def require_series(shape: Shape, what: str) -> None:
    """Refuses a vector where steps are needed."""
    if shape.vector:
        raise InvalidSpec(f"{what} slides along time and needs channels x steps, but gets {shape}")

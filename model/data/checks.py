"""What series must be to be series: each check names the first case, channel and step at fault."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.arrays import Array
from model.data.blocks import blocks
from model.errors import InvalidSeries

_MATRIX = 2


def case_shapes(shapes: Sequence[tuple[int, ...]]) -> None:
    """Every case is (length, channels), with the same channels."""
    width = shapes[0][1] if len(shapes[0]) == _MATRIX else "channels"
    for index, shape in enumerate(shapes):
        if len(shape) != _MATRIX or shape[1] != width:
            raise InvalidSeries(f"Case {index} has shape {shape}; every case must be (length, {width}).")


def layout(values: Array, offsets: Array, channels: tuple[str, ...]) -> None:
    """The flat values are matched by offsets and channel names."""
    if values.ndim != _MATRIX or values.dtype != np.float32:
        raise InvalidSeries(f"Values are {values.dtype} {values.shape}; they must be float32 (steps, channels).")
    if values.shape[1] < 1 or len(channels) != values.shape[1]:
        raise InvalidSeries(
            f"{len(channels)} channels are named and values have {values.shape[1]}; one name each is needed."
        )
    if len(set(channels)) != len(channels):
        twice = next(name for name in channels if channels.count(name) > 1)
        raise InvalidSeries(f"Two channels are named {twice!r}; names must differ.")
    if offsets.ndim != 1 or offsets.dtype != np.int64 or offsets.size <= 1:
        raise InvalidSeries("There are no cases: at least one is needed.")
    if offsets[0] != 0 or offsets[-1] != len(values):
        raise InvalidSeries(f"Offsets run from {offsets[0]} to {offsets[-1]}; they must run from 0 to {len(values)}.")
    empty = np.flatnonzero(np.diff(offsets) < 1)
    if empty.size:
        raise InvalidSeries(f"Case {empty[0]} has no steps: at least one is needed.")


def finite(values: Array, offsets: Array, channels: tuple[str, ...]) -> None:
    """No value is infinite; NaN stands for missing."""
    start = 0
    for block in blocks(values):
        infinite = np.isinf(block)
        if infinite.any():
            row, channel = (int(place) for place in np.argwhere(infinite)[0])
            case = int(np.searchsorted(offsets, start + row, side="right")) - 1
            raise InvalidSeries(
                f"Case {case} holds {block[row, channel]} in channel {channels[channel]!r} "
                f"at step {start + row - int(offsets[case])}; values must be finite in float32, or missing."
            )
        start += len(block)


def coded(plural: str, of: str, indices: Array | None, names: tuple[str, ...] | None, cases: int) -> None:
    """An index for each case into names that are sorted, as labels are into classes."""
    if indices is None and names is None:
        return
    if indices is None or names is None:
        raise InvalidSeries(f"{plural.capitalize()} and {of} come together: one of them is lacking.")
    if indices.shape != (cases,) or indices.dtype != np.int64:
        raise InvalidSeries(f"There are {indices.size} {plural} for {cases} cases; one each is needed.")
    if list(names) != sorted(set(names)):
        raise InvalidSeries(f"{of.capitalize()} must be sorted, and each named once.")
    if indices.min() < 0 or indices.max() >= len(names):
        raise InvalidSeries(f"{plural.capitalize()} must be indices below {len(names)}, the number of {of}.")


def targets(values: Array | None, cases: int) -> None:
    """A row of finite numbers for each case."""
    if values is None:
        return
    if values.ndim != _MATRIX or len(values) != cases or values.shape[1] < 1:
        raise InvalidSeries(f"Targets have shape {values.shape}; they must be ({cases}, targets).")
    if values.dtype != np.float32:
        raise InvalidSeries(f"Targets are {values.dtype}; they must be float32.")
    bad = np.argwhere(~np.isfinite(values))
    if bad.size:
        case, column = (int(place) for place in bad[0])
        raise InvalidSeries(f"The target of case {case} is {values[case, column]}; it must be finite in float32.")

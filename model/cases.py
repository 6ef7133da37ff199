"""Cases on their way into a network: checked once, alone, so that those who share a batch cannot harm each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.arrays import surely_finite
from model.data import windows
from model.data.endings import ends
from model.data.series import offsets_of
from model.errors import InvalidSeries, InvalidSpec
from model.geometry import Shape
from model.layers import sequence

if TYPE_CHECKING:
    from model.arrays import Array
    from model.data.windows import Windowing
    from model.pipeline import Pipeline

LENGTHS_REMEMBERED = 4096

_DENSE = 3
_CASE = 2
_FINEST = 8


@dataclass(frozen=True, eq=False)
class Cases:
    """Stretches of flat values (T, C) float32: the i th is rows starts[i] to starts[i] + lengths[i], all (M,) int64.

    padded: (M,) the lengths of the plans that they run in
    counts: (N,) int64, how many stretches each case is cut into; None where each is a case
    """

    values: Array
    starts: Array
    lengths: Array
    padded: Array
    counts: Array | None = None

    def __len__(self) -> int:
        return len(self.starts if self.counts is None else self.counts)

    @property
    def plan_length(self) -> int | None:
        """The one length that all of them run in, None if they differ: such cases gain nothing from sharing."""
        first = int(self.padded[0])
        return first if (self.padded == first).all() else None

    def stretches(self) -> Cases:
        """As they are."""
        return self

    @classmethod
    def joined(cls, parts: Sequence[Cases]) -> Cases:
        """All of them, in order."""
        begins = offsets_of(np.array([len(part.values) for part in parts], np.int64))[:-1]
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.starts + begin for part, begin in zip(parts, begins, strict=True)]),
            np.concatenate([part.lengths for part in parts]),
            np.concatenate([part.padded for part in parts]),
            None if parts[0].counts is None else np.concatenate([part.counts for part in parts]),
        )


@dataclass(eq=False, slots=True)  # not frozen: one is made for each request
class EvenCases:
    """Cases that are each as long as the plan they run in: values (N, L, C) float32, and nothing else to be said."""

    values: Array

    def __len__(self) -> int:
        return len(self.values)

    @property
    def plan_length(self) -> int:
        """The one length of all."""
        return int(self.values.shape[1])

    def stretches(self) -> Cases:
        """The same as stretches of flat values."""
        count, length, channels = self.values.shape
        lengths = np.full(count, length, np.int64)
        return Cases(self.values.reshape(-1, channels), offsets_of(lengths)[:-1], lengths, lengths)


def joined(parts: Sequence[Cases | EvenCases]) -> Cases | EvenCases:
    """All of them, in order."""
    if len(parts) == 1:
        return parts[0]
    even = [part.values for part in parts if isinstance(part, EvenCases)]
    if len(even) == len(parts) and len({values.shape[1] for values in even}) == 1:
        return EvenCases(np.concatenate(even))
    return Cases.joined([part.stretches() for part in parts])


class Intake:
    """Checks what comes for one pipeline; it holds no buffers, so that any number of threads may share it."""

    def __init__(self, pipeline: Pipeline) -> None:
        """Take what knows the channels, the lengths and the window."""
        self._pipeline = pipeline
        self._fitting: set[int] = set()
        """Lengths that the network has room for."""
        self._whole: set[int] = set()
        """Lengths that run in plans just as long."""

    def take(self, cases: Array | Sequence[Array], *, infinite: bool = True) -> Cases | EvenCases:
        """Cases (N, C, L) float32, or N arrays (C, L_i), with NaN where a value is missing.

        InvalidSeries names the case that cannot be used. infinite: whether there may be infinite values, which are not
        taken; a caller that has looked for them already says that there are none.
        """
        if isinstance(cases, np.ndarray) and cases.dtype != object:
            dense = self._dense(cases)
            count, length, channels = dense.shape
            if self._is_even(dense) and not (infinite and not surely_finite(dense) and np.isinf(dense).any()):
                return EvenCases(dense)
            values, lengths = dense.reshape(-1, channels), np.full(count, length, np.int64)
        else:
            values, lengths = self._listed(cases)
        starts = offsets_of(lengths)[:-1]
        self._require_no_infinity(values, starts)
        return self.stretches(values, starts, lengths)

    def stretches(self, values: Array, starts: Array, lengths: Array) -> Cases:
        """Cases that lie in flat values (T, C) already, and that may overlap there."""
        pipeline, windowing = self._pipeline, self._pipeline.windowing
        if windowing is not None and not windowing.horizon:
            return self._windows(values, starts, lengths, windowing)
        if pipeline.masked:
            lengths = ends(values, starts, lengths)
        if windowing is not None:
            self._require(lengths >= windowing.window, lengths, f"at least {windowing.window} steps")
            starts, lengths = starts + lengths - windowing.window, np.full_like(lengths, windowing.window)
        self._require_room(lengths)
        padded = self._padded(lengths)
        if len(self._whole) < LENGTHS_REMEMBERED:
            self._whole.update(np.unique(padded[padded == lengths]).tolist())
        return Cases(values, starts, lengths, padded)

    def _windows(self, values: Array, starts: Array, lengths: Array, windowing: Windowing) -> Cases:
        """All windows of each case up to its end; one that masks knows cases that end within a window."""
        ended = ends(values, starts, lengths)
        if not self._pipeline.masked:
            ended = np.maximum(ended, np.minimum(lengths, windowing.window))
        seen = np.minimum(ended, windowing.window)
        self._require_room(seen)
        padded = np.minimum(self._padded(seen), windowing.window)
        cut = windows.cover(starts, ended, windowing)
        return Cases(values, cut.starts, cut.lengths, np.repeat(padded, cut.counts), cut.counts)

    def _is_even(self, dense: Array) -> bool:
        """Whether (N, L, C) values need nothing more before the network: no window, no padding, and room for it."""
        pipeline, length = self._pipeline, int(dense.shape[1])
        if pipeline.window not in {None, length} or length not in self._fitting or length not in self._whole:
            return False
        return not (pipeline.masked and np.isnan(dense[:, -1]).all(axis=1).any())

    def _dense(self, cases: Array) -> Array:
        """(N, L, C)."""
        channels = len(self._pipeline.channels)
        if cases.ndim != _DENSE or cases.shape[1] != channels or 0 in cases.shape:
            raise InvalidSeries(f"The series have shape {cases.shape}; (cases, {channels} channels, steps) is needed.")
        return np.ascontiguousarray(cases.transpose(0, 2, 1), np.float32)

    def _listed(self, cases: Array | Sequence[Array]) -> tuple[Array, Array]:
        channels = len(self._pipeline.channels)
        arrays = [np.asarray(case, np.float32) for case in cases]
        for index, array in enumerate(arrays):
            if array.ndim != _CASE or array.shape[0] != channels or not array.size:
                raise InvalidSeries(f"Case {index} has shape {array.shape}; ({channels} channels, steps) is needed.")
        if not arrays:
            raise InvalidSeries("There are no cases: at least one is needed.")
        return np.concatenate([array.T for array in arrays]), np.array([array.shape[1] for array in arrays], np.int64)

    def _require_no_infinity(self, values: Array, starts: Array) -> None:
        infinite = np.isinf(values)
        if infinite.any():
            row, channel = np.argwhere(infinite)[0]
            case = int(np.searchsorted(starts, row, side="right")) - 1
            raise InvalidSeries(
                f"Case {case} holds {values[row, channel]} in channel {self._pipeline.channels[channel]!r} at step "
                f"{row - starts[case]}; values must be finite in float32, or missing."
            )

    def _require_room(self, lengths: Array) -> None:
        """Every case is long enough for the network's kernels: what fits the shortest fits all."""
        case = int(np.argmin(lengths))
        shortest = int(lengths[case])
        if shortest in self._fitting:
            return
        network = self._pipeline.network
        try:
            sequence.shapes(network.layers, Shape(network.channels, shortest))
        except InvalidSpec as error:
            raise InvalidSeries(f"Case {case} has {shortest} steps, too few: {error.message}") from error
        if len(self._fitting) < LENGTHS_REMEMBERED:
            self._fitting.add(shortest)

    def _require(self, fits: Array, lengths: Array, wanted: str) -> None:
        if not fits.all():
            case = int(np.argmin(fits))
            raise InvalidSeries(f"Case {case} has {lengths[case]} steps; the model takes {wanted}.")

    def _padded(self, lengths: Array) -> Array:
        """(N,) int64: the length of the plan that each case runs in."""
        fixed, masked = self._pipeline.length, self._pipeline.masked
        if fixed is not None:
            fits = lengths <= fixed if masked else lengths == fixed
            exactly = "exactly" if self._pipeline.window is None else "at least"
            self._require(fits, lengths, f"{'at most' if masked else exactly} {fixed} steps")
            return np.full_like(lengths, fixed)
        if not masked:
            return lengths
        grain = np.maximum(_FINEST, np.left_shift(1, np.log2(lengths).astype(np.int64)) // 4)
        padded: Array = -(-lengths // grain) * grain
        return padded

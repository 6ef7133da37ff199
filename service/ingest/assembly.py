"""From what a format held to `Series`: narrowing to float32, labels to classes, and the limits.

Every reader appends blocks of steps here, so one place decides what a value, a label and a target may be.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from model.arrays import Array
from model.data.series import Series, default_channels, encode, offsets_of
from service.domain.datasets import Limits
from service.errors import TooLarge
from service.ingest.faults import Faults, Where, quote
from service.ingest.number_text import Doubles
from service.ingest.precision import Precision
from service.ingest.source import Scratch, Source

LARGEST = float(np.finfo(np.float32).max)
LABEL_LENGTH = 200
"""Characters of a label at most: longer ones are text that got into the wrong column."""


class Steps:
    """The steps of all cases one after another, (T, channels) float32: in memory that grows by doubling, then on disk.

    What is on disk is mapped in the end, so whoever goes through it by blocks needs memory for one block.
    """

    def __init__(self, channels: int, source: Source) -> None:
        check_counts(source.limits, channels=channels)
        self._source = source
        self._limits = source.limits
        self._values: Array = np.empty((1024, channels), np.float32)
        self.precision = Precision(channels)
        self._used = 0
        self._written = 0
        self._scratch: Scratch | None = None

    def append(self, block: Doubles | Array, faults: Faults, place: Callable[[int, int], Where]) -> None:
        """Add steps (L, channels); `place(step, channel)` names where in the file a value of the block stands.

        What is appended as 64-bit floats is looked at for changes that 32-bit floats lose.
        """
        check_counts(self._limits, values=(self._written + self._used + len(block)) * block.shape[1])
        if self._used and (self._used + len(block)) * block.shape[1] * 4 > self._limits.in_memory:
            self._spill()
        end = self._used + len(block)
        if end > len(self._values):
            self._values = np.concatenate((self._values[: self._used], self._room(end)))
        narrowed = self._values[self._used : end]
        if block.dtype == np.float64:
            self.precision.look(block)
        with np.errstate(over="ignore", invalid="ignore"):
            narrowed[...] = block
        note_infinite(narrowed, block, faults, place)
        self._used = end

    def finish(self) -> Array:
        """(T, channels) float32: everything that was appended, of which the caller becomes the owner."""
        if self._scratch is None:
            return np.ascontiguousarray(self._values[: self._used])
        self._spill()
        return self._scratch.mapped(self._values.dtype).reshape(-1, self._values.shape[1])

    def _spill(self) -> None:
        """Put what memory holds on the disk."""
        self._scratch = self._scratch or self._source.scratch()
        self._scratch.write(self._values[: self._used])
        self._written += self._used
        self._used = 0

    def _room(self, end: int) -> Array:
        return np.empty((max(end, 2 * len(self._values)) - self._used, self._values.shape[1]), np.float32)


def note_infinite(narrowed: Array, block: Doubles | Array, faults: Faults, place: Callable[[int, int], Where]) -> None:
    """Note each value that is infinite, or became so in float32; both are (L, C)."""
    infinite = np.isinf(narrowed)
    if not infinite.any():
        return
    for step, channel in np.argwhere(infinite)[:10].tolist():
        faults.add(place(step, channel), not_finite(float(block[step, channel])))


def not_finite(value: float) -> str:
    """The sentence about a value that float32 cannot hold."""
    if math.isinf(value):
        return f"{value} is not finite; numbers up to {LARGEST:.3g} and missing values are accepted."
    return f"{value:g} is beyond what 32-bit floats hold ({LARGEST:.3g}); scale the values down."


def check_label(label: str, what: str = "label") -> str | None:
    """A sentence if the text cannot be a label, or a group."""
    if not label:
        return f"The {what} is missing; every case needs one."
    if len(label) > LABEL_LENGTH:
        return f"The {what} {quote(label)} is longer than {LABEL_LENGTH} characters."
    return None


def check_target(value: float) -> str | None:
    """A sentence if the number cannot be a target."""
    if math.isnan(value):
        return "The target is missing; every case needs a finite one."
    return None if abs(value) <= LARGEST else "As a target, " + not_finite(value)


def check_counts(
    limits: Limits,
    *,
    values: int = 0,
    cases: int = 0,
    channels: int = 0,
    classes: int = 0,
    groups: int = 0,
) -> None:
    """TooLarge if there is more of anything than the limits allow."""
    counts = {
        "values": values,
        "cases": cases,
        "channels": channels,
        "classes": classes,
        "groups": groups,
    }
    for name, count in counts.items():
        most = getattr(limits, name)
        if count > most:
            raise TooLarge(f"The file holds {count} {name} or more; at most {most} are accepted.")


def build_series(
    values: Array,
    lengths: Sequence[int],
    limits: Limits,
    *,
    channels: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    targets: Doubles | None = None,
    groups: Sequence[str] | None = None,
) -> Series:
    """Join what was read; values: (T, C) float32; labels and groups: one a case; targets: (N, D), checked before."""
    check_counts(limits, cases=len(lengths))
    classes = None if labels is None else tuple(sorted(set(labels)))
    places = {name: place for place, name in enumerate(classes or ())}
    check_counts(limits, classes=len(places))
    names, members = (None, None) if groups is None else encode(groups)
    check_counts(limits, groups=len(names or ()))
    return Series(
        values=values,
        offsets=offsets_of(np.array(lengths, np.int64)),
        channels=tuple(channels) if channels is not None else default_channels(values.shape[1]),
        classes=classes,
        labels=None if labels is None else np.array([places[label] for label in labels], np.int64),
        targets=None if targets is None else targets.astype(np.float32),
        group_names=names,
        groups=members,
    )

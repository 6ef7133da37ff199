"""What a plan holds between its operations: storage with room for padding, valid lengths, and activations.

Everything is channels last: N cases, one after another, of L steps each, a step being C consecutive floats. A window
of K steps is then K * C consecutive floats, and all windows of a layer are gathered by one strided copy.
Storage may keep rows of zeros between the cases. Nobody ever writes there, so zero padding costs nothing per pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import as_strided

from model.geometry import Shape

if TYPE_CHECKING:
    from model.arrays import Array, Floating


@dataclass(eq=False)
class Uses:
    """What operations, by their number, do with a storage; it decides how long the storage is needed.

    touched: all that read or write it. kept: those whose backward pass reads it. solid: those that take a case's steps
    for one run of numbers. remake: a stage that makes the values anew from what their maker keeps, and from `source`.
    permanent: the caller reads it, so it keeps rows of its own.
    """

    touched: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    solid: list[int] = field(default_factory=list)
    remake: Callable[[int], None] | None = None
    source: Storage | None = None
    permanent: bool = False


@dataclass(eq=False)
class Storage:
    """Rows for N cases x L steps x C channels; `reserve` asks for zeros around each case before `allocate` makes it."""

    batch: int
    length: int
    channels: int
    left: int = 0
    right: int = 0
    of_gradient: bool = False
    uses: Uses = field(default_factory=Uses)
    _owner: Storage | None = None
    _first: int | None = None
    _rows: Array | None = None
    _steps: Array | None = None

    def reserve(self, left: int, right: int) -> None:
        """At least this many rows of zeros stand before and behind each case; neighbours share them."""
        self.left, self.right = max(self.left, left), max(self.right, right)

    @property
    def pitch(self) -> int:
        """Rows from a case to the next."""
        return self.length + max(self.left, self.right)

    def overwritten(self) -> Storage:
        """This storage, for an operation that writes over what its maker wrote: it cannot be made again."""
        self.uses.remake = None
        return self

    def stand_on(self, owner: Storage) -> None:
        """Takes the rows of another of this length and width, whose content is never needed at the same time."""
        self._owner = owner

    def stand_in(self, wider: Storage, first: int) -> None:
        """Becomes some channels of a wider storage, from `first` on: what is written here need not be copied there."""
        self._owner, self._first, self.uses.remake = wider, first, None
        wider.reserve(self.left, self.right)
        wider.uses.touched.extend(self.uses.touched)
        wider.uses.kept.extend(self.uses.kept)

    @property
    def stands_in(self) -> bool:
        """Whether it is a part of a wider storage."""
        return self._first is not None

    def allocate(self, dtype: Floating) -> None:
        """Makes the rows, zeros to begin with."""
        if self._owner is not None:
            self._owner.allocate(dtype)
            rows, steps = self._owner._rows, self._owner.steps  # noqa: SLF001 - another of its kind
            self.left, self.right = self._owner.left, self._owner.right
            chosen = slice(None) if self._first is None else slice(self._first, self._first + self.channels)
            self._rows, self._steps = None if rows is None else rows[:, chosen], steps[:, :, chosen]
        if self._rows is not None:
            return
        self._rows = np.zeros((self.left + self.batch * self.pitch + self.right, self.channels), dtype)
        row = self.channels * self._rows.itemsize
        self._steps = as_strided(
            self._rows[self.left :],
            (self.batch, self.length, self.channels),
            (self.pitch * row, row, self._rows.itemsize),
        )

    @property
    def steps(self) -> Array:
        """(N, L, C) view of the cases' own steps."""
        if self._steps is None:
            raise RuntimeError("storage is used before it is allocated")
        return self._steps

    @property
    def contiguous(self) -> bool:
        """No zeros between the cases, nor other channels between the steps: `steps` is one block of N * L rows."""
        return not self.stands_in and (max(self.left, self.right) == 0 or self.batch == 1)

    def windows(self, left: int, kernel: int, stride: int, dilation: int, count: int) -> Array:
        """(N, count, K, C) view: window t of a case begins at its step t * stride - left."""
        return self.strided(-left, (count, kernel), (stride, dilation))

    def strided(self, start: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> Array:
        """(N, *shape, C) view whose axes are so many steps apart, from each case's step `start`, negative in the
        zeros.
        """
        if self._rows is None or start < -self.left:
            raise RuntimeError("a view reaches further left than the storage reserves")
        last = start + sum((count - 1) * step for count, step in zip(shape, steps, strict=True))
        if last >= self.pitch:
            raise RuntimeError("a view reaches further right than the storage reserves")
        case, row, item = self.steps.strides
        strides = (case, *(step * row for step in steps), item)
        return as_strided(self._rows[self.left + start :], (self.batch, *shape, self.channels), strides)

    @property
    def nbytes(self) -> int:
        """Memory of rows of its own."""
        return 0 if self._rows is None or self._owner is not None else self._rows.nbytes


@dataclass(eq=False)
class Lengths:
    """Valid steps of each case: (N,) int64, and the same as a mask (N, L, 1) of ones and zeros.

    `derive` makes the lengths behind a layer from those before it; `update` follows the first ones, once a pass.
    """

    counts: Array
    mask: Array
    parent: Lengths | None = None
    rule: Callable[[Array], Array] | None = None

    @classmethod
    def of(cls, batch: int, length: int, dtype: Floating) -> Lengths:
        return cls(np.full(batch, length, np.int64), np.ones((batch, length, 1), dtype))

    def derive(self, rule: Callable[[Array], Array], length: int) -> Lengths:
        batch = self.counts.shape[0]
        return Lengths(np.zeros(batch, np.int64), np.zeros((batch, length, 1), self.mask.dtype), self, rule)

    def update(self) -> None:
        if self.parent is not None and self.rule is not None:
            self.counts[...] = self.rule(self.parent.counts)
        self.mask[..., 0] = np.arange(self.mask.shape[1]) < self.counts[:, None]


@dataclass(eq=False)
class Activation:
    """A layer's output: values, their gradient (None when nobody needs it), and what may be done with them.

    retained: a backward pass reads the values later, so no later layer may work in place.
    lengths: the valid steps of each case; None when all are. Steps past them are zero, in values and in gradients.
    """

    shape: Shape
    values: Storage
    gradient: Storage | None = None
    retained: bool = False
    lengths: Lengths | None = None

    @property
    def batch(self) -> int:
        return self.values.batch

    @property
    def length(self) -> int:
        return self.values.length

    @property
    def channels(self) -> int:
        return self.values.channels

"""Outlines: what of series decides how they are split, without one of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from model.arrays import Array
from model.data.endings import ends
from model.data.one_behind_another import OneBehindAnother
from model.data.series import Series, Task


@dataclass(frozen=True, eq=False)
class Outline(OneBehindAnother):
    """N cases by their lengths, labels and groups, as `Series` has them.

    seen: (N,) int64, the steps that a network sees of each case: it ends where its padding begins
    """

    offsets: Array
    seen: Array
    classes: tuple[str, ...] | None = None
    labels: Array | None = None
    group_names: tuple[str, ...] | None = None
    groups: Array | None = None

    @classmethod
    def of(cls, series: Series) -> Outline:
        """Of series that are at hand."""
        seen = ends(series.values, series.offsets[:-1], series.lengths)
        return cls(series.offsets, seen, series.classes, series.labels, series.group_names, series.groups)

    def seen_by(self, task: Task) -> tuple[int, int]:
        """The fewest and the most steps of a case; a forecast looks at all of them."""
        lengths = self.lengths if task == "forecasting" else self.seen
        return int(lengths.min()), int(lengths.max())


Cases: TypeAlias = Series | Outline
"""Whatever can be split."""

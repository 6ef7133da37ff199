"""The division of series into what is trained on and what is kept back, by their outline alone.

A job is refused by it before it is queued, and trains by it: what was found possible cannot fail later.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data import windows
from model.data.outline import Outline
from model.data.splits import Split
from model.errors import InvalidSeries
from model.training.cutting import windowing
from model.training.spec import TrainingSpec
from model.training.streams import stream
from model.training.validation import Validation, split_cases


class Division(NamedTuple):
    """split: of the cases, or of the windows that begin at starts, for forecasts; None where nothing is kept back.

    chosen: (n,) int64, cases that statistics come from; kept: (N,) int64, the steps of each case that they come from
    """

    split: Split | None
    chosen: Array
    kept: Array
    starts: Array | None = None


def divide(outline: Outline, spec: TrainingSpec, *, rehearsal: bool = False) -> Division:
    """Split as a resolved spec says, from its seed; InvalidSeries if a side would lack what it needs.

    rehearsal: only to see whether it can be done, of the windows of each case the first and the last are enough
    """
    validation, cut = spec.training.validation or Validation(0.0), windowing(spec.preprocessing)
    forecasts = cut is not None and cut.horizon > 0
    split = None if forecasts and not validation.of_cases else split_cases(outline, validation, stream(spec, "split"))
    chosen = np.arange(outline.cases) if split is None else split.training
    if cut is None or not forecasts:
        _require_classes(outline, chosen)
        return Division(split, chosen, outline.lengths)
    starts = windows.outermost_starts(outline, cut) if rehearsal else windows.window_starts(outline, cut)
    if split is not None:
        return Division(windows.split_by_case(outline, starts, split), chosen, outline.lengths, starts)
    if not validation.fraction:
        return Division(None, chosen, outline.lengths, starts)
    split, kept = windows.split_in_time(outline, starts, cut, validation.fraction)
    return Division(split, np.flatnonzero(kept), kept, starts)


def trained_samples(outline: Outline, spec: TrainingSpec, division: Division) -> int:
    """How many cases, or windows of them, a division leaves to train on, be it of a rehearsal."""
    cut, chosen = windowing(spec.preprocessing), division.chosen
    if cut is None:
        return len(chosen)
    counts = cut.within(division.kept[chosen]) if cut.horizon else cut.counts(outline.seen[chosen])
    return int(counts.sum())


def _require_classes(outline: Outline, chosen: Array) -> None:
    """Of what is trained on; the cases of a class may all have been kept back."""
    if outline.labels is None or outline.classes is None:
        return
    present = np.unique(outline.labels[chosen])
    if len(present) == 1:
        raise InvalidSeries(f"Every case that is left to train on is labelled {outline.classes[present[0]]!r}.")

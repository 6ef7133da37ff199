"""Samples: what a network is trained and validated on, as stretches of flat values with an answer each.

A stretch is a whole case, or one window of a long series; its answer is a class, or numbers in deviations from the
training mean, so that the head starts near where it has to go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data import splits, windows
from model.data.batches import gather
from model.data.endings import ends
from model.data.scaling import Preprocessing
from model.data.series import Series, rows_of
from model.data.windows import Windowing
from model.plan import Plan
from model.training.sections import PreprocessingSection


@dataclass(frozen=True, eq=False)
class Samples:
    """N stretches: rows starts[i] to starts[i] + lengths[i] of values (T, C); answers: (N,) int64 or (N, D) float32."""

    values: Array
    starts: Array
    lengths: Array
    answers: Array
    preprocessing: Preprocessing
    masked: bool

    @property
    def count(self) -> int:
        """How many samples: N."""
        return len(self.starts)

    def select(self, indices: Array) -> Samples:
        """Some of them; the values are shared."""
        return replace(self, starts=self.starts[indices], lengths=self.lengths[indices], answers=self.answers[indices])

    def fill(self, plan: Plan, indices: Array) -> None:
        """Write the preprocessed inputs and the answers of as many samples as the plan's batch holds."""
        gather(self.values, self.starts, self.lengths, indices, self.preprocessing, plan.inputs)
        if plan.lengths is not None:
            plan.lengths[...] = self.lengths[indices]
        plan.targets[:, 0] = self.answers[indices]


class Prepared(NamedTuple):
    """Samples to train on and to validate on, and how answers in numbers were scaled, (D,) float32 each."""

    training: Samples
    held: Samples | None
    preprocessing: Preprocessing
    target_mean: Array | None
    target_deviation: Array | None


def from_cases(
    series: Series, section: PreprocessingSection, fraction: float, generator: np.random.Generator
) -> Prepared:
    """A sample a case, its answer the label or the targets; statistics come from the cases that are trained on.

    Where lengths differ, or cases end in padding, the samples are masked.
    """
    starts = series.offsets[:-1]
    lengths = ends(series.values, starts, series.lengths)
    masked = not series.equal_length or bool((lengths != series.lengths).any())
    split = splits.holdout(series, fraction, generator) if fraction else None
    chosen = np.arange(series.cases) if split is None else split.training
    preprocessing = _fitted(series, section, chosen)
    mean = deviation = None
    answers = series.labels
    if series.targets is not None:
        mean, deviation = _target_moments(series.targets[chosen])
        answers = (series.targets - mean) / deviation
    if answers is None:
        raise ValueError("series to be forecast have no answers of their own")
    samples = Samples(series.values, starts, lengths, answers, preprocessing, masked)
    held = None if split is None else samples.select(split.held)
    return Prepared(samples.select(chosen), held, preprocessing, mean, deviation)


def from_windows(series: Series, section: PreprocessingSection, windowing: Windowing, fraction: float) -> Prepared:
    """A sample a window, its answer the following steps; statistics come from the steps that are trained on."""
    starts = windows.window_starts(series, windowing)
    split, past = None, series
    if fraction:
        split, kept = windows.split_in_time(series, starts, windowing, fraction)
        past = _beginnings(series, kept)
    preprocessing = _fitted(past, section, np.arange(past.cases))
    standard = Preprocessing("channel", "interpolate", preprocessing.mean, preprocessing.deviation)
    values = standard.apply_all(series.values, series.offsets)
    answers = windows.following(values, starts, windowing).reshape(len(starts), -1)
    lengths = np.full(len(starts), windowing.window, np.int64)
    samples = Samples(series.values, starts, lengths, answers, preprocessing, masked=False)
    return Prepared(
        samples if split is None else samples.select(split.training),
        None if split is None else samples.select(split.held),
        preprocessing,
        np.repeat(preprocessing.mean, windowing.horizon),
        np.repeat(preprocessing.deviation, windowing.horizon),
    )


def _fitted(series: Series, section: PreprocessingSection, indices: Array) -> Preprocessing:
    if section.scaling is None or section.missing is None:
        raise ValueError("a trainer takes a resolved spec")
    return Preprocessing.fit(series, section.scaling, section.missing, indices)


def _beginnings(series: Series, kept: Array) -> Series:
    """The first steps of every case; cases of which nothing is kept fall away."""
    some = np.flatnonzero(kept)
    rows, offsets = rows_of(series.offsets[some], kept[some])
    return Series(series.values[rows], offsets, series.channels)


def _target_moments(targets: Array) -> tuple[Array, Array]:
    mean = targets.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = targets.std(axis=0, dtype=np.float64).astype(np.float32)
    return mean, np.where(np.ptp(targets, axis=0) > 0, deviation, np.float32(1))

"""Samples: what a network is trained and validated on, as stretches of flat values with an answer each.

A stretch is a whole case, or one window of a long series; its answer is a class, or numbers in deviations from the
training mean, so that the head starts near where it has to go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from model.arrays import Array
from model.data import windows
from model.data.batches import gather
from model.data.endings import ends
from model.data.scaling import Preprocessing
from model.data.series import Series
from model.data.stretches import filled
from model.data.windows import Windowing
from model.losses.mixed import Mixed
from model.plan import Plan
from model.training.division import Division
from model.training.sections import PreprocessingSection


@dataclass(frozen=True, eq=False)
class Samples:
    """N stretches: rows starts[i] to starts[i] + lengths[i] of values (T, C); answers: (N,) int64 or (N, D) float32.

    class_weights: (K,) float32, how much a case of each class counts; all the same where there are none
    counts: (cases,) int64, how many samples each case was cut into; None where each answers for itself
    """

    values: Array
    starts: Array
    lengths: Array
    answers: Array
    preprocessing: Preprocessing
    masked: bool
    class_weights: Array | None = None
    counts: Array | None = None

    @property
    def count(self) -> int:
        """How many samples: N."""
        return len(self.starts)

    def select(self, indices: Array) -> Samples:
        """Some of them; the values are shared."""
        return replace(self, starts=self.starts[indices], lengths=self.lengths[indices], answers=self.answers[indices])

    def cut(self, windowing: Windowing) -> Samples:
        """Whole cases as windows, each with the answer of its case; masked if a case is shorter than a window."""
        made = windows.cover(self.starts, self.lengths, windowing)
        return replace(
            self,
            starts=made.starts,
            lengths=made.lengths,
            answers=np.repeat(self.answers, made.counts, axis=0),
            masked=bool((made.lengths < windowing.window).any()),
            counts=made.counts,
        )

    def fill(self, plan: Plan, indices: Array) -> None:
        """Write the preprocessed inputs and the answers of as many samples as the plan's batch holds."""
        gather(self.values, self.starts, self.lengths, indices, self.preprocessing, plan.inputs)
        if plan.lengths is not None:
            plan.lengths[...] = self.lengths[indices]
        answers = self.answers[indices]
        if isinstance(plan.loss, Mixed):  # nothing is mixed yet
            plan.targets[:, 0] = np.stack([answers, answers, np.zeros_like(answers)], axis=1)
        else:
            plan.targets[:, 0] = answers
        if self.class_weights is not None:
            plan.weights[...] = self.class_weights[answers]


class Prepared(NamedTuple):
    """Samples to train on and to validate on, and how answers in numbers were scaled, (D,) float32 each."""

    training: Samples
    held: Samples | None
    preprocessing: Preprocessing
    target_mean: Array | None
    target_deviation: Array | None


def from_cases(
    series: Series,
    section: PreprocessingSection,
    division: Division,
    others: Series | None = None,
    windowing: Windowing | None = None,
) -> Prepared:
    """A sample a case, its answer the label or the targets; statistics come from the cases that are trained on.

    Where lengths differ, or cases end in padding, the samples are masked. others: series to validate on. Cases are cut
    into windows, if any, once they are split: all windows of a case stand on one side.
    """
    split, chosen = division.split, division.chosen
    preprocessing = _fitted(series, section, chosen)
    mean = deviation = None
    if series.targets is not None:
        mean, deviation = _target_moments(series.targets[chosen])
    whole = _whole(series, preprocessing, mean, deviation)
    sides = [whole.select(chosen)]
    if split is not None:
        sides.append(whole.select(split.held))
    if others is not None:
        sides.append(_whole(others, preprocessing, mean, deviation))
    if windowing is not None:
        sides = [side.cut(windowing) for side in sides]
    masked = any(side.masked for side in sides)
    training, *held = (replace(side, masked=masked) for side in sides)
    return Prepared(training, held[0] if held else None, preprocessing, mean, deviation)


def from_windows(
    series: Series,
    section: PreprocessingSection,
    windowing: Windowing,
    division: Division,
    others: Series | None = None,
) -> Prepared:
    """A sample a window, its answer the following steps; statistics come from the steps that are trained on."""
    split, chosen, kept, starts = division
    if starts is None:
        raise ValueError("forecasts are divided by windows")
    preprocessing = _fitted(series, section, chosen, kept)
    samples = _windowed(series, starts, windowing, preprocessing)
    held = None if split is None else samples.select(split.held)
    if others is not None:
        held = _windowed(others, windows.window_starts(others, windowing), windowing, preprocessing)
    return Prepared(
        samples if split is None else samples.select(split.training),
        held,
        preprocessing,
        np.repeat(preprocessing.mean, windowing.horizon),
        np.repeat(preprocessing.deviation, windowing.horizon),
    )


def _whole(series: Series, preprocessing: Preprocessing, mean: Array | None, deviation: Array | None) -> Samples:
    """Every case as a sample."""
    starts = series.offsets[:-1]
    lengths = ends(series.values, starts, series.lengths)
    masked = not series.equal_length or bool((lengths != series.lengths).any())
    answers = series.labels if series.targets is None else (series.targets - mean) / deviation
    if answers is None:
        raise ValueError("series to be forecast have no answers of their own")
    return Samples(series.values, starts, lengths, answers, preprocessing, masked)


def _windowed(series: Series, starts: Array, windowing: Windowing, preprocessing: Preprocessing) -> Samples:
    """Every window as a sample; its answer is in deviations from the training mean."""
    standard = Preprocessing("channel", "interpolate", preprocessing.mean, preprocessing.deviation)
    answers = np.empty((len(starts), len(series.channels) * windowing.horizon), np.float32)
    ahead = starts + windowing.window
    for stretch in filled(series, standard, windowing.horizon):
        ours = slice(*np.searchsorted(ahead, (stretch.first, stretch.end)))
        steps = windows.following(stretch.values, starts[ours] - stretch.first, windowing)
        answers[ours] = steps.reshape(len(steps), -1)
    lengths = np.full(len(starts), windowing.window, np.int64)
    return Samples(series.values, starts, lengths, answers, preprocessing, masked=False)


def _fitted(
    series: Series, section: PreprocessingSection, indices: Array, lengths: Array | None = None
) -> Preprocessing:
    if section.scaling is None or section.missing is None:
        raise ValueError("a trainer takes a resolved spec")
    return Preprocessing.fit(series, section.scaling, section.missing, indices, lengths)


def _target_moments(targets: Array) -> tuple[Array, Array]:
    mean = targets.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = targets.std(axis=0, dtype=np.float64).astype(np.float32)
    return mean, np.where(np.ptp(targets, axis=0) > 0, deviation, np.float32(1))

"""The problem: a resolved spec and its series, made into samples, a fresh network and the pipeline it will become."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from model.data.endings import ends
from model.data.scaling import input_channels
from model.data.series import Series, SeriesFacts, Task
from model.data.windows import Windowing
from model.geometry import Shape
from model.losses import LossSpec
from model.network import Network
from model.pipeline import Pipeline
from model.training import defaults
from model.training.architecture import with_head
from model.training.samples import Prepared, Samples, from_cases, from_windows
from model.training.spec import TrainingSpec, head_width, resolve, windowing

STREAMS = ("split", "weights", "order", "dropout")
"""The uses of random numbers: each has its own stream from the seed, so that none disturbs another."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be trained: the samples, and the pipeline with a fresh network."""

    spec: TrainingSpec
    training: Samples
    held: Samples | None
    pipeline: Pipeline

    @property
    def task(self) -> Task:
        """The task of the pipeline."""
        return self.pipeline.task

    @property
    def loss(self) -> LossSpec:
        """What training makes small."""
        return self.spec.training.loss or defaults.LOSSES[self.task]


def pose(series: Series, wanted: TrainingSpec) -> Problem:
    """Resolve the spec, then split, measure and initialize; the same spec and series give the same bits."""
    facts = _facts(series, wanted.task or series.task)
    spec = resolve(wanted, facts)
    network = _network(spec, facts)
    prepared, windows = _prepared(series, spec)
    pipeline = Pipeline(
        task=spec.task or facts.task,
        network=network,
        preprocessing=prepared.preprocessing,
        channels=series.channels,
        classes=series.classes if spec.task == "classification" else None,
        target_mean=prepared.target_mean,
        target_deviation=prepared.target_deviation,
        horizon=None if windows is None else windows.horizon,
        window=None if windows is None else windows.window,
        length=network.length if windows is None else windows.window,
        masked=prepared.training.masked,
    )
    return Problem(spec, prepared.training, prepared.held, pipeline)


def _facts(series: Series, task: Task) -> SeriesFacts:
    """What the series hold, with the lengths that the network sees: a case ends where its padding begins."""
    facts = series.describe()
    if task == "forecasting":
        return facts
    lengths = ends(series.values, series.offsets[:-1], series.lengths)
    return replace(facts, length_min=int(lengths.min()), length_max=int(lengths.max()))


def stream(spec: TrainingSpec, use: str, shard: int = 0) -> np.random.Generator:
    """The random numbers of one use, and of one shard where the use has several."""
    return np.random.default_rng([spec.training.seed or 0, STREAMS.index(use), shard])


def _prepared(series: Series, spec: TrainingSpec) -> tuple[Prepared, Windowing | None]:
    fraction = 0.0 if spec.training.validation is None else spec.training.validation.fraction
    if spec.task == "forecasting":
        windows = windowing(spec.preprocessing)
        return from_windows(series, spec.preprocessing, windows, fraction), windows
    return from_cases(series, spec.preprocessing, fraction, stream(spec, "split")), None


def _network(spec: TrainingSpec, facts: SeriesFacts) -> Network:
    length = windowing(spec.preprocessing).window if spec.task == "forecasting" else facts.length_max
    shape = Shape(input_channels(len(facts.channels), spec.preprocessing.missing), length)
    layers = with_head(spec.network.body(), head_width(spec, facts), shape)
    return Network.initialize(layers, shape.channels, shape.length, stream(spec, "weights"))

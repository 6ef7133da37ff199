"""The problem: a resolved spec and its series, made into samples, a fresh network and the pipeline it will become."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from model.data.endings import ends
from model.data.scaling import input_channels
from model.data.series import Series, SeriesFacts, Task
from model.data.windows import Windowing
from model.errors import InvalidSeries
from model.geometry import Shape
from model.losses import LossSpec
from model.network import Network
from model.pipeline import Pipeline
from model.training import defaults
from model.training.architecture import with_head
from model.training.cutting import seen_lengths, windowing
from model.training.samples import Holdout, Prepared, Samples, from_cases, from_windows
from model.training.spec import TrainingSpec, head_width, quantiles_of, resolve
from model.training.validation import Validation, split_cases, unfit

STREAMS = ("split", "weights", "order", "dropout", "augmentation")
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


def pose(series: Series, wanted: TrainingSpec, others: Series | None = None) -> Problem:
    """Resolve the spec, then split, measure and initialize; the same spec and series give the same bits.

    others: the series to validate on, where the spec names a dataset for it
    """
    facts = _facts(series, wanted.task or series.task)
    spec = resolve(wanted, facts)
    network = _network(spec, facts)
    prepared, windows = _prepared(
        series, spec, None if others is None else _alike(others, series, spec.task or facts.task)
    )
    pipeline = Pipeline(
        task=spec.task or facts.task,
        network=network,
        preprocessing=prepared.preprocessing,
        channels=series.channels,
        classes=series.classes if spec.task == "classification" else None,
        target_mean=prepared.target_mean,
        target_deviation=prepared.target_deviation,
        horizon=spec.preprocessing.horizon,
        window=None if windows is None else windows.window,
        stride=None if windows is None or windows.horizon else windows.stride,
        length=windows.window if windows is not None and windows.horizon else network.length,
        masked=prepared.training.masked,
        quantiles=quantiles_of(spec),
    )
    return Problem(spec, *_weighted(prepared, spec, pipeline), pipeline)


def _weighted(prepared: Prepared, spec: TrainingSpec, pipeline: Pipeline) -> tuple[Samples, Samples | None]:
    """Both sides with the weights of their classes, which are told from what is trained on."""
    training, held, chosen = prepared.training, prepared.held, spec.training.class_weights
    if chosen is None or pipeline.classes is None:
        return training, held
    weights = chosen.of(training.answers, len(pipeline.classes))
    return replace(training, class_weights=weights), None if held is None else replace(held, class_weights=weights)


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


def _prepared(series: Series, spec: TrainingSpec, others: Series | None) -> tuple[Prepared, Windowing | None]:
    validation = spec.training.validation or Validation(0.0)
    if (others is None) != (validation.dataset is None):
        raise ValueError("series to validate on go with a spec that names their dataset")
    windows = windowing(spec.preprocessing)
    if windows is None or not windows.horizon:
        split = split_cases(series, validation, stream(spec, "split"))
        return from_cases(series, spec.preprocessing, split, others, windows), windows
    split = split_cases(series, validation, stream(spec, "split")) if validation.of_cases else None
    hold = Holdout(split, validation.fraction or 0.0, others)
    return from_windows(series, spec.preprocessing, windows, hold), windows


def _alike(others: Series, series: Series, task: Task) -> Series:
    """The series to validate on with the classes of those to train on, once they are seen to fit."""
    fault = unfit(others.describe(), series.describe(), task)
    if fault is not None:
        raise InvalidSeries(fault)
    if task != "classification" or series.classes is None:
        return others
    return replace(others, classes=series.classes, labels=others.labels_among(series.classes))


def _network(spec: TrainingSpec, facts: SeriesFacts) -> Network:
    _, longest = seen_lengths(spec.preprocessing, facts)
    shape = Shape(input_channels(len(facts.channels), spec.preprocessing.missing), longest)
    layers = with_head(spec.network.body(), head_width(spec, facts), shape)
    return Network.initialize(layers, shape.channels, shape.length, stream(spec, "weights"))

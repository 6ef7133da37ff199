"""The problem: a settled spec and its series, made into samples, a fresh network and the pipeline it will become."""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.data.outline import Outline
from model.data.scaling import input_channels
from model.data.series import Series, Task
from model.data.windows import Windowing
from model.geometry import Shape
from model.losses import LossSpec
from model.network import Network
from model.pipeline import Pipeline
from model.training import defaults
from model.training.architecture import with_head
from model.training.cutting import seen_lengths, windowing
from model.training.division import divide
from model.training.samples import Prepared, Samples, from_cases, from_windows
from model.training.spec import TrainingSpec, answers_of, head_width, quantiles_of
from model.training.streams import stream
from model.training.validation import Validation, overlap, remarks


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be trained: the samples, the pipeline with a fresh network, and what is odd about it."""

    spec: TrainingSpec
    training: Samples
    held: Samples | None
    pipeline: Pipeline
    remarks: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """The task of the pipeline."""
        return self.pipeline.task

    @property
    def loss(self) -> LossSpec:
        """What training makes small."""
        return self.spec.training.loss or defaults.LOSSES[self.task]


def pose(series: Series, spec: TrainingSpec, others: Series | None = None) -> Problem:
    """Split, measure and initialize as a settled spec says; the same spec and series give the same bits.

    others: the series to validate on, where the spec names a dataset for it
    """
    task, outline = spec.task or series.task, Outline.of(series)
    network = _network(spec, series, outline, task)
    prepared, windows = _prepared(series, outline, spec, None if others is None else _alike(others, series, task))
    pipeline = Pipeline(
        task=task,
        network=network,
        preprocessing=prepared.preprocessing,
        channels=series.channels,
        classes=series.classes if task == "classification" else None,
        target_mean=prepared.target_mean,
        target_deviation=prepared.target_deviation,
        horizon=spec.preprocessing.horizon,
        window=None if windows is None else windows.window,
        stride=None if windows is None or windows.horizon else windows.stride,
        length=windows.window if windows is not None and windows.horizon else network.length,
        masked=prepared.training.masked,
        quantiles=quantiles_of(spec),
    )
    uneven = _unevenness(series, spec, task)
    odd = (*uneven, *remarks(_validation(spec), outline), *(() if others is None else overlap(series, others)))
    return Problem(spec, *_weighted(prepared, spec, pipeline), pipeline, odd)


def _unevenness(series: Series, spec: TrainingSpec, task: Task) -> tuple[str, ...]:
    """Why cases are scaled by themselves where their strength differs by orders of magnitude."""
    found = series.strength if spec.preprocessing.scaling == "instance" and task == "classification" else None
    if found is None or found.decades < defaults.UNEVEN_DECADES:
        return ()
    remark = (
        f"Each case is scaled by itself: deviations of nine in ten cases lie between {found.low:.3g} and "
        f"{found.high:.3g}, so that on one scale the weak ones would be flat. What strength tells is hidden by it; "
        'preprocessing.scaling "channel" shows it.'
    )
    return (remark,)


def _weighted(prepared: Prepared, spec: TrainingSpec, pipeline: Pipeline) -> tuple[Samples, Samples | None]:
    """Both sides with the weights of their classes, which are told from what is trained on."""
    training, held, chosen = prepared.training, prepared.held, spec.training.class_weights
    if chosen is None or pipeline.classes is None:
        return training, held
    weights = chosen.of(training.answers, len(pipeline.classes))
    return replace(training, class_weights=weights), None if held is None else replace(held, class_weights=weights)


def _prepared(
    series: Series, outline: Outline, spec: TrainingSpec, others: Series | None
) -> tuple[Prepared, Windowing | None]:
    if (others is None) != (_validation(spec).dataset is None):
        raise ValueError("series to validate on go with a spec that names their dataset")
    windows, division = windowing(spec.preprocessing), divide(outline, spec)
    if windows is None or not windows.horizon:
        return from_cases(series, spec.preprocessing, division, others, windows), windows
    return from_windows(series, spec.preprocessing, windows, division, others), windows


def _validation(spec: TrainingSpec) -> Validation:
    return spec.training.validation or Validation(0.0)


def _alike(others: Series, series: Series, task: Task) -> Series:
    """The series to validate on with the classes of those to train on."""
    if task != "classification" or series.classes is None:
        return others
    return replace(others, classes=series.classes, labels=others.labels_among(series.classes))


def _network(spec: TrainingSpec, series: Series, outline: Outline, task: Task) -> Network:
    channels = len(series.channels)
    _, longest = seen_lengths(spec.preprocessing, outline.seen_by(task))
    shape = Shape(input_channels(channels, spec.preprocessing.missing), longest)
    answers = answers_of(task, series.classes, series.target_width)
    layers = with_head(spec.network.body(), head_width(spec, channels, answers), shape)
    return Network.initialize(layers, shape.channels, shape.length, stream(spec, "weights"))

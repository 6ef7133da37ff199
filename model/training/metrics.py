"""How good a pipeline is on series with answers, and what is told of every epoch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.arrays import Array
from model.data import windows
from model.data.blocks import BLOCK, release
from model.data.series import Series
from model.errors import InvalidSeries
from model.pipeline import Pipeline, Predictor, median
from model.training.class_metrics import Confusion, Metrics, classification, confusion
from model.training.value_metrics import ForecastErrors, coverage, forecasting, pinball, regression


def evaluate(
    pipeline: Pipeline, series: Series, predictor: Predictor | None = None
) -> tuple[Metrics, Confusion | None]:
    """The metrics of a pipeline on series with answers; classification also has its confusion.

    Forecasts are made from every window of the series, one horizon apart. InvalidSeries where nothing can be compared,
    or where a label is not one that the pipeline knows.
    """
    predictor = predictor or Predictor(pipeline)
    if len(series.channels) != len(pipeline.channels):
        raise InvalidSeries(
            f"The series have {len(series.channels)} channels; the model takes {len(pipeline.channels)}."
        )
    if pipeline.horizon is not None:
        return _forecast(pipeline, series, predictor), None
    restored = predictor.outputs(series.values, series.offsets[:-1], series.lengths)
    if pipeline.classes is not None:
        labels = series.labels_among(pipeline.classes)
        answered = restored.argmax(axis=1)
        return classification(labels, restored), confusion(labels, answered, pipeline.classes)
    width = restored.shape[1] // len(pipeline.quantiles or (None,))
    if series.targets is None or series.targets.shape[1] != width:
        raise InvalidSeries(f"The series need {width} targets a case to compare the model's answers with.")
    return _of_numbers(pipeline, series.targets, restored, regression), None


def epoch_metrics(pipeline: Pipeline, answers: Array, outputs: Array, counts: Array | None = None) -> Metrics:
    """What a report tells of an epoch, from the head's outputs (M, K) and the answers they were trained towards.

    counts: (N,) int64, of each case's windows where there are any: it is their mean that is right or wrong
    """
    if pipeline.horizon is not None:
        return _of_forecasts(pipeline, answers, outputs)
    restored = windows.means(pipeline.restore(outputs), counts)
    answers = windows.firsts(answers, counts)
    if pipeline.task == "classification":
        return {"accuracy": float((restored.argmax(axis=1) == answers).mean())}
    return _of_numbers(pipeline, pipeline.in_units(answers), restored, forecasting, spread=False)


def _of_forecasts(pipeline: Pipeline, answers: Array, outputs: Array) -> Metrics:
    """The same for as many numbers as forecasts have, some windows at a time."""
    without_median = pipeline.quantiles is not None and median(pipeline.quantiles) is None
    errors = ForecastErrors(pipeline.quantiles if without_median else None)
    for rows in np.array_split(np.arange(len(outputs)), -(-outputs.size // BLOCK)):
        part = slice(rows[0], rows[-1] + 1)
        restored = pipeline.restore(outputs[part])
        errors.add(pipeline.in_units(answers[part]), pipeline.central(restored), restored)
    return errors.metrics()


def validation_metrics(pipeline: Pipeline, truth: Array, outputs: Array, counts: Array | None = None) -> Metrics:
    """Everything that what was kept back tells of a trained pipeline, from the head's outputs (M, K).

    truth: (M,) int64 classes, or (M, D) in the targets' own units; counts: as above
    """
    restored = windows.means(pipeline.restore(outputs), counts)
    truth = windows.firsts(truth, counts)
    if pipeline.task == "classification":
        return classification(truth, restored)
    measure = regression if pipeline.task == "regression" else forecasting
    return _of_numbers(pipeline, truth, restored, measure)


def _forecast(pipeline: Pipeline, series: Series, predictor: Predictor) -> Metrics:
    """Of every window, one horizon apart; some at a time, so that series may be larger than memory."""
    windowing = pipeline.windowing
    if windowing is None:
        raise ValueError("only forecasts have windows")
    starts = windows.window_starts(series, windowing)
    errors = ForecastErrors(pipeline.quantiles)
    for part in np.array_split(starts, -(-len(starts) * pipeline.network.output_width // BLOCK)):
        truth = windows.following(series.values, part, windowing).reshape(len(part), -1)
        restored = predictor.outputs(series.values, part, np.full(len(part), windowing.window, np.int64))
        errors.add(truth, pipeline.central(restored), restored)
        release(series.values)
    return errors.metrics()


def _of_numbers(
    pipeline: Pipeline,
    truth: Array,
    restored: Array,
    measure: Callable[[Array, Array], Metrics],
    *,
    spread: bool = True,
) -> Metrics:
    """Of the plain answers, where there are any; of their quantiles, if asked for or where they are all there is."""
    central = pipeline.central(restored)
    found = {} if central is None else measure(truth, central)
    if pipeline.quantiles is None or (found and not spread):
        return found
    values = restored.reshape(*truth.shape, len(pipeline.quantiles))
    return found | {"pinball": pinball(truth, values, pipeline.quantiles), "coverage": coverage(truth, values)}

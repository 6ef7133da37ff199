"""What clients see of the service's records, the same over both protocols."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from api_schemas.rest import inference as inference_schemas
from api_schemas.rest import training_jobs as job_schemas
from api_schemas.rest.schema import Page as PageSchema
from api_schemas.rest.schema import Schema
from model.pipeline import quantile_name
from model.training.backtest import Backtest
from service.domain.datasets import Evaluation
from service.domain.inference import InferResult, Tensor
from service.domain.jobs import EpochRecord, Job
from service.domain.models import Signature
from service.domain.pages import Page

Record = TypeVar("Record")
View = TypeVar("View", bound=Schema)


def page(records: Page[Record], view: Callable[[Record], View]) -> PageSchema[View]:
    """A page of views."""
    return PageSchema(items=[view(record) for record in records.items], next_cursor=records.next_cursor)


def job_summary(record: Job) -> job_schemas.TrainingJobSummary:
    """A job as a list shows it."""
    return job_schemas.TrainingJobSummary(**_job(record))


def job(record: Job, history: Sequence[EpochRecord]) -> job_schemas.TrainingJob:
    """A job with its spec and every recorded epoch."""
    reports = [
        job_schemas.EpochReport(
            epoch=epoch.epoch, epochs=epoch.epochs, metrics=dict(epoch.metrics), seconds=epoch.seconds
        )
        for epoch in history
    ]
    return job_schemas.TrainingJob(**_job(record), spec=dict(record.spec), history=reports)


def _job(record: Job) -> dict[str, Any]:
    failure = record.failure
    error = failure and job_schemas.JobError(
        code=failure.code.value, message=failure.message, epoch=failure.epoch, step=failure.step
    )
    return {
        "id": record.id,
        "state": record.state.value,
        "model": record.model,
        "version": record.version,
        "dataset": record.dataset,
        "epoch": record.epoch,
        "epochs": record.epochs,
        "metrics": None if record.metrics is None else dict(record.metrics),
        "error": error,
        "priority": record.priority,
        "time_limit": record.time_limit,
        "seconds": record.seconds,
        "attempt": record.attempt,
        "crashes": record.crashes,
        "created_at": record.created_at,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "reproduces": record.reproduces,
        "reproduction": _reproduction(record.reproduction or {}),
    }


def _reproduction(told: Mapping[str, Any]) -> job_schemas.Reproduction | None:
    """How weights compare; None as long as there is nothing to compare."""
    if "found" not in told:
        return None
    recorded = told["recorded"]["weights_sha256"]
    differences = {
        name: job_schemas.Difference(recorded=before, found=now) for name, (before, now) in told["differences"].items()
    }
    return job_schemas.Reproduction(
        identical=recorded == told["found"],
        recorded_sha256=recorded,
        found_sha256=told["found"],
        differences=differences,
    )


def evaluation(model: str, version: int, record: Evaluation) -> inference_schemas.Evaluation:
    """How a version did on a dataset."""
    confusion, tested = record.confusion, record.backtest
    return inference_schemas.Evaluation(
        model=model,
        version=version,
        cases=record.cases,
        metrics=dict(record.metrics),
        confusion=None if confusion is None else {label: dict(row) for label, row in confusion.items()},
        backtest=None if tested is None else _backtest(tested),
    )


def _backtest(tested: Backtest) -> inference_schemas.Backtest:
    return inference_schemas.Backtest(
        origins=tested.origins,
        step=tested.step,
        seasonality=tested.seasonality,
        baselines={name: dict(metrics) for name, metrics in tested.baselines.items()},
    )


def predictions(result: InferResult) -> inference_schemas.PredictResponse:
    """One prediction a case, with labels in place of indices."""
    draft = result.version.draft
    rows = PREDICTIONS[draft.signature.task](result.outputs, draft.signature)
    return inference_schemas.PredictResponse(model=draft.model, version=result.version.number, predictions=rows)


def _classified(outputs: Mapping[str, Tensor], signature: Signature) -> list[inference_schemas.Prediction]:
    classes = signature.classes or ()
    return [
        inference_schemas.Prediction(label=str(label), probabilities=dict(zip(classes, row, strict=True)))
        for label, row in zip(outputs["label"], _plain(outputs["probabilities"]), strict=True)
    ]


def _regressed(outputs: Mapping[str, Tensor], signature: Signature) -> list[inference_schemas.Prediction]:
    rows = _answered("value", outputs, signature)
    return [inference_schemas.Prediction(value=value, quantiles=quantiles) for value, quantiles in rows]


def _forecast(outputs: Mapping[str, Tensor], signature: Signature) -> list[inference_schemas.Prediction]:
    rows = _answered("forecast", outputs, signature)
    return [inference_schemas.Prediction(forecast=case, quantiles=quantiles) for case, quantiles in rows]


def _answered(
    name: str, outputs: Mapping[str, Tensor], signature: Signature
) -> Iterator[tuple[Any, dict[str, Any] | None]]:
    """For each case its plain answer and its quantiles by their shares; None where the version has them not."""
    columns = {f"{each:g}": _plain(outputs[quantile_name(name, each)]) for each in signature.quantiles or ()}
    plain = _plain(outputs[name]) if name in outputs else [None] * len(next(iter(outputs.values())))
    for case, value in enumerate(plain):
        yield value, {share: values[case] for share, values in columns.items()} or None


def _plain(values: Tensor) -> list[Any]:
    """Nested lists of floats, through float64 so that a float32 prints with all its digits."""
    plain: list[Any] = np.asarray(values, dtype=np.float64).tolist()
    return plain


PREDICTIONS = {"classification": _classified, "regression": _regressed, "forecasting": _forecast}

"""What clients see of datasets, the same over both protocols."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from api_schemas.rest import dataset_reports as report_schemas
from api_schemas.rest import datasets as schemas
from service.domain.datasets import Dataset, DatasetReport
from service.domain.reports import Comparison, Examination


def preview(report: DatasetReport) -> schemas.DatasetPreview:
    """What was understood of a file."""
    return schemas.DatasetPreview(**_understood(report), **_examined(report.examination))


def dataset(record: Dataset, models: Sequence[str]) -> schemas.Dataset:
    """A stored dataset, with the models that have a version trained on its content."""
    return _dataset(record, record.report.examination, list(models))


def listed(record: Dataset) -> schemas.Dataset:
    """A stored dataset as a list shows it: without its report, which has an entry for each channel."""
    return _dataset(record, None, None)


def comparison(record: Comparison) -> report_schemas.Comparison:
    """Two datasets side by side."""
    return report_schemas.Comparison.model_validate(_plain(asdict(record)))


def _dataset(record: Dataset, examination: Examination | None, models: list[str] | None) -> schemas.Dataset:
    return schemas.Dataset(
        id=record.id,
        name=record.name,
        models=models,
        created_at=record.created_at,
        **_understood(record.report),
        **_examined(examination),
    )


def _understood(report: DatasetReport) -> dict[str, Any]:
    facts = report.facts
    target = facts.target
    return {
        "digest": report.digest,
        "format": report.format,
        "task": facts.task,
        "cases": facts.cases,
        "channels": list(facts.channels),
        "length": schemas.LengthRange(min=facts.length_min, max=facts.length_max),
        "labels": None if facts.labels is None else dict(facts.labels),
        "target": None if target is None else schemas.TargetRange(**target),
        "missing": facts.missing,
        "groups": None if facts.groups is None else dict(facts.groups),
        "warnings": list(report.warnings),
    }


def _examined(examination: Examination | None) -> dict[str, Any]:
    if examination is None:
        return {"reading": None, "report": None}
    plain = _plain(asdict(examination))
    return {
        "reading": report_schemas.DatasetReading.model_validate(plain.pop("reading")),
        "report": report_schemas.Report.model_validate(plain),
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    """Tuples as lists, as the schemas have them."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list | tuple) else value

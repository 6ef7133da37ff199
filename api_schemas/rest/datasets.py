"""Datasets: what was understood of an uploaded file."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api_schemas.rest.dataset_reports import DatasetReading, Report
from api_schemas.rest.schema import Schema, example

Task = Literal["classification", "regression", "forecasting"]

UNDERSTOOD = {
    "digest": "9f2d6c0b6c1e8f0c8c9a3b5d7e1f2a4b6c8d0e2f4a6b8c0d2e4f6a8b0c2d4e6f",
    "format": "ts",
    "task": "classification",
    "cases": 40,
    "channels": ["dim_0", "dim_1", "dim_2", "dim_3", "dim_4", "dim_5"],
    "length": {"min": 100, "max": 100},
    "labels": {"Badminton": 10, "Running": 10, "Standing": 10, "Walking": 10},
    "target": None,
    "missing": 0,
    "groups": None,
    "warnings": [],
    "reading": {"form": "cases", "columns": [], "parameters": {}, "alternatives": []},
    "report": {"channels": [], "findings": []},
}


class LengthRange(Schema):
    """The shortest and the longest series, in steps."""

    min: int
    max: int


class TargetRange(Schema):
    """The values to be regressed."""

    min: float
    max: float
    mean: float


class DatasetPreview(Schema):
    """What was understood of a file, without keeping it."""

    model_config = example(UNDERSTOOD)

    digest: str = Field(description="SHA-256 of the content as understood, independent of the file's format.")
    format: str
    task: Task
    cases: int
    channels: list[str]
    length: LengthRange
    labels: dict[str, int] | None = Field(description="Cases by label; null unless the task is classification.")
    target: TargetRange | None = Field(description="Null unless the task is regression.")
    missing: int = Field(description="How many values are missing.")
    groups: dict[str, int] | None = Field(
        description="Cases by group, such as a subject; null where the file has none."
    )
    warnings: list[str] = Field(description="What is odd, in sentences: the details of the report, and notes.")
    reading: DatasetReading | None = Field(
        description="How the file was understood; null in lists, and for datasets kept before it was told."
    )
    report: Report | None = Field(description="What the channels hold and what is odd; null as `reading` is.")


class Dataset(DatasetPreview):
    """An immutable, checked and stored set of series."""

    model_config = example(
        {
            "id": "ds_06f3k2v9b1xw8m4q7t5n0rzhce",
            "name": "motions",
            **UNDERSTOOD,
            "models": ["gestures"],
            "created_at": "2026-01-05T12:00:00Z",
        }
    )

    id: str
    name: str
    models: list[str] | None = Field(description="Those with a version trained on this content; null in lists.")
    created_at: datetime

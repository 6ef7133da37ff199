"""Models: published versions and the aliases that point at them."""

from datetime import datetime

from pydantic import Field

from api_schemas.rest.datasets import Task
from api_schemas.rest.schema import JsonObject, Schema, example


class OnnxFile(Schema):
    """The ONNX twin of a version, or why there is none."""

    available: bool
    size: int | None = Field(description="In bytes.")
    sha256: str | None
    largest_difference: float | None = Field(
        description="Between ONNX Runtime's answers and ours, when it was exported."
    )
    error: str | None


class ModelSignature(Schema):
    """What a version takes and gives."""

    task: Task
    channels: list[str]
    length: int | None = Field(description="The only length it takes; null if any.")
    classes: list[str] | None
    targets: int | None
    horizon: int | None
    quantiles: list[float] | None
    window: int | None = Field(description="The steps that a forecast looks at, or those of a case's windows.")
    stride: int | None = Field(description="From window to window of a case, whose answer is the mean of theirs.")


VERSION = {
    "model": "gestures",
    "version": 1,
    "job": "job_06f3k2v9b1xw8m4q7t5n0rzhce",
    "dataset": "ds_06f3k2v9b1xw8m4q7t5n0rzhce",
    "dataset_digest": "9f2d6c0b6c1e8f0c8c9a3b5d7e1f2a4b6c8d0e2f4a6b8c0d2e4f6a8b0c2d4e6f",
    "validation_dataset": None,
    "validation_dataset_digest": None,
    "signature": {
        "task": "classification",
        "channels": ["x", "y", "z"],
        "length": None,
        "classes": ["Running", "Walking"],
        "targets": None,
        "horizon": None,
        "quantiles": None,
        "window": None,
        "stride": None,
    },
    "metrics": {"loss": 0.03, "accuracy": 0.99},
    "onnx": {"available": True, "size": 1092345, "sha256": "5e88...", "largest_difference": 2.4e-07, "error": None},
    "spec": {"task": "classification", "network": {"recipe": "fcn"}},
    "lineage": {"seed": 0, "code_version": "0.1.0"},
    "parent": None,
    "aliases": ["production"],
    "notes": "",
    "tags": {"owner": "motion"},
    "created_at": "2026-01-05T12:00:09Z",
}


class ModelVersion(Schema):
    """A published version; but for its notes, tags and aliases it never changes."""

    model_config = example(VERSION)

    model: str
    version: int
    job: str
    dataset: str
    dataset_digest: str
    validation_dataset: str | None = Field(description="What it was validated on; null if cases were kept back.")
    validation_dataset_digest: str | None
    signature: ModelSignature
    metrics: JsonObject
    onnx: OnnxFile
    spec: JsonObject
    lineage: JsonObject
    parent: int | None = Field(description="The version that the same job published before it was resumed.")
    aliases: list[str]
    notes: str
    tags: dict[str, str]
    created_at: datetime


class Model(Schema):
    """A name with its versions."""

    model_config = example(
        {
            "name": "gestures",
            "latest": VERSION,
            "versions": [1],
            "aliases": {"production": 1},
            "notes": "",
            "tags": {},
            "keep_versions": None,
            "created_at": "2026-01-05T12:00:09Z",
        }
    )

    name: str
    latest: ModelVersion
    versions: list[int]
    aliases: dict[str, int]
    notes: str
    tags: dict[str, str]
    keep_versions: int | None = Field(description="How many of its newest are kept; null: as the service is set.")
    created_at: datetime

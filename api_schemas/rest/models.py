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


class ModelVersion(Schema):
    """A published version; it never changes."""

    model: str
    version: int
    job: str
    dataset: str
    dataset_digest: str
    signature: ModelSignature
    metrics: JsonObject
    onnx: OnnxFile
    spec: JsonObject
    lineage: JsonObject
    created_at: datetime


class Model(Schema):
    """A name with its versions."""

    name: str
    latest: ModelVersion
    versions: list[int]
    aliases: dict[str, int]
    created_at: datetime


class AliasRequest(Schema):
    """Where an alias shall point."""

    model_config = example({"version": 2})

    version: int = Field(ge=1, le=2**31 - 1)

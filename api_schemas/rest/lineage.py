"""Where versions come from, and what became of datasets."""

from typing import Literal

from pydantic import Field

from api_schemas.rest.schema import Schema, example
from api_schemas.rest.training_jobs import State

Role = Literal["training", "validation"]


class JobReference(Schema):
    """A training job, as lineage names it."""

    id: str
    state: State
    model: str
    version: int | None = Field(description="The version it has published, the last of several.")
    reproduces: int | None = Field(description="The version it trains again.")
    identical: bool | None = Field(description="Of such a job: whether the same weights came out; null if not known.")


class DatasetJobReference(JobReference):
    """A training job, as the lineage of a dataset names it."""

    roles: list[Role] = Field(description="What it used the dataset's content for.")


class VersionReference(Schema):
    """A version, as the lineage of a dataset names it."""

    model: str
    version: int
    aliases: list[str]
    roles: list[Role] = Field(description="What the dataset's content was used for.")


class DatasetReference(Schema):
    """A dataset, as lineage names it."""

    id: str = Field(description="What it was when the version was trained.")
    digest: str | None = Field(description="Null only for a job of an earlier release whose dataset is gone.")
    available: str | None = Field(description="The name of a dataset that has this content now; null if none has.")


JOB = {
    "id": "job_06f3k2v9b1xw8m4q7t5n0rzhce",
    "state": "SUCCEEDED",
    "model": "gestures",
    "version": 1,
    "reproduces": None,
    "identical": None,
}
DIGEST = "9f2d6c0b6c1e8f0c8c9a3b5d7e1f2a4b6c8d0e2f4a6b8c0d2e4f6a8b0c2d4e6f"


class DatasetLineage(Schema):
    """What became of a dataset's content: at most the 200 newest jobs and versions."""

    model_config = example(
        {
            "dataset": "ds_06f3k2v9b1xw8m4q7t5n0rzhce",
            "digest": DIGEST,
            "models": ["gestures"],
            "versions": [{"model": "gestures", "version": 1, "aliases": ["production"], "roles": ["training"]}],
            "jobs": [{**JOB, "roles": ["training"]}],
        }
    )

    dataset: str
    digest: str
    models: list[str] = Field(description="The models that have a version trained or validated on it.")
    versions: list[VersionReference] = Field(description="Newest first.")
    jobs: list[DatasetJobReference] = Field(description="Newest first.")


class ModelVersionLineage(Schema):
    """Where a version comes from, and what came of it."""

    model_config = example(
        {
            "model": "gestures",
            "version": 1,
            "aliases": ["production"],
            "dataset": {"id": "ds_06f3k2v9b1xw8m4q7t5n0rzhce", "digest": DIGEST, "available": "motions"},
            "validation_dataset": None,
            "job": JOB,
            "parent": None,
            "children": [],
            "reproductions": [],
        }
    )

    model: str
    version: int
    aliases: list[str]
    dataset: DatasetReference
    validation_dataset: DatasetReference | None = Field(
        description="What it was validated on; null if cases were kept back."
    )
    job: JobReference
    parent: int | None = Field(description="The version that its job published before it was resumed.")
    children: list[int] = Field(description="The versions that its job published after it.")
    reproductions: list[JobReference] = Field(description="The jobs that trained it again, newest first.")

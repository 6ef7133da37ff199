"""Training jobs: what is asked for, and how far it has come."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api_schemas.rest.datasets import Task
from api_schemas.rest.schema import JsonObject, Name, Schema, example

State = Literal["QUEUED", "RUNNING", "CANCELLING", "CANCELLED", "SUCCEEDED", "FAILED"]


class TrainingJobRequest(Schema):
    """A model to be trained on a dataset; only `model` and `dataset` are required."""

    model_config = example(
        {
            "model": "gestures",
            "dataset": "motions",
            "task": "classification",
            "network": {"recipe": "fcn"},
            "preprocessing": {"scaling": "channel", "missing": "interpolate"},
            "training": {
                "epochs": 100,
                "batch_size": 16,
                "optimizer": {"kind": "adam", "learning_rate": 0.001},
                "validation": {"fraction": 0.2},
                "early_stopping": {"patience": 20},
                "seed": 0,
            },
        }
    )

    model: Name = Field(description="The model that gets a new version.")
    dataset: Name = Field(description="A dataset's identifier or name.")
    task: Task | None = Field(default=None, description="By default what the dataset is made for.")
    priority: int = Field(
        default=0, ge=-100, le=100, description="Among waiting jobs the highest goes first, of equals the oldest."
    )
    time_limit: float | None = Field(
        default=None,
        gt=0,
        le=31_622_400,
        description=(
            "Seconds of training, over all attempts, without the time in the queue. Then training ends, and what the "
            "last recorded epoch led to is published; with no epoch, the job fails with `time_limit`."
        ),
    )
    network: JsonObject | None = Field(
        default=None,
        description=(
            'A recipe with its options, `{"recipe": "fcn"}`, or the body as layers, '
            '`{"layers": [{"kind": "conv1d", "out_channels": 32, "kernel": 7, "padding": "same"}, {"kind": "relu"}]}`. '
            "The head of the task is added by the service."
        ),
    )
    preprocessing: JsonObject | None = Field(
        default=None,
        description="How series are scaled, their gaps filled and windows cut; each member has a default.",
    )
    training: JsonObject | None = Field(
        default=None,
        description="Epochs, batch size, optimizer, validation, early stopping and seed; each has a default.",
    )


class ResumeRequest(Schema):
    """How to go on with a job that has ended."""

    model_config = example({"epochs": 200})

    epochs: int | None = Field(default=None, ge=1, description="The new total; by default the old one.")
    time_limit: float | None = Field(
        default=None, gt=0, le=31_622_400, description="Seconds from now on; by default as many as before."
    )


class JobError(Schema):
    """Why a job failed."""

    code: str = Field(examples=["diverged"])
    message: str
    epoch: int | None = Field(default=None, description="The epoch, from 1, in which it diverged.")
    step: int | None = Field(default=None, description="The step, from 1, in which it diverged.")


class EpochReport(Schema):
    """One recorded epoch."""

    epoch: int = Field(description="Counted from 1.")
    epochs: int
    metrics: dict[str, float]
    seconds: float


class Difference(Schema):
    """A member of the environment that is not what it was."""

    recorded: Any
    found: Any


class Reproduction(Schema):
    """Whether the same weights came out when a version was trained again."""

    identical: bool = Field(description="Bit for bit.")
    recorded_sha256: str = Field(description="Of the version's weights.")
    found_sha256: str = Field(description="Of the weights of this job.")
    differences: dict[str, Difference] = Field(
        description="What of the environment has changed that may change the last bits of a sum."
    )


class TrainingJobSummary(Schema):
    """A training job, as a list shows it."""

    id: str
    state: State
    model: str
    version: int | None = Field(description="The version it has published; null until it has succeeded.")
    dataset: str
    epoch: int = Field(description="How many epochs are recorded.")
    epochs: int
    metrics: dict[str, float] | None = Field(description="Those of the last recorded epoch.")
    error: JobError | None
    priority: int
    time_limit: float | None = Field(description="Seconds of training after which it ends with what it has.")
    seconds: float = Field(description="What its recorded epochs took since it was submitted or resumed.")
    attempt: int = Field(description="How often it was taken up.")
    crashes: int = Field(description="How often its process has died; the third time the job fails as `crashed`.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    reproduces: int | None = Field(description="The version that is trained again; null for a job that publishes one.")
    reproduction: Reproduction | None = Field(description="How its weights compare; null until it has succeeded.")


class TrainingJob(TrainingJobSummary):
    """A training job with everything it was told and everything it has recorded."""

    model_config = example(
        {
            "id": "job_06f3k2v9b1xw8m4q7t5n0rzhce",
            "state": "SUCCEEDED",
            "model": "gestures",
            "version": 1,
            "dataset": "ds_06f3k2v9b1xw8m4q7t5n0rzhce",
            "epoch": 1,
            "epochs": 1,
            "metrics": {"loss": 0.41, "accuracy": 0.93},
            "error": None,
            "priority": 0,
            "time_limit": None,
            "seconds": 0.2,
            "attempt": 1,
            "crashes": 0,
            "created_at": "2026-01-05T12:00:00Z",
            "started_at": "2026-01-05T12:00:01Z",
            "finished_at": "2026-01-05T12:00:09Z",
            "reproduces": None,
            "reproduction": None,
            "spec": {"task": "classification", "network": {"recipe": "fcn"}},
            "history": [{"epoch": 1, "epochs": 1, "metrics": {"loss": 0.41, "accuracy": 0.93}, "seconds": 0.2}],
        }
    )

    spec: JsonObject = Field(description="The request with every default filled in.")
    history: list[EpochReport]

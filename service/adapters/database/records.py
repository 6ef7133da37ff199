"""Rows to domain records and back; each direction of a record stands beside the other."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from model.data.series import SeriesFacts
from service.adapters.database.examinations import examination_of, examination_values
from service.domain.annotations import Annotations
from service.domain.artifacts import Artifact
from service.domain.datasets import Dataset, DatasetReport
from service.domain.jobs import (
    Checkpoint,
    EpochRecord,
    EventKind,
    FailureCode,
    Job,
    JobEvent,
    JobFailure,
    Lease,
)
from service.domain.models import ModelVersion, OnnxExport, Signature, VersionDraft
from service.domain.origin import Origin
from service.domain.states import JobState

Row = RowMapping
Values = dict[str, Any]


def artifact_of(row: Row, prefix: str) -> Artifact | None:
    """The artifact in three columns; None if they are empty."""
    key = row[f"{prefix}_key"]
    return None if key is None else Artifact(key, row[f"{prefix}_sha256"], row[f"{prefix}_size"])


def artifact_values(artifact: Artifact | None, prefix: str) -> Values:
    """An artifact as three columns."""
    return {
        f"{prefix}_key": artifact and artifact.key,
        f"{prefix}_sha256": artifact and artifact.sha256,
        f"{prefix}_size": artifact and artifact.size,
    }


def dataset_of(row: Row) -> Dataset:
    """A row of `datasets`."""
    facts = dict(row["facts"])
    report = DatasetReport(
        facts=SeriesFacts(**{**facts, "channels": tuple(facts["channels"])}),
        digest=row["digest"],
        format=row["format"],
        warnings=tuple(row["warnings"]),
        examination=examination_of(row["examination"]),
    )
    return Dataset(row["id"], row["name"], report, _required(artifact_of(row, "artifact")), row["created_at"])


def dataset_values(dataset: Dataset) -> Values:
    """The columns of `datasets`."""
    return {
        "id": dataset.id,
        "name": dataset.name,
        "digest": dataset.digest,
        "format": dataset.report.format,
        "facts": asdict(dataset.facts),
        "warnings": list(dataset.report.warnings),
        "examination": examination_values(dataset.report.examination),
        "created_at": dataset.created_at,
        **artifact_values(dataset.artifact, "artifact"),
    }


def job_of(row: Row) -> Job:
    """A row of `jobs`."""
    checkpoint = artifact_of(row, "checkpoint")
    failure = row["failure"]
    return Job(
        **{name: row[name] for name in PLAIN_JOB_COLUMNS},
        state=JobState(row["state"]),
        lease=None if row["owner"] is None else Lease(row["owner"], row["renewals"], row["lease_until"]),
        checkpoint=None if checkpoint is None else Checkpoint(row["checkpoint_epoch"], checkpoint),
        origin=None if row["origin"] is None else Origin(**row["origin"]),
        failure=None if failure is None else JobFailure(**{**failure, "code": FailureCode(failure["code"])}),
    )


def job_values(job: Job) -> Values:
    """The columns of `jobs`."""
    return {
        **{name: getattr(job, name) for name in PLAIN_JOB_COLUMNS},
        "state": job.state.value,
        "owner": job.lease and job.lease.owner,
        "renewals": job.lease and job.lease.renewals,
        "lease_until": job.lease and job.lease.until,
        "checkpoint_epoch": job.checkpoint and job.checkpoint.epoch,
        **artifact_values(job.checkpoint.artifact if job.checkpoint else None, "checkpoint"),
        "origin": None if job.origin is None else asdict(job.origin),
        "failure": None if job.failure is None else failure_json(job.failure),
    }


PLAIN_JOB_COLUMNS = (
    "id",
    "model",
    "dataset",
    "dataset_digest",
    "spec",
    "epochs",
    "created_at",
    "priority",
    "time_limit",
    "attempt",
    "crashes",
    "epoch",
    "seconds",
    "metrics",
    "version",
    "started_at",
    "finished_at",
    "reproduces",
    "reproduction",
    "validation_dataset",
    "validation_dataset_digest",
)


def failure_json(failure: JobFailure) -> Values:
    """Why a job failed, without the fields that say nothing."""
    return {name: value for name, value in asdict(failure).items() if value is not None}


def event_of(row: Row) -> JobEvent:
    """A row of `job_events`."""
    return JobEvent(row["job"], row["sequence"], EventKind(row["kind"]), row["data"], row["created_at"])


def epoch_of(data: Mapping[str, Any]) -> EpochRecord:
    """The data of an epoch's event."""
    return EpochRecord(data["epoch"], data["epochs"], data["metrics"], data["seconds"])


def version_of(row: Row) -> ModelVersion:
    """A row of `versions`."""
    signature = row["signature"]
    classes, quantiles = signature["classes"], signature.get("quantiles")
    draft = VersionDraft(
        **{name: row[name] for name in PLAIN_VERSION_COLUMNS},
        archive=_required(artifact_of(row, "archive")),
        onnx=OnnxExport(artifact_of(row, "onnx"), row["onnx_largest_difference"], row["onnx_error"]),
        signature=Signature(
            **{
                **signature,
                "channels": tuple(signature["channels"]),
                "classes": None if classes is None else tuple(classes),
                "quantiles": None if quantiles is None else tuple(quantiles),
            }
        ),
    )
    return ModelVersion(row["number"], draft, row["created_at"], row["parent"], annotations_of(row))


def version_values(version: ModelVersion) -> Values:
    """The columns of `versions`."""
    draft = version.draft
    return {
        **{name: getattr(draft, name) for name in PLAIN_VERSION_COLUMNS},
        "number": version.number,
        **artifact_values(draft.archive, "archive"),
        **artifact_values(draft.onnx.artifact, "onnx"),
        "onnx_largest_difference": draft.onnx.largest_difference,
        "onnx_error": draft.onnx.error,
        "signature": asdict(draft.signature),
        "created_at": version.created_at,
        "parent": version.parent,
        **annotation_values(version.annotations),
    }


def annotations_of(row: Row) -> Annotations:
    """Notes and tags, of a model or a version."""
    return Annotations(row["notes"], dict(row["tags"]))


def annotation_values(annotations: Annotations) -> Values:
    """The columns of notes and tags."""
    return {"notes": annotations.notes, "tags": dict(annotations.tags)}


PLAIN_VERSION_COLUMNS = (
    "model",
    "job",
    "attempt",
    "dataset",
    "dataset_digest",
    "validation_dataset",
    "validation_dataset_digest",
    "metrics",
    "spec",
    "lineage",
)


def _required(artifact: Artifact | None) -> Artifact:
    if artifact is None:
        raise ValueError("A column that must hold an artifact's key is empty.")
    return artifact

"""Example records of the service, made with as few words as a test needs."""

from dataclasses import replace
from typing import Any

import numpy as np

from model.data.series import Series
from service.domain.artifacts import Artifact
from service.domain.datasets import Dataset, DatasetReport
from service.domain.identifiers import new_identifier
from service.domain.jobs import Checkpoint, EpochRecord, Job
from service.domain.models import OnnxExport, Signature, VersionDraft
from service.ingest.examination import examine
from service.ingest.parsed import Parsed
from service.ports import ArtifactStore, Clock, DatasetStore, EpochCommit
from service.usecases.stored_series import pack


def some_series(cases: int = 8, channels: int = 2, length: int = 12, seed: int = 0) -> Series:
    """Two classes that differ by their mean."""
    generator = np.random.default_rng(seed)
    labels = ["down" if index % 2 else "up" for index in range(cases)]
    values = [
        generator.normal(1.0 if label == "up" else -1.0, 0.3, (length, channels)).astype(np.float32) for label in labels
    ]
    return Series.from_cases(values, labels=labels)


def an_artifact(key: str = "some/key") -> Artifact:
    return Artifact(key, "0" * 64, 1)


def a_dataset(clock: Clock, name: str = "gestures", seed: int = 0, series: Series | None = None) -> Dataset:
    series = some_series(seed=seed) if series is None else series
    identifier = new_identifier("ds", clock.now())
    report = DatasetReport(series.describe(), series.digest(), "ts", ("A warning.",), examine(Parsed(series)))
    return Dataset(identifier, name, report, an_artifact(f"datasets/{identifier}"), clock.now())


def a_stored_dataset(
    datasets: DatasetStore, artifacts: ArtifactStore, clock: Clock, name: str = "gestures", series: Series | None = None
) -> Dataset:
    """With its series on the disk."""
    dataset = a_dataset(clock, name, series=series)
    artifact = artifacts.put(dataset.artifact.key, pack(some_series() if series is None else series))
    return datasets.add(replace(dataset, artifact=artifact))[0]


def a_job(
    clock: Clock,
    dataset: Dataset,
    model: str = "gestures",
    epochs: int = 3,
    priority: int = 0,
    validation: Dataset | None = None,
) -> Job:
    spec: dict[str, Any] = {"task": "classification", "training": {"epochs": epochs, "seed": 0}}
    identifier = new_identifier("job", clock.now())
    job = Job(identifier, model, dataset.id, dataset.digest, spec, epochs, clock.now(), priority=priority)
    if validation is None:
        return job
    spec["training"]["validation"] = {"dataset": validation.id}
    return replace(job, validation_dataset=validation.id, validation_dataset_digest=validation.digest)


def an_epoch(number: int, epochs: int = 3) -> EpochRecord:
    return EpochRecord(number, epochs, {"loss": 1 / number}, 0.5)


def a_commit(job: Job, first: int, last: int | None = None) -> EpochCommit:
    last = first if last is None else last
    artifact = an_artifact(f"jobs/{job.id}/{job.attempt}-{last}")
    return EpochCommit([an_epoch(number, job.epochs) for number in range(first, last + 1)], Checkpoint(last, artifact))


def a_draft(job: Job) -> VersionDraft:
    key = f"models/{job.id}/{job.attempt}"
    return VersionDraft(
        model=job.model,
        job=job.id,
        attempt=job.attempt,
        dataset=job.dataset,
        dataset_digest=job.dataset_digest,
        archive=an_artifact(f"{key}.wavetap"),
        onnx=OnnxExport(an_artifact(f"{key}.onnx"), largest_difference=1e-6),
        signature=Signature("classification", ("x", "y"), None, classes=("down", "up")),
        metrics={"accuracy": 1.0},
        spec=job.spec,
        lineage={"seed": 0, "weights_sha256": "0" * 64},
        validation_dataset=job.validation_dataset,
        validation_dataset_digest=job.validation_dataset_digest,
    )


def without_onnx(draft: VersionDraft, reason: str) -> VersionDraft:
    return replace(draft, onnx=OnnxExport(None, error=reason))

"""What a finished training leaves: the archive, its ONNX twin, and the draft of a model version."""

from dataclasses import replace
from typing import Any

from model.errors import ModelError
from model.interchange import archive
from model.pipeline import Pipeline
from model.training.record import record
from service.domain.datasets import Dataset
from service.domain.jobs import Job
from service.domain.models import OnnxExport, Signature, VersionDraft
from service.ports import ArtifactStore, Log
from service.release import release


def lineage(job: Job, dataset: Dataset, pipeline: Pipeline, validation: Dataset | None = None) -> dict[str, Any]:
    """Where a version comes from: enough to train it again and compare."""
    others = {} if validation is None else {"validation_dataset": _named(validation)}
    return {
        "dataset": _named(dataset),
        **others,
        **_read(dataset),
        "job": job.id,
        **record(pipeline, dataset.digest, release()),
    }


def _read(dataset: Dataset) -> dict[str, Any]:
    """The parameters that ask for the reading of the dataset's file, by which files for the version are read too."""
    examination = dataset.report.examination
    parameters = {} if examination is None else examination.reading.parameters
    return {"reading": dict(parameters)} if parameters else {}


def _named(dataset: Dataset) -> dict[str, str]:
    return {"id": dataset.id, "name": dataset.name, "digest": dataset.digest}


def draft(
    job: Job,
    dataset: Dataset,
    pipeline: Pipeline,
    artifacts: ArtifactStore,
    log: Log,
    validation: Dataset | None = None,
) -> VersionDraft:
    """Put the artefacts, whole and on the disk, and describe the version that will refer to them."""
    origin = lineage(job, dataset, pipeline, validation)
    pipeline = replace(pipeline, metadata={**pipeline.metadata, "lineage": origin})
    key = f"models/{job.id}-{job.attempt}"
    return VersionDraft(
        model=job.model,
        job=job.id,
        attempt=job.attempt,
        dataset=dataset.id,
        dataset_digest=dataset.digest,
        archive=artifacts.put(f"{key}.wavetap", archive.save(pipeline)),
        onnx=_exported(pipeline, f"{key}.onnx", artifacts, log),
        signature=signature(pipeline),
        metrics=dict(pipeline.metadata["metrics"]),
        spec=job.spec,
        lineage=origin,
        validation_dataset=None if validation is None else validation.id,
        validation_dataset_digest=None if validation is None else validation.digest,
    )


def withdraw(unpublished: VersionDraft, artifacts: ArtifactStore) -> None:
    """Delete the artefacts of a draft that was refused."""
    for artifact in unpublished.artifacts:
        artifacts.delete(artifact.key)


def signature(pipeline: Pipeline) -> Signature:
    """What the pipeline takes and gives; one that masks takes any length up to its own, and says so itself.

    Series that are cut into windows may have any length too.
    """
    targets = pipeline.target_mean
    return Signature(
        task=pipeline.task,
        channels=pipeline.channels,
        length=None if pipeline.masked or pipeline.stride is not None else pipeline.length,
        classes=pipeline.classes,
        targets=len(targets) if pipeline.task == "regression" and targets is not None else None,
        horizon=pipeline.horizon,
        quantiles=pipeline.quantiles,
        window=pipeline.window,
        stride=pipeline.stride,
    )


def _exported(pipeline: Pipeline, key: str, artifacts: ArtifactStore, log: Log) -> OnnxExport:
    """The ONNX file, run against ONNX Runtime first; a network that cannot be exported is published without."""
    from model.interchange.onnx_export import export, verify  # noqa: PLC0415 - slow to load, and only needed at the end

    try:
        content = export(pipeline)
        difference = verify(content, pipeline)
    except ModelError as error:
        return OnnxExport(None, error=error.message)
    except Exception:  # whatever is wrong with the exporter, the trained network is worth keeping
        log.exception("export_failed")
        return OnnxExport(None, error="The export failed by a fault of the service; its log tells more.")
    return OnnxExport(artifacts.put(key, content), largest_difference=difference)

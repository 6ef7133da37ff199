"""What clients see of models, versions and aliases, the same over both protocols."""

from collections.abc import Sequence

from api_schemas.rest import models as model_schemas
from api_schemas.rest import registry as registry_schemas
from service.domain.aliases import Alias
from service.domain.models import DescribedVersion, Model, ModelVersion


def model(record: Model) -> model_schemas.Model:
    """A model with its newest version."""
    return model_schemas.Model(
        name=record.name,
        latest=_version(record.latest, record.aliases_of(record.latest.number)),
        versions=list(record.versions),
        aliases=dict(record.aliases),
        notes=record.annotations.notes,
        tags=dict(record.annotations.tags),
        keep_versions=record.keep_versions,
        created_at=record.created_at,
    )


def version(record: DescribedVersion) -> model_schemas.ModelVersion:
    """A published version."""
    return _version(record.version, record.aliases)


def alias(record: Alias) -> registry_schemas.Alias:
    """An alias with its story."""
    changes = [
        registry_schemas.AliasChange(
            sequence=change.sequence, move=change.move.value, version=change.version, created_at=change.created_at
        )
        for change in record.history
    ]
    return registry_schemas.Alias(
        model=record.model, alias=record.name, version=record.version, previous=record.previous, history=changes
    )


def _version(record: ModelVersion, aliases: Sequence[str]) -> model_schemas.ModelVersion:
    draft, signature, artifact = record.draft, record.draft.signature, record.draft.onnx.artifact
    return model_schemas.ModelVersion(
        model=record.model,
        version=record.number,
        job=draft.job,
        dataset=draft.dataset,
        dataset_digest=draft.dataset_digest,
        validation_dataset=draft.validation_dataset,
        validation_dataset_digest=draft.validation_dataset_digest,
        signature=model_schemas.ModelSignature(
            task=signature.task,  # type: ignore[arg-type]  # the task table has exactly the schema's values
            channels=list(signature.channels),
            length=signature.length,
            classes=None if signature.classes is None else list(signature.classes),
            targets=signature.targets,
            horizon=signature.horizon,
            quantiles=None if signature.quantiles is None else list(signature.quantiles),
            window=signature.window,
            stride=signature.stride,
        ),
        metrics=dict(draft.metrics),
        onnx=model_schemas.OnnxFile(
            available=artifact is not None,
            size=None if artifact is None else artifact.size,
            sha256=None if artifact is None else artifact.sha256,
            largest_difference=draft.onnx.largest_difference,
            error=draft.onnx.error,
        ),
        spec=dict(draft.spec),
        lineage=dict(draft.lineage),
        parent=record.parent,
        aliases=list(aliases),
        notes=record.annotations.notes,
        tags=dict(record.annotations.tags),
        created_at=record.created_at,
    )

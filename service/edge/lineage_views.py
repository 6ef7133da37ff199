"""What clients see of lineage, the same over both protocols."""

from api_schemas.rest import lineage as schemas
from service.domain.datasets import Dataset
from service.domain.jobs import Job
from service.domain.lineage import DatasetLineage, VersionLineage, roles
from service.domain.models import DescribedVersion, VersionDraft
from service.edge import views


def of_dataset(record: DatasetLineage) -> schemas.DatasetLineage:
    """What became of a dataset."""
    return schemas.DatasetLineage(
        dataset=record.dataset.id,
        digest=record.dataset.digest,
        models=sorted({described.version.model for described in record.versions}),
        versions=[_version(described, record.dataset.digest) for described in record.versions],
        jobs=[
            schemas.DatasetJobReference(**_job(job).model_dump(), roles=_roles(record.dataset.digest, job))
            for job in record.jobs
        ],
    )


def of_version(record: VersionLineage) -> schemas.ModelVersionLineage:
    """Where a version comes from, and what came of it."""
    version = record.version.version
    draft = version.draft
    return schemas.ModelVersionLineage(
        model=version.model,
        version=version.number,
        aliases=list(record.version.aliases),
        dataset=_dataset(draft.dataset, draft.dataset_digest, record.dataset),
        validation_dataset=None
        if draft.validation_dataset is None
        else _dataset(draft.validation_dataset, draft.validation_dataset_digest, record.validation_dataset),
        job=_job(record.job),
        parent=version.parent,
        children=list(record.children),
        reproductions=[_job(job) for job in record.reproductions],
    )


def _dataset(identifier: str, digest: str | None, available: Dataset | None) -> schemas.DatasetReference:
    name = None if available is None else available.name
    return schemas.DatasetReference(id=identifier, digest=digest, available=name)


def _version(described: DescribedVersion, digest: str) -> schemas.VersionReference:
    version = described.version
    return schemas.VersionReference(
        model=version.model,
        version=version.number,
        aliases=list(described.aliases),
        roles=_roles(digest, version.draft),
    )


def _roles(digest: str, user: Job | VersionDraft) -> list[schemas.Role]:
    return [role.value for role in roles(digest, user)]


def _job(job: Job) -> schemas.JobReference:
    summary = views.job_summary(job)
    compared = summary.reproduction
    return schemas.JobReference(
        id=job.id,
        state=summary.state,
        model=job.model,
        version=job.version,
        reproduces=job.reproduces,
        identical=None if compared is None else compared.identical,
    )

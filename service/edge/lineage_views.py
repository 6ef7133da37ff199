"""What clients see of lineage, the same over both protocols."""

from api_schemas.rest import lineage as schemas
from service.domain.jobs import Job
from service.domain.lineage import DatasetLineage, VersionLineage
from service.domain.models import DescribedVersion
from service.edge import views


def of_dataset(record: DatasetLineage) -> schemas.DatasetLineage:
    """What became of a dataset."""
    return schemas.DatasetLineage(
        dataset=record.dataset.id,
        digest=record.dataset.digest,
        models=sorted({described.version.model for described in record.versions}),
        versions=[_version(described) for described in record.versions],
        jobs=[_job(job) for job in record.jobs],
    )


def of_version(record: VersionLineage) -> schemas.ModelVersionLineage:
    """Where a version comes from, and what came of it."""
    version = record.version.version
    return schemas.ModelVersionLineage(
        model=version.model,
        version=version.number,
        aliases=list(record.version.aliases),
        dataset=schemas.DatasetReference(
            id=version.draft.dataset,
            digest=version.draft.dataset_digest,
            available=None if record.dataset is None else record.dataset.name,
        ),
        job=_job(record.job),
        parent=version.parent,
        children=list(record.children),
        reproductions=[_job(job) for job in record.reproductions],
    )


def _version(described: DescribedVersion) -> schemas.VersionReference:
    version = described.version
    return schemas.VersionReference(model=version.model, version=version.number, aliases=list(described.aliases))


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

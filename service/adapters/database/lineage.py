"""Lineage, followed through the rows both ways; datasets are followed by their content."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Table, or_, select

from service.adapters.database.catalogue import described, find_version
from service.adapters.database.connection import Database
from service.adapters.database.datasets import newest_of
from service.adapters.database.records import dataset_of, job_of, version_of
from service.adapters.database.tables import datasets, jobs, versions
from service.domain.jobs import Job
from service.domain.lineage import DatasetLineage, VersionLineage
from service.errors import NotFound

MOST = 200
"""So many jobs and versions are told of, the newest."""


class DatabaseLineage:
    """The lineage over a relational database; each answer is of one moment."""

    def __init__(self, database: Database) -> None:
        """Share the database's connections."""
        self._database = database

    def models_of(self, digest: str) -> Sequence[str]:
        """The models that have a version trained or validated on a content."""
        made = select(versions.c.model).distinct().where(_uses(versions, digest))
        with self._database.reading() as connection:
            return connection.scalars(made.order_by(versions.c.model)).all()

    def of_dataset(self, id_or_name: str) -> DatasetLineage:
        """What became of it."""
        with self._database.reading() as connection:
            named = select(datasets).where(or_(datasets.c.id == id_or_name, datasets.c.name == id_or_name))
            row = connection.execute(named).mappings().first()
            if row is None:
                raise NotFound(f"There is no dataset with the name or identifier {id_or_name!r}.")
            dataset = dataset_of(row)
            made = select(versions).where(_uses(versions, dataset.digest))
            newest = made.order_by(versions.c.created_at.desc(), versions.c.job.desc()).limit(MOST)
            found = [version_of(each) for each in connection.execute(newest).mappings()]
            return DatasetLineage(
                dataset,
                _jobs(connection, _uses(jobs, dataset.digest)),
                tuple(described(connection, version) for version in found),
            )

    def of_version(self, model: str, reference: str | None) -> VersionLineage:
        """Where it comes from, and what came of it."""
        with self._database.reading() as connection:
            version = find_version(connection, model, reference)
            draft, number = version.draft, version.number
            behind = select(versions.c.number).where(versions.c.model == model, versions.c.parent == number)
            again = (jobs.c.model == model) & (jobs.c.reproduces == number)
            (made,) = _jobs(connection, jobs.c.id == draft.job)
            return VersionLineage(
                version=described(connection, version),
                dataset=newest_of(connection, draft.dataset_digest),
                validation_dataset=newest_of(connection, draft.validation_dataset_digest),
                job=made,
                children=tuple(connection.scalars(behind.order_by(versions.c.number))),
                reproductions=_jobs(connection, again),
            )


def _uses(table: Table, digest: str) -> ColumnElement[bool]:
    """Of jobs or versions: trained or validated on a content."""
    return or_(table.c.dataset_digest == digest, table.c.validation_dataset_digest == digest)


def _jobs(connection: Connection, condition: ColumnElement[bool]) -> tuple[Job, ...]:
    newest = select(jobs).where(condition).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(MOST)
    return tuple(job_of(row) for row in connection.execute(newest).mappings())

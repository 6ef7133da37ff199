"""Which dataset a job and its version validate on, where that is one of its own: a reference like that to train on.

Revision: 0008, behind 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAMED = {"validation_dataset": sa.String(32), "validation_dataset_digest": sa.String(64)}

datasets = sa.table("datasets", sa.column("id"), sa.column("digest"))
versions = sa.table("versions", *map(sa.column, ("model", "number", *NAMED)), sa.column("lineage", sa.JSON))
jobs = sa.table("jobs", *map(sa.column, ("id", *NAMED)), sa.column("spec", sa.JSON))


def upgrade() -> None:
    """Add the columns, and fill them from the specs and the lineage that were recorded."""
    for table in ("jobs", "versions"):
        for name, kind in NAMED.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_index("ix_jobs_validation_dataset_state", "jobs", ["validation_dataset", "state"], unique=False)
    op.create_index("ix_versions_validation_dataset_digest", "versions", ["validation_dataset_digest"], unique=False)
    connection = op.get_bind()
    digests = {row.id: row.digest for row in connection.execute(sa.select(datasets))}
    for version in connection.execute(sa.select(versions.c.model, versions.c.number, versions.c.lineage)).all():
        named = (version.lineage or {}).get("validation_dataset")
        if named is not None:
            digests.setdefault(named["id"], named["digest"])
            mine = (versions.c.model == version.model) & (versions.c.number == version.number)
            connection.execute(versions.update().where(mine).values(_named(named["id"], digests)))
    for job in connection.execute(sa.select(jobs.c.id, jobs.c.spec)).all():
        validation = ((job.spec or {}).get("training") or {}).get("validation") or {}
        if validation.get("dataset") is not None:
            named = _named(validation["dataset"], digests)
            connection.execute(jobs.update().where(jobs.c.id == job.id).values(named))


def _named(identifier: str, digests: dict[str, str]) -> dict[str, str | None]:
    """A dataset that is gone, and that no version tells of, has left no digest."""
    return {"validation_dataset": identifier, "validation_dataset_digest": digests.get(identifier)}

"""Which artefacts rows refer to."""

from sqlalchemy import select, union_all

from service.adapters.database.connection import Database
from service.adapters.database.tables import datasets, discarded, jobs, versions

HOLDERS = (
    datasets.c.artifact_key,
    discarded.c.artifact_key,
    jobs.c.checkpoint_key,
    versions.c.archive_key,
    versions.c.onnx_key,
)
"""Every column that holds the key of an artifact; a test compares this with the tables."""


class DatabaseReferences:
    """The references over a relational database."""

    def __init__(self, database: Database) -> None:
        """Share the database's connections."""
        self._database = database

    def keys(self) -> frozenset[str]:
        """Every key in any of the columns."""
        statement = union_all(*(select(column.label("key")).where(column.is_not(None)) for column in HOLDERS))
        with self._database.reading() as connection:
            return frozenset(connection.scalars(statement))

"""Artefacts that no row refers to any more, noted by the transaction that deletes the last row that did."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, select

from service.adapters.database.connection import Database
from service.adapters.database.dialects import insert_unless_there
from service.adapters.database.tables import discarded
from service.domain.artifacts import Artifact
from service.domain.models import ModelVersion


class DatabaseDiscarded:
    """The notes over a relational database."""

    def __init__(self, database: Database) -> None:
        """Share the database's connections."""
        self._database = database

    def keys(self) -> frozenset[str]:
        """Every key that is noted."""
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(discarded.c.artifact_key)))

    def forget(self, keys: Collection[str]) -> None:
        """Strike keys out."""
        with self._database.writing() as connection:
            connection.execute(delete(discarded).where(discarded.c.artifact_key.in_(keys)))


def discard(connection: Connection, artifacts: Iterable[Artifact]) -> None:
    """Note artefacts to be deleted once nobody can be about to open them."""
    for artifact in artifacts:
        insert_unless_there(connection, discarded, {"artifact_key": artifact.key})


def discard_versions(connection: Connection, gone: Iterable[ModelVersion]) -> None:
    """Note the artefacts of versions whose rows are deleted."""
    for version in gone:
        discard(connection, version.draft.artifacts)

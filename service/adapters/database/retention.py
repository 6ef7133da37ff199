"""Which versions are kept: a model's newest, and whatever an alias, a roll back or an unfinished job needs."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from service.adapters.database.aliases import rollback_targets
from service.adapters.database.catalogue import lock_model, needed_versions
from service.adapters.database.connection import Database
from service.adapters.database.records import version_of
from service.adapters.database.tables import aliases, models, versions
from service.domain.models import ModelVersion
from service.errors import NotFound


class DatabaseRetention:
    """Deletes the rows of versions that are not kept."""

    def __init__(self, database: Database, keep: int | None) -> None:
        """Share the database's connections; models that do not say themselves keep so many, or all of them."""
        self._database = database
        self._keep = keep

    def retire(self) -> Sequence[ModelVersion]:
        """A transaction for each model, in which it is locked: a publication or promotion comes before or after it."""
        said = select(models.c.name)
        if self._keep is None:
            said = said.where(models.c.keep_versions.is_not(None))
        with self._database.reading() as connection:
            names = connection.scalars(said).all()
        return [version for name in names for version in self._retired(name)]

    def _retired(self, name: str) -> Sequence[ModelVersion]:
        with self._database.reading() as connection:
            keep = connection.scalar(select(models.c.keep_versions).where(models.c.name == name)) or self._keep
            if not _old(connection, name, keep):
                return ()  # most often: no need to stand in the writers' way
        with self._database.writing() as connection:
            try:
                row = lock_model(connection, name)
            except NotFound:  # it was removed meanwhile
                return ()
            old = _old(connection, name, row["keep_versions"] or self._keep)
            mine = (versions.c.model == name) & versions.c.number.in_(sorted(old))
            gone = [version_of(found) for found in connection.execute(select(versions).where(mine)).mappings()]
            connection.execute(delete(versions).where(mine))
            return gone


def _old(connection: Connection, name: str, keep: int | None) -> frozenset[int]:
    """The versions of a model that nothing keeps."""
    if keep is None:
        return frozenset()
    newest_first = select(versions.c.number).where(versions.c.model == name).order_by(versions.c.number.desc())
    behind = frozenset(connection.scalars(newest_first).all()[keep:])
    if not behind:
        return behind
    pointed_at = frozenset(connection.scalars(select(aliases.c.number).where(aliases.c.model == name)))
    return behind - pointed_at - rollback_targets(connection, name) - needed_versions(connection, name)

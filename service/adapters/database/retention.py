"""Which versions are kept: a model's newest, and whatever an alias, a roll back or an unfinished job needs."""

from sqlalchemy import Connection, delete, select

from service.adapters.database.aliases import rollback_targets
from service.adapters.database.catalogue import lock_model, needed_versions
from service.adapters.database.connection import Database
from service.adapters.database.discarded import discard_versions
from service.adapters.database.records import version_of
from service.adapters.database.tables import aliases, models, versions
from service.errors import NotFound


class DatabaseRetention:
    """Deletes the rows of versions that are not kept."""

    def __init__(self, database: Database, keep: int | None) -> None:
        """Share the database's connections; models that do not say themselves keep so many, or all of them."""
        self._database = database
        self._keep = keep

    def retire(self) -> int:
        """A transaction for each model, in which it is locked: a publication or promotion comes before or after it."""
        said = select(models.c.name)
        if self._keep is None:
            said = said.where(models.c.keep_versions.is_not(None))
        with self._database.reading() as connection:
            names = connection.scalars(said).all()
        return sum(map(self._retired, names))

    def _retired(self, name: str) -> int:
        with self._database.reading() as connection:
            keep = connection.scalar(select(models.c.keep_versions).where(models.c.name == name)) or self._keep
            if not _old(connection, name, keep):
                return 0  # most often: no need to stand in the writers' way
        with self._database.writing() as connection:
            try:
                row = lock_model(connection, name)
            except NotFound:  # it was removed meanwhile
                return 0
            old = _old(connection, name, row["keep_versions"] or self._keep)
            mine = (versions.c.model == name) & versions.c.number.in_(sorted(old))
            gone = [version_of(found) for found in connection.execute(select(versions).where(mine)).mappings()]
            connection.execute(delete(versions).where(mine))
            discard_versions(connection, gone)
            return len(gone)


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

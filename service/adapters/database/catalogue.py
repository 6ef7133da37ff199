"""The rows of models, versions and aliases."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, exists, insert, select, update

from service.adapters.database.connection import Database
from service.adapters.database.pages import fetch_page
from service.adapters.database.records import version_of, version_values
from service.adapters.database.tables import aliases, models, versions
from service.domain.models import Model, ModelVersion, VersionDraft
from service.domain.pages import Page, PageRequest
from service.errors import NotAllowedNow, NotFound

LARGEST_NUMBER = 2**31 - 1


class DatabaseCatalogue:
    """The model catalogue over a relational database."""

    def __init__(self, database: Database) -> None:
        """Share the database's connections."""
        self._database = database

    def models(self, page: PageRequest) -> Page[Model]:
        """Every model that has a version."""
        statement = select(models).where(exists().where(versions.c.model == models.c.name))
        with self._database.reading() as connection:
            return fetch_page(connection, statement, models, page, lambda row: _model(connection, row), "name")

    def model(self, name: str) -> Model:
        """One model."""
        with self._database.reading() as connection:
            return _model_named(connection, name)

    def versions(self, name: str, page: PageRequest) -> Page[ModelVersion]:
        """The versions of one model."""
        with self._database.reading() as connection:
            _model_named(connection, name)
            statement = select(versions).where(versions.c.model == name)
            return fetch_page(connection, statement, versions, page, version_of, "job")

    def version(self, name: str, reference: str | None) -> ModelVersion:
        """By number or alias, or the newest."""
        with self._database.reading() as connection:
            return _version(connection, name, reference)

    def set_alias(self, name: str, alias: str, number: int) -> Model:
        """One transaction takes it from the old version and gives it to the new."""
        with self._database.writing() as connection:
            _version(connection, name, str(number))
            same = (aliases.c.model == name) & (aliases.c.alias == alias)
            if connection.execute(update(aliases).where(same).values(number=number)).rowcount == 0:
                connection.execute(insert(aliases).values(model=name, alias=alias, number=number))
            return _model_named(connection, name)

    def remove_alias(self, name: str, alias: str) -> None:
        """Forget it."""
        with self._database.writing() as connection:
            same = (aliases.c.model == name) & (aliases.c.alias == alias)
            if connection.execute(delete(aliases).where(same)).rowcount == 0:
                raise NotFound(f"The model {name!r} has no alias {alias!r}.")

    def remove_version(self, name: str, number: int) -> ModelVersion:
        """Delete one row."""
        with self._database.writing() as connection:
            version = _version(connection, name, str(number))
            held = [alias for alias, target in _aliases(connection, name).items() if target == number]
            if held:
                raise NotAllowedNow(f"The alias {held[0]} points at version {number} of {name}: move it first.")
            connection.execute(delete(versions).where(versions.c.model == name, versions.c.number == number))
            return version

    def remove_model(self, name: str) -> Sequence[ModelVersion]:
        """Delete its versions and aliases; the row stays, as it holds the last number that was given."""
        with self._database.writing() as connection:
            _model_named(connection, name)
            connection.execute(delete(aliases).where(aliases.c.model == name))
            mine = versions.c.model == name
            gone = [version_of(row) for row in connection.execute(select(versions).where(mine)).mappings()]
            connection.execute(delete(versions).where(mine))
            return gone


def insert_version(connection: Connection, draft: VersionDraft, now: datetime) -> ModelVersion:
    """Give a draft the next number of its model."""
    row = connection.execute(select(models).where(models.c.name == draft.model).with_for_update()).mappings().first()
    number = 1 if row is None else row["last_number"] + 1
    if row is None:
        connection.execute(insert(models).values(name=draft.model, last_number=number, created_at=now))
    else:
        connection.execute(update(models).where(models.c.name == draft.model).values(last_number=number))
    version = ModelVersion(number, draft, now)
    connection.execute(insert(versions).values(version_values(version)))
    return version


def _version(connection: Connection, name: str, reference: str | None) -> ModelVersion:
    statement = select(versions).where(versions.c.model == name)
    if reference is None:
        statement = statement.order_by(versions.c.number.desc()).limit(1)
    else:
        statement = statement.where(versions.c.number == _number(connection, name, reference))
    row = connection.execute(statement).mappings().first()
    if row is None:
        known = connection.scalars(select(versions.c.number).where(versions.c.model == name)).all()
        raise NotFound(_not_found(name, reference, known))
    return version_of(row)


def _number(connection: Connection, name: str, reference: str) -> int:
    if reference.isascii() and reference.isdecimal():
        return min(int(reference[:20]), LARGEST_NUMBER)
    return _aliases(connection, name).get(reference, 0)


def _not_found(name: str, reference: str | None, known: Iterable[int]) -> str:
    numbers = ", ".join(map(str, sorted(known, reverse=True)[:10]))
    if not numbers:
        return f"There is no model named {name!r}."
    return f"The model {name!r} has no version {reference!r}; it has {numbers}."


def _model_named(connection: Connection, name: str) -> Model:
    row = connection.execute(select(models).where(models.c.name == name)).mappings().first()
    if row is None:
        raise NotFound(_not_found(name, None, ()))
    return _model(connection, row)


def _model(connection: Connection, row: RowMapping) -> Model:
    name = row["name"]
    statement = select(versions.c.number).where(versions.c.model == name).order_by(versions.c.number.desc())
    numbers = tuple(connection.scalars(statement))
    return Model(name, _version(connection, name, None), numbers, _aliases(connection, name), row["created_at"])


def _aliases(connection: Connection, name: str) -> dict[str, int]:
    rows = connection.execute(select(aliases.c.alias, aliases.c.number).where(aliases.c.model == name))
    return {row.alias: row.number for row in rows}

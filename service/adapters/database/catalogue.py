"""The rows of models, versions and aliases."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, exists, insert, select, update

from service.adapters.database.connection import Database
from service.adapters.database.dialects import insert_unless_there
from service.adapters.database.discarded import discard_versions
from service.adapters.database.pages import fetch_page
from service.adapters.database.records import annotation_values, annotations_of, version_of, version_values
from service.adapters.database.tables import alias_changes, aliases, jobs, models, versions
from service.domain.annotations import AnnotationChange, annotated
from service.domain.models import DescribedVersion, Keeping, Model, ModelVersion, VersionDraft
from service.domain.pages import Page, PageRequest
from service.domain.states import UNFINISHED
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

    def versions(self, name: str, page: PageRequest) -> Page[DescribedVersion]:
        """The versions of one model."""
        with self._database.reading() as connection:
            model = _model_named(connection, name)
            statement = select(versions).where(versions.c.model == name)
            return fetch_page(connection, statement, versions, page, lambda row: _of(model, version_of(row)), "job")

    def version(self, name: str, reference: str | None) -> ModelVersion:
        """By number or alias, or the newest."""
        with self._database.reading() as connection:
            return find_version(connection, name, reference)

    def described(self, name: str, reference: str | None) -> DescribedVersion:
        """A version, and the aliases that point at it now."""
        with self._database.reading() as connection:
            return described(connection, find_version(connection, name, reference))

    def annotate_model(self, name: str, change: AnnotationChange, keeping: Keeping | None = None) -> Model:
        """Read, change and write in one transaction."""
        with self._database.writing() as connection:
            row = lock_model(connection, name)
            values = annotation_values(annotated(annotations_of(row), change))
            values |= {} if keeping is None else {"keep_versions": keeping.versions}
            connection.execute(update(models).where(models.c.name == name).values(values))
            return _model_named(connection, name)

    def annotate_version(self, name: str, reference: str, change: AnnotationChange) -> DescribedVersion:
        """Read, change and write in one transaction."""
        with self._database.writing() as connection:
            lock_model(connection, name)
            version = find_version(connection, name, reference)
            after = annotated(version.annotations, change)
            mine = (versions.c.model == name) & (versions.c.number == version.number)
            connection.execute(update(versions).where(mine).values(annotation_values(after)))
            return described(connection, replace(version, annotations=after))

    def remove_version(self, name: str, number: int) -> None:
        """Delete one row, and discard its artefacts."""
        with self._database.writing() as connection:
            lock_model(connection, name)
            version = find_version(connection, name, str(number))
            held = [alias for alias, target in _aliases(connection, name).items() if target == number]
            if held:
                raise NotAllowedNow(f"The alias {held[0]} points at version {number} of {name}: move it first.")
            _refuse_if_needed(connection, name, [number])
            connection.execute(delete(versions).where(versions.c.model == name, versions.c.number == number))
            discard_versions(connection, [version])

    def remove_model(self, name: str) -> None:
        """Delete its versions and aliases; the row stays, as it holds the last number that was given."""
        with self._database.writing() as connection:
            lock_model(connection, name)
            numbers = connection.scalars(select(versions.c.number).where(versions.c.model == name))
            _refuse_if_needed(connection, name, numbers)
            connection.execute(delete(aliases).where(aliases.c.model == name))
            connection.execute(delete(alias_changes).where(alias_changes.c.model == name))
            mine = versions.c.model == name
            gone = [version_of(row) for row in connection.execute(select(versions).where(mine)).mappings()]
            connection.execute(delete(versions).where(mine))
            discard_versions(connection, gone)


def insert_version(
    connection: Connection, draft: VersionDraft, now: datetime, parent: int | None = None
) -> ModelVersion:
    """Give a draft the next number of its model."""
    insert_unless_there(connection, models, {"name": draft.model, "last_number": 0, "created_at": now})
    mine = models.c.name == draft.model
    number = connection.execute(select(models.c.last_number).where(mine).with_for_update()).scalar_one() + 1
    connection.execute(update(models).where(mine).values(last_number=number))
    version = ModelVersion(number, draft, now, parent)
    connection.execute(insert(versions).values(version_values(version)))
    return version


def lock_model(connection: Connection, name: str) -> RowMapping:
    """Keep a model, its versions and its aliases from being changed by others until the transaction ends."""
    row = connection.execute(select(models).where(models.c.name == name).with_for_update()).mappings().first()
    if row is None or not connection.scalar(select(exists().where(versions.c.model == name))):
        raise NotFound(_not_found(name, None, ()))
    return row


def lock_version(connection: Connection, name: str, number: int | None) -> None:
    """Keep a version, if one is named, from being removed until the transaction ends; NotAllowedNow if it is gone."""
    if number is None:
        return
    try:
        lock_model(connection, name)
        find_version(connection, name, str(number))
    except NotFound as error:
        raise NotAllowedNow(f"Version {number} of {name}, which is to be trained again, was removed.") from error


def needed_versions(connection: Connection, name: str) -> frozenset[int]:
    """The versions that jobs which have not ended train again, or will come behind."""
    mine = (jobs.c.model == name) & jobs.c.state.in_(sorted(UNFINISHED))
    rows = connection.execute(select(jobs.c.reproduces, jobs.c.version).where(mine))
    return frozenset(number for row in rows for number in row if number is not None)


def _refuse_if_needed(connection: Connection, name: str, numbers: Iterable[int]) -> None:
    needed = sorted(needed_versions(connection, name) & frozenset(numbers))
    if needed:
        message = f"A training job that has not ended needs version {needed[0]} of {name}: wait for it, or cancel it."
        raise NotAllowedNow(message)


def find_version(connection: Connection, name: str, reference: str | None) -> ModelVersion:
    """By number or alias; None means the newest. NotFound tells what there is."""
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
    return Model(
        name=name,
        latest=find_version(connection, name, None),
        versions=numbers,
        aliases=_aliases(connection, name),
        created_at=row["created_at"],
        annotations=annotations_of(row),
        keep_versions=row["keep_versions"],
    )


def described(connection: Connection, version: ModelVersion) -> DescribedVersion:
    """A version with the aliases that point at it."""
    same = (aliases.c.model == version.model) & (aliases.c.number == version.number)
    names = connection.scalars(select(aliases.c.alias).where(same).order_by(aliases.c.alias))
    return DescribedVersion(version, tuple(names))


def _of(model: Model, version: ModelVersion) -> DescribedVersion:
    return DescribedVersion(version, model.aliases_of(version.number))


def _aliases(connection: Connection, name: str) -> dict[str, int]:
    rows = connection.execute(select(aliases.c.alias, aliases.c.number).where(aliases.c.model == name))
    return {row.alias: row.number for row in rows}

"""The rows of datasets."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select

from service.adapters.database.connection import Database
from service.adapters.database.dialects import insert_unless_there
from service.adapters.database.discarded import discard
from service.adapters.database.keys import Keys, forget_keys
from service.adapters.database.pages import fetch_page
from service.adapters.database.records import dataset_of, dataset_values
from service.adapters.database.tables import datasets, jobs
from service.domain.datasets import Dataset
from service.domain.pages import Page, PageRequest
from service.domain.states import UNFINISHED
from service.errors import AlreadyExists, Detail, NotAllowedNow, NotFound
from service.registry_ports import Idempotency


class DatabaseDatasets:
    """The dataset store over a relational database."""

    def __init__(self, database: Database, keys: Keys | None = None) -> None:
        """Share the database's connections."""
        self._database = database
        self._keys = keys or Keys()

    def recall(self, idempotency: Idempotency, now: datetime) -> Dataset | None:
        """Look the key up."""
        with self._database.reading() as connection:
            known = self._keys.recall(connection, idempotency, now)
            return None if known is None else _one(connection, datasets.c.id == known, lock=False)

    def add(self, dataset: Dataset, idempotency: Idempotency | None = None) -> tuple[Dataset, bool]:
        """Insert the row and its key, unless its name is taken; a dataset of the same bytes lends its artifact."""
        with self._database.writing() as connection:
            known = self._keys.bind(connection, idempotency, dataset.id, dataset.created_at)
            bound = None if known is None else _one(connection, datasets.c.id == known)
            if bound is not None:
                return bound, False
            same = and_(
                datasets.c.digest == dataset.digest, datasets.c.artifact_sha256 == dataset.artifact.sha256
            )  # equal series may have come in other rows of other files
            equal = _one(connection, same)
            if equal is not None:
                dataset = replace(dataset, artifact=equal.artifact)
            if insert_unless_there(connection, datasets, dataset_values(dataset)):
                return dataset, True
            named = _one(connection, datasets.c.name == dataset.name)
            if named is None or named.digest != dataset.digest:
                message = f"A dataset named {dataset.name} exists with other content."
                raise AlreadyExists(message, Detail("/name", message))
            self._keys.move(connection, idempotency, named.id)
            return named, False

    def get(self, id_or_name: str) -> Dataset:
        """By either; an identifier is never a name."""
        with self._database.reading() as connection:
            found = _one(connection, or_(datasets.c.id == id_or_name, datasets.c.name == id_or_name), lock=False)
        if found is None:
            raise NotFound(f"There is no dataset with the name or identifier {id_or_name!r}.")
        return found

    def with_digest(self, digest: str) -> Dataset | None:
        """The newest one of this content."""
        with self._database.reading() as connection:
            return newest_of(connection, digest)

    def list(self, page: PageRequest) -> Page[Dataset]:
        """Newest first."""
        with self._database.reading() as connection:
            return fetch_page(connection, select(datasets), datasets, page, dataset_of)

    def remove(self, identifier: str) -> None:
        """Delete the row unless a job that has not ended needs it, and discard what no other row refers to."""
        with self._database.writing() as connection:
            found = _one(connection, datasets.c.id == identifier)
            if found is None:
                raise NotFound(f"There is no dataset with the identifier {identifier!r}.")
            needs = or_(jobs.c.dataset == identifier, jobs.c.validation_dataset == identifier)
            needed = exists().where(needs, jobs.c.state.in_(sorted(UNFINISHED)))
            if connection.scalar(select(needed)):
                raise NotAllowedNow(f"The dataset {found.name} is needed by a training job that has not ended.")
            connection.execute(delete(datasets).where(datasets.c.id == identifier))
            forget_keys(connection, identifier)
            same = datasets.c.artifact_key == found.artifact.key
            if not connection.scalar(select(exists().where(same))):
                discard(connection, [found.artifact])


def newest_of(connection: Connection, digest: str | None) -> Dataset | None:
    """The newest dataset of a content; None if there is none."""
    newest = select(datasets).where(datasets.c.digest == digest).order_by(datasets.c.created_at.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    return None if row is None else dataset_of(row)


def _one(connection: Connection, condition: ColumnElement[bool], *, lock: bool = True) -> Dataset | None:
    statement = select(datasets).where(condition).limit(1)
    row = connection.execute(statement.with_for_update() if lock else statement).mappings().first()
    return None if row is None else dataset_of(row)


def lock_datasets(connection: Connection, identifiers: Iterable[str]) -> None:
    """Keep datasets from being removed until the transaction ends; NotAllowedNow if one is gone."""
    for identifier in identifiers:
        if _one(connection, datasets.c.id == identifier) is None:
            raise NotAllowedNow(f"The dataset {identifier}, which the job needs, was removed.")

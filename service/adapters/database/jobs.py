"""The rows of jobs: each method is one transaction that locks the row, applies a move of the domain, and records it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from service.adapters.database import events
from service.adapters.database.catalogue import insert_version, lock_version
from service.adapters.database.connection import Database
from service.adapters.database.datasets import lock_datasets
from service.adapters.database.keys import Keys
from service.adapters.database.pages import fetch_page
from service.adapters.database.records import job_of, job_values
from service.adapters.database.tables import jobs
from service.domain.jobs import (
    JSON,
    Claim,
    EpochRecord,
    EventPage,
    Job,
    JobFailure,
    advanced,
    cancelled,
    claimed,
    concluded,
    fenced,
    published,
    recorded,
    renewed,
    resumed,
    settled,
)
from service.domain.models import ModelVersion, VersionDraft
from service.domain.pages import Page, PageRequest
from service.domain.states import OWNED, JobState, Move
from service.errors import NotFound
from service.ports import Clock, EpochCommit
from service.registry_ports import Idempotency


class DatabaseJobs:
    """The job store over a relational database."""

    def __init__(self, database: Database, clock: Clock, keys: Keys | None = None) -> None:
        """Share the database's connections; times are the clock's."""
        self._database = database
        self._clock = clock
        self._keys = keys or Keys()

    def add(self, job: Job, idempotency: Idempotency | None = None) -> tuple[Job, bool]:
        """Insert the job and its key together, so that neither is seen without the other."""
        with self._database.writing() as connection:
            lock_datasets(connection, job.datasets)
            known = self._keys.bind(connection, idempotency, job.id, job.created_at)
            if known is not None:
                return _read(connection, known), False
            lock_version(connection, job.model, job.reproduces)
            connection.execute(insert(jobs).values(job_values(job)))
            events.append(connection, job.id, [events.of_state(job)], job.created_at)
            return job, True

    def recall(self, idempotency: Idempotency) -> Job | None:
        """Look the key up."""
        with self._database.reading() as connection:
            known = self._keys.recall(connection, idempotency, self._clock.now())
            return None if known is None else _read(connection, known)

    def get(self, identifier: str) -> Job:
        """Read one row."""
        with self._database.reading() as connection:
            return _read(connection, identifier)

    def list(self, page: PageRequest, *, state: JobState | None = None, model: str | None = None) -> Page[Job]:
        """Newest first."""
        statement = select(jobs)
        if state is not None:
            statement = statement.where(jobs.c.state == state.value)
        if model is not None:
            statement = statement.where(jobs.c.model == model)
        with self._database.reading() as connection:
            return fetch_page(connection, statement, jobs, page, job_of)

    def owned(self) -> Sequence[Job]:
        """Every row in a state in which an attempt runs it."""
        statement = select(jobs).where(jobs.c.state.in_(sorted(OWNED))).order_by(jobs.c.created_at, jobs.c.id)
        with self._database.reading() as connection:
            return [job_of(row) for row in connection.execute(statement).mappings()]

    def events(self, identifier: str, after: int, limit: int) -> EventPage:
        """Both the events and the state come from one snapshot, so `ended` is exact."""
        with self._database.reading() as connection:
            return events.page(connection, _read(connection, identifier), after, limit)

    def history(self, identifier: str) -> Sequence[EpochRecord]:
        """Every recorded epoch."""
        with self._database.reading() as connection:
            return events.epochs(connection, _read(connection, identifier))

    def claim(self, owner: str, lease: timedelta) -> Job | None:
        """The first of the queued rows that no other supervisor is claiming at this moment."""
        now = self._clock.now()
        first = (
            select(jobs)
            .where(jobs.c.state == JobState.QUEUED.value)
            .order_by(jobs.c.priority.desc(), jobs.c.created_at, jobs.c.id)
            .limit(1)
        )
        with self._database.reading() as connection:
            if connection.execute(first.with_only_columns(jobs.c.id)).first() is None:
                return None  # nobody waits: no need to stand in the writers' way
        with self._database.writing() as connection:
            row = connection.execute(first.with_for_update(skip_locked=True)).mappings().first()
            if row is None:
                return None
            job = claimed(job_of(row), owner, now, now + lease)
            _write(connection, job)
            events.append(connection, job.id, [events.of_state(job)], now)
            return job

    def renew(self, claim: Claim, lease: timedelta) -> Job:
        """Lengthen the lease."""
        until = self._clock.now() + lease
        with self._database.writing() as connection:
            job = renewed(fenced(_read(connection, claim.job, lock=True), claim), until)
            _write(connection, job)
            return job

    def commit(self, claim: Claim, commit: EpochCommit, lease: timedelta) -> Job:
        """Everything an epoch changes, or nothing."""
        now = self._clock.now()
        with self._database.writing() as connection:
            before = fenced(_read(connection, claim.job, lock=True), claim)
            job = advanced(before, commit.checkpoint, commit.epochs, now + lease)
            _write(connection, job)
            events.append(connection, job.id, [*map(events.of_epoch, commit.epochs)], now)
            return job

    def publish(self, claim: Claim, draft: VersionDraft) -> ModelVersion:
        """The version, the job's success and its last event."""
        now = self._clock.now()
        with self._database.writing() as connection:
            before = fenced(_read(connection, claim.job, lock=True), claim)
            job = settled(before, Move.PUBLISH, now)
            version = insert_version(connection, draft, now, before.version)
            job = published(job, version.number)
            _write(connection, job)
            events.append(connection, job.id, [events.of_state(job)], now)
            return version

    def conclude(self, claim: Claim, reproduction: JSON) -> Job:
        """The comparison, the job's success and its last event."""
        now = self._clock.now()
        with self._database.writing() as connection:
            before = fenced(_read(connection, claim.job, lock=True), claim)
            job = concluded(settled(before, Move.PUBLISH, now), reproduction)
            _write(connection, job)
            events.append(connection, job.id, [events.of_state(job)], now)
            return job

    def settle(
        self, claim: Claim, move: Move, failure: JobFailure | None = None, epochs: Sequence[EpochRecord] = ()
    ) -> Job:
        """The end of an attempt; a requeued or ended job is told of."""
        now = self._clock.now()
        with self._database.writing() as connection:
            before = recorded(fenced(_read(connection, claim.job, lock=True), claim), epochs)
            job = settled(before, move, now, failure)
            _write(connection, job)
            told = [*map(events.of_epoch, epochs), events.of_state(job)]
            events.append(connection, job.id, told, now)
            return job

    def cancel(self, identifier: str) -> Job:
        """Flag the job, or end it if nobody runs it."""
        now = self._clock.now()
        return self._change(identifier, lambda job: cancelled(job, now))

    def resume(self, identifier: str, spec: JSON, epochs: int, time_limit: float | None = None) -> Job:
        """Queue it again while its datasets are there, and the version that it trains again."""
        return self._change(identifier, lambda job: resumed(job, spec, epochs, time_limit), begins=True)

    def _change(self, identifier: str, change: Callable[[Job], Job], *, begins: bool = False) -> Job:
        now = self._clock.now()
        with self._database.writing() as connection:
            before = _read(connection, identifier, lock=True)
            if begins:
                lock_datasets(connection, before.datasets)
                lock_version(connection, before.model, before.reproduces)
            job = change(before)
            if job != before:
                _write(connection, job)
                events.append(connection, job.id, [events.of_state(job)], now)
            return job


def _read(connection: Connection, identifier: str, *, lock: bool = False) -> Job:
    statement = select(jobs).where(jobs.c.id == identifier)
    row = connection.execute(statement.with_for_update() if lock else statement).mappings().first()
    if row is None:
        raise NotFound(f"There is no training job with the identifier {identifier!r}.")
    return job_of(row)


def _write(connection: Connection, job: Job) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(job_values(job)))

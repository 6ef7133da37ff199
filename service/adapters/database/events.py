"""The story of a job, kept in its order and without gaps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from service.adapters.database.records import epoch_of, event_of, failure_json
from service.adapters.database.tables import job_events
from service.domain.jobs import EpochRecord, EventKind, EventPage, Job
from service.domain.states import TERMINAL

Entry = tuple[EventKind, dict[str, Any]]


def of_state(job: Job) -> Entry:
    """The event of a new state; a last one is told as the end."""
    data: dict[str, Any] = {"state": job.state.value, "attempt": job.attempt, "crashes": job.crashes}
    if job.state not in TERMINAL:
        return EventKind.STATE, data
    data |= {"model": job.model, "version": job.version, "epoch": job.epoch, "metrics": job.metrics}
    if job.reproduces is not None:
        data |= {"reproduces": job.reproduces, "reproduction": job.reproduction}
    data["error"] = None if job.failure is None else failure_json(job.failure)
    return EventKind.END, data


def of_epoch(record: EpochRecord) -> Entry:
    """The event of an epoch."""
    data = {"epoch": record.epoch, "epochs": record.epochs, "metrics": record.metrics, "seconds": record.seconds}
    return EventKind.EPOCH, data


def append(connection: Connection, job: str, entries: Sequence[Entry], now: datetime) -> None:
    """Add events behind the last; the job's row must be locked, or new, in this transaction."""
    if not entries:
        return
    last = connection.scalar(select(func.max(job_events.c.sequence)).where(job_events.c.job == job)) or 0
    rows = [
        {"job": job, "sequence": sequence, "kind": kind.value, "data": data, "created_at": now}
        for sequence, (kind, data) in enumerate(entries, last + 1)
    ]
    connection.execute(insert(job_events), rows)


def page(connection: Connection, job: Job, after: int, limit: int) -> EventPage:
    """Events behind a sequence number; one more is fetched to know whether these are the last."""
    statement = (
        select(job_events)
        .where(job_events.c.job == job.id, job_events.c.sequence > after)
        .order_by(job_events.c.sequence)
        .limit(limit + 1)
    )
    rows = connection.execute(statement).mappings().all()
    ended = job.state in TERMINAL and len(rows) <= limit
    return EventPage(tuple(event_of(row) for row in rows[:limit]), ended)


def epochs(connection: Connection, job: Job) -> Sequence[EpochRecord]:
    """Every epoch that was recorded."""
    statement = (
        select(job_events.c.data)
        .where(job_events.c.job == job.id, job_events.c.kind == EventKind.EPOCH.value)
        .order_by(job_events.c.sequence)
    )
    return [epoch_of(data) for data in connection.scalars(statement)]

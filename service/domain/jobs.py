"""Training jobs: the durable row, the moves that change it, and the events that tell of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.domain.artifacts import Artifact
from service.domain.origin import Origin
from service.domain.states import JobState, Move, moved
from service.errors import Fenced, NotAllowedNow

JSON = Mapping[str, Any]

LOWEST_PRIORITY, HIGHEST_PRIORITY = -100, 100

LONGEST_TIME_LIMIT = 366 * 24 * 3600.0

CRASHES_ALLOWED = 3
"""A job whose process died this often is buried: it would take its worker down again."""


class FailureCode(StrEnum):
    """Why a job failed; lower case on the wire."""

    DIVERGED = "diverged"
    INVALID_SPEC = "invalid_spec"
    INVALID_SERIES = "invalid_series"
    DATA_LOSS = "data_loss"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    STORAGE_FULL = "storage_full"
    TIME_LIMIT = "time_limit"
    INTERNAL = "internal"


@dataclass(frozen=True)
class JobFailure:
    """Why a job failed; a divergence also has its 1-based epoch and step."""

    code: FailureCode
    message: str
    epoch: int | None = None
    step: int | None = None


@dataclass(frozen=True)
class Checkpoint:
    """From where a job goes on: after `epoch` epochs, with these stored bytes."""

    epoch: int
    artifact: Artifact


@dataclass(frozen=True)
class Claim:
    """The right to run a job; `attempt` is the fence: an older one moves nothing."""

    job: str
    attempt: int


@dataclass(frozen=True)
class Lease:
    """Who runs a job; `renewals` changes with every renewal, so that others see life without trusting clocks."""

    owner: str
    renewals: int
    until: datetime


@dataclass(frozen=True)
class Job:
    """One row: everything needed to run it, to go on with it, and to tell of it."""

    id: str
    model: str
    dataset: str
    dataset_digest: str
    spec: JSON
    epochs: int
    created_at: datetime
    priority: int = 0
    """Among the queued, the highest is claimed first, and of equals the oldest."""
    time_limit: float | None = None
    """Seconds of training, over all attempts, after which the job ends with what it has."""
    state: JobState = JobState.QUEUED
    attempt: int = 0
    crashes: int = 0
    lease: Lease | None = None
    checkpoint: Checkpoint | None = None
    epoch: int = 0
    seconds: float = 0.0
    """What the recorded epochs took, since the job was submitted or resumed."""
    metrics: JSON | None = None
    version: int | None = None
    failure: JobFailure | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reproduces: int | None = None
    """The number of the version that is trained again, of a job that publishes none."""
    reproduction: JSON | None = None
    """Of such a job: what was `recorded` and, once it has succeeded, `found` and how the environments differ."""
    origin: Origin | None = None
    validation_dataset: str | None = None
    """What it validates on, where that is a dataset of its own, and its digest; None if cases are kept back."""
    validation_dataset_digest: str | None = None

    @property
    def claim(self) -> Claim:
        """The present attempt."""
        return Claim(self.id, self.attempt)

    @property
    def datasets(self) -> tuple[str, ...]:
        """The identifiers of what it trains on and, if that is another, of what it validates on; in order."""
        return tuple(sorted({self.dataset, self.validation_dataset or self.dataset}))

    @property
    def seconds_left(self) -> float | None:
        """Until the time limit; None without one."""
        return None if self.time_limit is None else max(self.time_limit - self.seconds, 0.0)

    @property
    def cancel(self) -> bool:
        """Whether the attempt is to end at the next chance."""
        return self.state is JobState.CANCELLING


@dataclass(frozen=True)
class EpochRecord:
    """One epoch as it is told: 1-based, of how many, its metrics and its seconds."""

    epoch: int
    epochs: int
    metrics: JSON
    seconds: float


class EventKind(StrEnum):
    """What an event tells."""

    STATE = "state"
    EPOCH = "epoch"
    END = "end"


@dataclass(frozen=True)
class JobEvent:
    """One entry of a job's story; `sequence` counts from 1 without gaps."""

    job: str
    sequence: int
    kind: EventKind
    data: JSON
    created_at: datetime


@dataclass(frozen=True)
class EventPage:
    """Events behind a sequence; `ended` when the job has ended and nothing follows these."""

    events: tuple[JobEvent, ...]
    ended: bool


def fenced(job: Job, claim: Claim) -> Job:
    """The job, if the claim still holds; Fenced if another attempt, or none, has it now."""
    if job.id != claim.job or job.attempt != claim.attempt or job.lease is None:
        raise Fenced(f"Attempt {claim.attempt} of {claim.job} no longer owns the job, now at attempt {job.attempt}.")
    return job


def claimed(job: Job, owner: str, now: datetime, until: datetime) -> Job:
    """The job as it begins its next attempt."""
    return replace(
        job,
        state=moved(job.state, Move.CLAIM),
        attempt=job.attempt + 1,
        lease=Lease(owner, 0, until),
        started_at=job.started_at or now,
    )


def renewed(job: Job, until: datetime) -> Job:
    """The job with its lease renewed."""
    if job.lease is None:
        raise Fenced(f"Nobody holds a lease on {job.id}.")
    return replace(job, lease=replace(job.lease, renewals=job.lease.renewals + 1, until=until))


def recorded(job: Job, epochs: Sequence[EpochRecord]) -> Job:
    """The job with more epochs told of; Fenced unless they follow on those that are."""
    expected = range(job.epoch + 1, job.epoch + 1 + len(epochs))
    if [record.epoch for record in epochs] != list(expected):
        raise Fenced(f"The epochs committed to {job.id} do not follow on epoch {job.epoch}.")
    if not epochs:
        return job
    seconds = job.seconds + sum(record.seconds for record in epochs)
    return replace(job, epoch=epochs[-1].epoch, metrics=epochs[-1].metrics, seconds=seconds)


def advanced(job: Job, checkpoint: Checkpoint, epochs: Sequence[EpochRecord], until: datetime) -> Job:
    """The job after a commit of epochs: its lease renewed and its checkpoint moved on."""
    moved(job.state, Move.COMMIT)
    after = recorded(renewed(job, until), epochs)
    before = 0 if job.checkpoint is None else job.checkpoint.epoch
    if not before < checkpoint.epoch <= after.epoch:
        raise Fenced(f"A checkpoint of epoch {checkpoint.epoch} does not follow on epoch {before} of {job.id}.")
    return replace(after, checkpoint=checkpoint)


def published(job: Job, version: int) -> Job:
    """The job that has succeeded, with the version it made."""
    return replace(job, version=version)


def concluded(job: Job, reproduction: JSON) -> Job:
    """The job that has trained a version again, with what came of it."""
    return replace(job, reproduction={**(job.reproduction or {}), **reproduction})


def settled(job: Job, move: Move, now: datetime, failure: JobFailure | None = None) -> Job:
    """The job after its attempt ended by `move`; the third crash becomes a burial."""
    crashes = job.crashes + (move is Move.CRASH)
    state = moved(job.state, Move.BURY if crashes >= CRASHES_ALLOWED and move is Move.CRASH else move)
    return replace(
        job,
        state=state,
        crashes=crashes,
        lease=None,
        failure=failure if state is JobState.FAILED else None,
        finished_at=None if state is JobState.QUEUED else now,
    )


def cancelled(job: Job, now: datetime) -> Job:
    """The job after a user asked for its end: at once if nobody runs it."""
    state = moved(job.state, Move.CANCEL)
    ended = state is JobState.CANCELLED and job.state is not JobState.CANCELLED
    return replace(job, state=state, finished_at=now if ended else job.finished_at)


def resumed(job: Job, spec: JSON, epochs: int, time_limit: float | None = None) -> Job:
    """The ended job, queued again to go on from its checkpoint up to `epochs`; its time is counted anew."""
    state = moved(job.state, Move.RESUME)
    if epochs < job.epoch or (job.state is JobState.SUCCEEDED and epochs <= job.epoch):
        message = f"The job has trained {job.epoch} epochs already: resume it with more than that, not {epochs}."
        raise NotAllowedNow(message)
    job = replace(job, state=state, spec=spec, epochs=epochs, time_limit=time_limit)
    return replace(job, seconds=0.0, crashes=0, failure=None, finished_at=None)

"""One attempt: from the row's checkpoint to a published version, committing on the way."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from model.data.series import Series
from model.errors import Diverged, InvalidArchive, InvalidSeries, InvalidSpec, ModelError
from model.training.checkpoint import Checkpoint
from model.training.reproduction import Reproduction
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from service.domain.datasets import Dataset
from service.domain.jobs import Claim, EpochRecord, FailureCode, Job, JobFailure, fenced
from service.domain.models import VersionDraft
from service.domain.states import Move
from service.errors import (
    Corrupt,
    DeadlineExceeded,
    Fenced,
    NotAllowedNow,
    ServiceError,
    StorageFull,
    Unavailable,
)
from service.jobs.interruption import Interruption, Stopped, TimeUp
from service.jobs.publication import draft, withdraw
from service.jobs.recorder import Recorder
from service.ports import ArtifactStore, Clock, DatasetStore, JobStore, Log
from service.telemetry.traces import Traces
from service.usecases.stored_series import unpack

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between tries when the database does not answer; the supervisor keeps the lease meanwhile."""

Answer = TypeVar("Answer")


class Away(Unavailable):
    """The database did not answer for as long as an attempt waits."""


class OutOfTime(DeadlineExceeded):
    """The time limit passed before there was anything to publish."""


@dataclass(frozen=True)
class Attempt:
    """Everything one attempt needs of the world."""

    claim: Claim
    jobs: JobStore
    datasets: DatasetStore
    artifacts: ArtifactStore
    clock: Clock
    interruption: Interruption
    log: Log
    lease: timedelta
    traces: Traces = field(default_factory=Traces)


def run(attempt: Attempt) -> None:
    """Train, publish and settle; a job that is another's now is left alone without a word."""
    try:
        job = fenced(patiently(lambda: attempt.jobs.get(attempt.claim.job)), attempt.claim)
        recorder = Recorder(job, attempt.jobs, attempt.artifacts, attempt.clock, attempt.lease)
        move, failure = _tried(attempt, job, recorder)
        if move is not Move.PUBLISH:
            patiently(lambda: _settled(attempt, recorder, move, failure))
    except Fenced as error:
        attempt.log.info("attempt_fenced", reason=error.message)


def _settled(attempt: Attempt, recorder: Recorder, move: Move, failure: JobFailure | None) -> Job:
    recorder.look_again()
    return attempt.jobs.settle(attempt.claim, move, failure, recorder.pending)


def _tried(attempt: Attempt, job: Job, recorder: Recorder) -> tuple[Move, JobFailure | None]:
    """Train, and say how it ended; what the job is not to blame for is raised."""
    try:
        return _trained(attempt, job, recorder), None
    except Stopped:
        return Move.STOP, None
    except (Fenced, Unavailable):
        raise
    except Exception as error:
        failure = _failure(error)
        if failure.code is FailureCode.INTERNAL:
            attempt.log.exception("training_failed")
        return Move.FAIL, failure


def _trained(attempt: Attempt, job: Job, recorder: Recorder) -> Move:
    dataset, validation = patiently(lambda: attempt.datasets.get(job.dataset)), _validation(attempt, job)
    trainer = _trainer(attempt, job, dataset, validation)
    wishes = attempt.interruption
    try:
        with wishes.limited(job.seconds_left):
            for report in wishes.each(iter(trainer.epochs())):
                recorder.add(EpochRecord(report.epoch, report.epochs, report.metrics, report.seconds))
                attempt.traces.ended("epoch", report.seconds, epoch=report.epoch, loss=report.metrics["loss"])
                if (recorder.due or wishes.hand_back) and _committed(attempt, recorder, trainer):
                    return Move.STOP
                if wishes.hand_back:
                    return Move.INTERRUPT
        patiently(lambda: recorder.commit(trainer.checkpoint))
    except TimeUp:
        trainer = _trainer(attempt, _at_last_commit(attempt, job, recorder), dataset, validation)
    if isinstance(trainer, Reproduction):
        return _concluded(attempt, trainer)
    with wishes.breakable(), attempt.traces.part("publication"):
        finished = draft(job, dataset, trainer.pipeline(), attempt.artifacts, attempt.log, validation)
    return _published(attempt, finished)


def _trainer(attempt: Attempt, job: Job, dataset: Dataset, validation: Dataset | None) -> Trainer | Reproduction:
    """Who trains, or trains again, at the job's checkpoint or at the beginning."""
    spec = TrainingSpec.from_json(dict(job.spec))
    state = None if job.checkpoint is None else attempt.artifacts.get(job.checkpoint.artifact)
    checkpoint = None if state is None else Checkpoint.read(state)
    series, others = _opened(attempt, dataset), None if validation is None else _opened(attempt, validation)
    if job.reproduction is not None:
        return Reproduction(series, spec, job.reproduction["recorded"], checkpoint, others)
    return Trainer(series, spec, checkpoint, others)


def _validation(attempt: Attempt, job: Job) -> Dataset | None:
    """The dataset to validate on, where there is one; none can be removed while a job needs it."""
    named = job.validation_dataset
    return None if named is None else patiently(lambda: attempt.datasets.get(named))


def _opened(attempt: Attempt, dataset: Dataset) -> Series:
    path = attempt.artifacts.path(dataset.artifact)
    return unpack(path if path is not None else attempt.artifacts.get(dataset.artifact))


def _at_last_commit(attempt: Attempt, job: Job, recorder: Recorder) -> Job:
    """The job as it was before the epoch that the time limit broke into; OutOfTime if nothing was committed."""
    if recorder.checkpoint is None:
        raise OutOfTime(f"Not one epoch was trained within the time limit of {job.time_limit:g} s.")
    attempt.log.info("time_is_up", epoch=recorder.checkpoint.epoch)
    return replace(job, checkpoint=recorder.checkpoint)


def _committed(attempt: Attempt, recorder: Recorder, trainer: Trainer | Reproduction) -> bool:
    """Commit, and answer whether the job is to be cancelled; a database that is away is tried again next time."""
    try:
        return recorder.commit(trainer.checkpoint)
    except (Unavailable, StorageFull) as error:
        attempt.log.warning("commit_postponed", reason=error.message)
        return False


def _published(attempt: Attempt, finished: VersionDraft) -> Move:
    try:
        version = patiently(lambda: attempt.jobs.publish(attempt.claim, finished))
    except NotAllowedNow:  # it is being cancelled
        withdraw(finished, attempt.artifacts)
        return Move.STOP
    attempt.log.info("version_published", model=version.model, version=version.number)
    return Move.PUBLISH


def _concluded(attempt: Attempt, again: Reproduction) -> Move:
    with attempt.interruption.breakable():
        found = again.comparison()
    told = {"found": found.found, "differences": {name: list(pair) for name, pair in found.differences.items()}}
    try:
        patiently(lambda: attempt.jobs.conclude(attempt.claim, told))
    except NotAllowedNow:  # it is being cancelled
        return Move.STOP
    attempt.log.info("reproduction_concluded", identical=found.identical)
    return Move.PUBLISH


FAILURES: dict[type, FailureCode] = {
    Diverged: FailureCode.DIVERGED,
    InvalidSpec: FailureCode.INVALID_SPEC,
    InvalidSeries: FailureCode.INVALID_SERIES,
    InvalidArchive: FailureCode.DATA_LOSS,
    Corrupt: FailureCode.DATA_LOSS,
    StorageFull: FailureCode.STORAGE_FULL,
    OutOfTime: FailureCode.TIME_LIMIT,
    MemoryError: FailureCode.OUT_OF_MEMORY,
}


def _failure(error: Exception) -> JobFailure:
    known = (FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)  # NumPy's MemoryError is its own
    code = next(known, FailureCode.INTERNAL)
    if isinstance(error, Diverged):
        return JobFailure(code, error.message, error.epoch, error.step)
    if isinstance(error, ModelError | ServiceError) and code is not FailureCode.INTERNAL:
        return JobFailure(code, error.message)
    if code is FailureCode.OUT_OF_MEMORY:
        return JobFailure(code, "There was not enough memory; a smaller batch_size or network needs less.")
    return JobFailure(code, "The training failed by a fault of the service; its log tells more.")


def patiently(act: Callable[[], Answer]) -> Answer:
    """Read or write rows, and try again while the database does not answer; Away if it still does not."""
    for pause in PAUSES:
        try:
            return act()
        except Unavailable:
            time.sleep(pause)
    try:
        return act()
    except Unavailable as error:
        raise Away(error.message) from error

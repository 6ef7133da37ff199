"""The moves of a job, without any store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.jobs import (
    CRASHES_ALLOWED,
    Checkpoint,
    Claim,
    FailureCode,
    Job,
    JobFailure,
    advanced,
    cancelled,
    claimed,
    fenced,
    recorded,
    resumed,
    settled,
)
from service.domain.states import JobState, Move
from service.errors import Fenced, NotAllowedNow
from tests.records import an_artifact, an_epoch

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
FAILURE = JobFailure(FailureCode.CRASHED, "It died.")


@pytest.fixture
def queued() -> Job:
    return Job("job_1", "m", "ds_1", "digest", {"training": {"epochs": 9}}, 9, NOW)


@pytest.fixture
def running(queued: Job) -> Job:
    return claimed(queued, "host:a", NOW, LATER)


def test_each_claim_raises_the_fence(running: Job) -> None:
    again = claimed(settled(running, Move.INTERRUPT, NOW), "host:b", LATER, LATER)
    assert (running.attempt, again.attempt) == (1, 2)
    assert again.started_at == running.started_at


@pytest.mark.parametrize("claim", [Claim("job_1", 0), Claim("job_1", 2), Claim("job_2", 1)])
def test_another_attempt_is_fenced(running: Job, claim: Claim) -> None:
    with pytest.raises(Fenced):
        fenced(running, claim)


def test_an_attempt_whose_job_was_settled_is_fenced(running: Job) -> None:
    with pytest.raises(Fenced):
        fenced(settled(running, Move.INTERRUPT, NOW), running.claim)


def test_a_commit_renews_the_lease_and_moves_the_checkpoint(running: Job) -> None:
    after = advanced(running, Checkpoint(2, an_artifact()), [an_epoch(1), an_epoch(2)], LATER)
    assert (after.epoch, after.checkpoint, after.metrics) == (2, Checkpoint(2, an_artifact()), {"loss": 0.5})
    assert after.lease is not None
    assert after.lease.renewals == 1


@pytest.mark.parametrize("numbers", [[2], [1, 3], [0], [1, 1]])
def test_epochs_must_follow_on_each_other(running: Job, numbers: list[int]) -> None:
    with pytest.raises(Fenced):
        recorded(running, [replace(an_epoch(1), epoch=number) for number in numbers])


def test_a_checkpoint_must_not_go_back(running: Job) -> None:
    after = advanced(running, Checkpoint(2, an_artifact()), [an_epoch(1), an_epoch(2)], LATER)
    with pytest.raises(Fenced):
        advanced(after, Checkpoint(2, an_artifact("other")), [], LATER)


def test_a_checkpoint_of_epochs_that_were_told_of_already_moves_without_telling_again(running: Job) -> None:
    told = recorded(running, [an_epoch(1), an_epoch(2)])
    assert advanced(told, Checkpoint(1, an_artifact()), [], LATER).epoch == 2


def test_the_last_crash_that_is_allowed_buries_the_job(running: Job) -> None:
    job = running
    for _ in range(CRASHES_ALLOWED - 1):
        job = settled(job, Move.CRASH, NOW, FAILURE)
        assert (job.state, job.failure, job.finished_at) == (JobState.QUEUED, None, None)
        job = claimed(job, "host:a", NOW, LATER)
    job = settled(job, Move.CRASH, NOW, FAILURE)
    assert (job.state, job.failure, job.finished_at) == (JobState.FAILED, FAILURE, NOW)


def test_interruptions_are_not_counted_as_crashes(running: Job) -> None:
    job = running
    for _ in range(2 * CRASHES_ALLOWED):
        job = claimed(settled(job, Move.INTERRUPT, NOW), "host:a", NOW, LATER)
    assert job.crashes == 0


def test_a_queued_job_is_cancelled_at_once(queued: Job) -> None:
    job = cancelled(queued, NOW)
    assert (job.state, job.finished_at) == (JobState.CANCELLED, NOW)


def test_a_running_job_is_only_flagged(running: Job) -> None:
    job = cancelled(running, NOW)
    assert (job.state, job.cancel, job.finished_at) == (JobState.CANCELLING, True, None)


def test_cancelling_twice_changes_nothing(queued: Job) -> None:
    once = cancelled(queued, NOW)
    assert cancelled(once, LATER) == once


def test_a_failure_found_while_cancelling_is_not_kept(running: Job) -> None:
    job = settled(cancelled(running, NOW), Move.FAIL, NOW, FAILURE)
    assert (job.state, job.failure) == (JobState.CANCELLED, None)


def test_a_resumed_job_forgets_its_crashes_and_its_failure(running: Job) -> None:
    failed = settled(running, Move.FAIL, NOW, FAILURE)
    job = resumed(replace(failed, crashes=2), failed.spec, 9)
    assert (job.state, job.crashes, job.failure, job.finished_at) == (JobState.QUEUED, 0, None, None)


def test_a_job_that_succeeded_needs_more_epochs_to_go_on(running: Job) -> None:
    job = settled(recorded(running, [an_epoch(1), an_epoch(2), an_epoch(3)]), Move.PUBLISH, NOW)
    with pytest.raises(NotAllowedNow, match="more than that"):
        resumed(job, job.spec, 3)
    assert resumed(job, job.spec, 4).epochs == 4

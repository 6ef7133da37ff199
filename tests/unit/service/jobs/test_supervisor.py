"""The supervisor, with attempts that end when the test says so and a clock that it turns."""

import threading

import pytest

from service.domain.jobs import CRASHES_ALLOWED, FailureCode
from service.domain.states import JobState
from service.errors import Unavailable
from service.jobs.supervisor import SETTLEMENTS, Supervisor
from service.ports import Ending
from tests.fakes import FakeClock, FakeEngine
from tests.records import a_draft
from tests.stores import Stores
from tests.supervisors import state, submit


def test_every_ending_is_settled() -> None:
    assert set(SETTLEMENTS) == set(Ending)


def test_no_more_jobs_run_than_are_allowed(stores: Stores, supervisor: Supervisor, engine: FakeEngine) -> None:
    jobs = submit(stores, 3)
    supervisor.tick()
    assert [attempt.claim.job for attempt in engine.attempts] == [job.id for job in jobs[:2]]
    assert state(stores, jobs[2]) is JobState.QUEUED


def test_the_next_job_runs_when_one_has_ended(stores: Stores, supervisor: Supervisor, engine: FakeEngine) -> None:
    submit(stores, 3)
    supervisor.tick()
    first = engine.attempts[0]
    stores.jobs.publish(first.claim, a_draft(stores.jobs.get(first.claim.job)))
    first.end(Ending.EXITED)
    supervisor.tick()
    assert len(engine.attempts) == 3


def test_leases_are_renewed_while_the_process_lives(stores: Stores, supervisor: Supervisor, clock: FakeClock) -> None:
    (job,) = submit(stores)
    supervisor.tick()
    for _ in range(100):
        clock.turn(1)
        supervisor.tick()
    lease = stores.jobs.get(job.id).lease
    assert lease is not None
    assert lease.renewals == 10
    assert lease.until > clock.now()


def test_a_cancelled_job_is_stopped_and_then_killed(
    stores: Stores, supervisor: Supervisor, engine: FakeEngine, clock: FakeClock
) -> None:
    (job,) = submit(stores)
    supervisor.tick()
    stores.jobs.cancel(job.id)
    supervisor.tick()
    supervisor.tick()
    assert engine.attempts[0].told == ["stop"]
    clock.turn(1.6)
    supervisor.tick()
    assert engine.attempts[0].told == ["stop", "kill"]
    supervisor.tick()
    assert state(stores, job) is JobState.CANCELLED


@pytest.mark.parametrize("ending", [Ending.CRASHED, Ending.EXITED])
def test_a_job_whose_process_dies_is_tried_three_times(
    stores: Stores, supervisor: Supervisor, engine: FakeEngine, ending: Ending
) -> None:
    (job,) = submit(stores)
    for _ in range(CRASHES_ALLOWED):
        supervisor.tick()
        engine.attempts[-1].end(ending)
    supervisor.tick()
    found = stores.jobs.get(job.id)
    assert len(engine.attempts) == CRASHES_ALLOWED
    assert found.failure is not None
    assert (found.state, found.failure.code, found.crashes) == (JobState.FAILED, FailureCode.CRASHED, CRASHES_ALLOWED)
    assert found.failure.message.endswith("the last was ended by the test."), "of what it died"


def test_the_highest_priority_runs_first(stores: Stores, supervisor: Supervisor, engine: FakeEngine) -> None:
    jobs = submit(stores, 4, priorities=(0, -5, 7, 7))
    for _ in jobs:
        supervisor.tick()
        attempt = next(attempt for attempt in engine.attempts if attempt.how is None)
        stores.jobs.publish(attempt.claim, a_draft(stores.jobs.get(attempt.claim.job)))
        attempt.end(Ending.EXITED)
    assert [attempt.claim.job for attempt in engine.attempts] == [jobs[index].id for index in (2, 3, 0, 1)]


def test_a_job_that_kills_its_worker_does_not_hold_up_the_others(
    stores: Stores, supervisor: Supervisor, engine: FakeEngine
) -> None:
    poison, *others = submit(stores, 4)
    for _ in range(20):
        supervisor.tick()
        for attempt in engine.attempts:
            if attempt.how is None and attempt.claim.job == poison.id:
                attempt.end(Ending.CRASHED)
            elif attempt.how is None:
                stores.jobs.publish(attempt.claim, a_draft(stores.jobs.get(attempt.claim.job)))
                attempt.end(Ending.EXITED)
    assert [state(stores, job) for job in (poison, *others)] == [JobState.FAILED, *[JobState.SUCCEEDED] * 3]


def test_a_lack_of_memory_fails_the_job_at_once(stores: Stores, supervisor: Supervisor, engine: FakeEngine) -> None:
    (job,) = submit(stores)
    supervisor.tick()
    engine.attempts[0].end(Ending.OUT_OF_MEMORY)
    supervisor.tick()
    failure = stores.jobs.get(job.id).failure
    assert failure is not None
    assert failure.code is FailureCode.OUT_OF_MEMORY


def test_a_database_that_was_away_is_no_fault_of_the_job(
    stores: Stores, supervisor: Supervisor, engine: FakeEngine
) -> None:
    (job,) = submit(stores)
    for attempts in range(1, 2 * CRASHES_ALLOWED):
        supervisor.tick()
        assert len(engine.attempts) == attempts
        engine.attempts[-1].end(Ending.AWAY)
    supervisor.tick()
    assert (state(stores, job), stores.jobs.get(job.id).crashes) == (JobState.RUNNING, 0)


def test_an_engine_that_cannot_start_gives_up_in_the_end(
    stores: Stores, supervisor: Supervisor, engine: FakeEngine
) -> None:
    (job,) = submit(stores)
    engine.broken = True
    for _ in range(CRASHES_ALLOWED):
        supervisor.tick()
    assert state(stores, job) is JobState.FAILED


def test_a_drained_supervisor_hands_its_jobs_back(
    stores: Stores, supervisor: Supervisor, engine: FakeEngine, clock: FakeClock
) -> None:
    jobs = submit(stores, 3)
    supervisor.tick()
    supervisor.drain()
    supervisor.tick()
    first, second = engine.attempts
    assert (first.told, second.told) == (["hand back"], ["hand back"])
    first.end(Ending.EXITED)
    clock.turn(20)
    supervisor.tick()
    assert second.told == ["hand back", "kill"]
    supervisor.tick()
    found = [stores.jobs.get(job.id) for job in jobs]
    assert [job.state for job in found] == [JobState.QUEUED] * 3
    assert found[1].crashes == 0
    assert supervisor.running == 0


def test_a_claim_that_was_lost_sight_of_is_queued_again(stores: Stores, supervisor: Supervisor) -> None:
    (job,) = submit(stores)
    stores.jobs.claim(supervisor.liveness.owner, supervisor._lease)
    supervisor.tick()
    assert stores.jobs.get(job.id).attempt == 2


def test_a_database_that_is_away_is_waited_for(
    stores: Stores, supervisor: Supervisor, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = submit(stores)
    supervisor.tick()
    engine.attempts[0].end(Ending.CRASHED)

    def away(*_arguments: object) -> None:
        raise Unavailable("The database is busy.")

    with monkeypatch.context() as patch:
        patch.setattr(stores.jobs.__class__, "settle", away)
        with pytest.raises(Unavailable):
            supervisor.tick()
    supervisor.tick()
    assert stores.jobs.get(job.id).crashes == 1


def test_a_woken_supervisor_looks_at_once_and_a_drained_one_ends(
    stores: Stores, supervisor: Supervisor, engine: FakeEngine
) -> None:
    started = threading.Event()
    real = engine.start
    engine.start = lambda claim, ended: (started.set(), real(claim, ended))[1]  # type: ignore[method-assign]
    supervisor.start()
    submit(stores)
    supervisor.wake()
    assert started.wait(10)
    attempt = engine.attempts[0]
    attempt.hand_back = lambda: attempt.end(Ending.EXITED)  # type: ignore[method-assign]
    supervisor.drain()
    assert supervisor.running == 0

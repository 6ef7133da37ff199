"""Several supervisors: what becomes of the jobs of one that is dead or silent."""

from pathlib import Path

import pytest

from service.domain.states import JobState
from service.errors import Fenced
from service.jobs.supervisor import Supervisor
from tests.fakes import FakeClock, FakeEngine
from tests.records import a_commit
from tests.stores import Stores
from tests.supervisors import SUPERVISION, Hosts, state, submit


def test_the_jobs_of_a_dead_supervisor_are_taken_over_at_once(
    stores: Stores, hosts: Hosts, supervisor: Supervisor, engine: FakeEngine
) -> None:
    (job,) = submit(stores)
    supervisor.tick()
    stale = engine.attempts[0].claim
    other, its_engine = hosts.another()
    other.tick()
    assert its_engine.attempts == []
    _die(supervisor)
    other.tick()
    assert [attempt.claim for attempt in its_engine.attempts] == [stores.jobs.get(job.id).claim]
    with pytest.raises(Fenced):
        stores.jobs.commit(stale, a_commit(job, 1), other._lease)


def test_a_cancelled_job_of_a_dead_supervisor_is_cancelled(
    stores: Stores, hosts: Hosts, supervisor: Supervisor
) -> None:
    (job,) = submit(stores)
    supervisor.tick()
    stores.jobs.cancel(job.id)
    other, _ = hosts.another()
    _die(supervisor)
    other.tick()
    assert state(stores, job) is JobState.CANCELLED


def test_the_jobs_of_a_silent_supervisor_are_taken_over_after_the_lease(
    stores: Stores, hosts: Hosts, supervisor: Supervisor, engine: FakeEngine, clock: FakeClock
) -> None:
    submit(stores)
    supervisor.tick()
    other, its_engine = hosts.another()
    for _ in range(30):
        other.tick()
        clock.turn(1)
    assert its_engine.attempts == []
    other.tick()
    assert len(its_engine.attempts) == 1
    supervisor.tick()  # it is back, finds that its job is another's, and ends its process
    clock.turn(SUPERVISION.lease)
    supervisor.tick()
    assert engine.attempts[0].told == ["kill"]


def test_a_clock_that_jumps_ends_no_lease(
    stores: Stores, hosts: Hosts, supervisor: Supervisor, clock: FakeClock
) -> None:
    submit(stores)
    supervisor.tick()
    other, its_engine = hosts.another()
    for jump in (86400, -2 * 86400):
        other.tick()
        clock.jump(jump)
        other.tick()
    assert its_engine.attempts == []


def test_the_dead_are_buried_once_nothing_is_theirs(
    stores: Stores, hosts: Hosts, supervisor: Supervisor, tmp_path: Path
) -> None:
    submit(stores)
    supervisor.tick()
    other, _ = hosts.another()
    _die(supervisor)
    other.tick()
    assert len(list((tmp_path / "supervisors").iterdir())) == 2
    other.tick()
    assert [path.stem for path in (tmp_path / "supervisors").iterdir()] == [other.liveness.owner.rpartition(":")[2]]


def _die(supervisor: Supervisor) -> None:
    """What the kernel does when a process ends: the lock is let go, the file stays."""
    path = supervisor.liveness._path
    supervisor.liveness.close()
    path.touch()
    supervisor.liveness.close = lambda: None  # type: ignore[method-assign]

"""Epochs are told of once, and writing takes a bounded share of the time."""

from datetime import timedelta
from typing import Any

import pytest

from service.domain.jobs import Job
from service.domain.states import Move
from service.errors import Fenced, Unavailable
from service.jobs.recorder import SHORTEST_INTERVAL, WRITING_SHARE, Recorder
from tests.fakes import FakeClock
from tests.records import a_dataset, a_job, an_epoch
from tests.stores import Stores

LEASE = timedelta(seconds=30)


@pytest.fixture
def running(stores: Stores) -> Job:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    stores.jobs.add(a_job(stores.clock, dataset))
    job = stores.jobs.claim("host:a", LEASE)
    assert job is not None
    return job


def recorder(stores: Stores, job: Job) -> Recorder:
    return Recorder(job, stores.jobs, stores.artifacts, stores.clock, LEASE)


def test_the_first_epoch_is_due_at_once(stores: Stores, running: Job) -> None:
    assert recorder(stores, running).due


def test_short_epochs_are_gathered_into_one_commit(stores: Stores, clock: FakeClock, running: Job) -> None:
    recording = recorder(stores, running)
    commits = 0
    for number in range(1, 101):
        clock.turn(0.01)
        recording.add(an_epoch(number))
        if recording.due:
            recording.commit(lambda: b"state")
            commits += 1
    recording.commit(lambda: b"state")
    assert commits <= 1 + 1 / SHORTEST_INTERVAL
    assert [record.epoch for record in stores.jobs.history(running.id)] == list(range(1, 101))


def test_long_epochs_are_committed_one_by_one(stores: Stores, clock: FakeClock, running: Job) -> None:
    recording = recorder(stores, running)
    for number in range(1, 6):
        clock.turn(1)
        recording.add(an_epoch(number))
        assert recording.due
        recording.commit(lambda: b"state")


def test_slow_writing_is_done_less_often(stores: Stores, clock: FakeClock, running: Job) -> None:
    def slowly() -> bytes:
        clock.turn(1.0)
        return b"state"

    recording = recorder(stores, running)
    recording.add(an_epoch(1))
    recording.commit(slowly)
    clock.turn(1 / WRITING_SHARE - 0.1)
    assert not recording.due
    clock.turn(0.2)
    assert recording.due


def test_only_the_newest_checkpoint_is_kept(stores: Stores, running: Job) -> None:
    recording = recorder(stores, running)
    for number in range(1, 4):
        recording.add(an_epoch(number))
        recording.commit(str(number).encode)
    (left,) = stores.artifacts.list("checkpoints/")
    checkpoint = stores.jobs.get(running.id).checkpoint
    assert checkpoint is not None
    assert left.key == checkpoint.artifact.key
    assert stores.artifacts.get(checkpoint.artifact) == b"3"


def test_a_commit_with_nothing_new_writes_nothing(stores: Stores, running: Job) -> None:
    recording = recorder(stores, running)
    recording.add(an_epoch(1))
    recording.commit(lambda: b"state")
    before = stores.jobs.get(running.id)
    recording.commit(lambda: pytest.fail("There is no new state to store."))
    assert stores.jobs.get(running.id) == before


def test_a_commit_tells_of_a_cancellation(stores: Stores, running: Job) -> None:
    stores.jobs.cancel(running.id)
    recording = recorder(stores, running)
    recording.add(an_epoch(1))
    assert recording.commit(lambda: b"state")


def test_a_fenced_commit_leaves_no_checkpoint(stores: Stores, running: Job) -> None:
    recording = recorder(stores, running)
    recording.add(an_epoch(1))
    stores.jobs.settle(running.claim, Move.INTERRUPT)
    with pytest.raises(Fenced):
        recording.commit(lambda: b"state")
    assert not list(stores.artifacts.list("checkpoints/"))


def test_epochs_wait_while_the_database_is_away(stores: Stores, running: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise Unavailable("The database is busy.")

    recording = recorder(stores, running)
    recording.add(an_epoch(1))
    with monkeypatch.context() as patch:
        patch.setattr(stores.jobs.__class__, "commit", away)
        with pytest.raises(Unavailable):
            recording.commit(lambda: b"state")
    recording.add(an_epoch(2))
    recording.commit(lambda: b"state")
    assert [record.epoch for record in stores.jobs.history(running.id)] == [1, 2]


def test_a_commit_whose_answer_was_lost_is_not_made_twice(
    stores: Stores, running: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = stores.jobs.__class__.commit

    def lost(*arguments: Any) -> None:
        real(*arguments)
        raise Unavailable("The connection broke after the commit.")

    recording = recorder(stores, running)
    recording.add(an_epoch(1))
    recording.commit(lambda: b"one")
    recording.add(an_epoch(2))
    with monkeypatch.context() as patch:
        patch.setattr(stores.jobs.__class__, "commit", lost)
        with pytest.raises(Unavailable):
            recording.commit(lambda: b"two")
    recording.look_again()
    assert recording.pending == (), "there is nothing to tell when the job is settled now"
    recording.add(an_epoch(3))
    recording.commit(lambda: b"three")
    assert [record.epoch for record in stores.jobs.history(running.id)] == [1, 2, 3]
    assert len(list(stores.artifacts.list("checkpoints/"))) == 1


def test_a_database_that_stays_away_does_not_fill_the_disk(
    stores: Stores, running: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object) -> None:
        raise Unavailable("The database is busy.")

    recording = recorder(stores, running)
    with monkeypatch.context() as patch:
        patch.setattr(stores.jobs.__class__, "commit", away)
        patch.setattr(stores.jobs.__class__, "get", away)
        for number in range(1, 20):
            recording.add(an_epoch(number))
            with pytest.raises(Unavailable):
                recording.commit(lambda: b"state")
    assert len(list(stores.artifacts.list("checkpoints/"))) == 1
    recording.commit(lambda: b"state")
    assert len(stores.jobs.history(running.id)) == 19
    assert len(list(stores.artifacts.list("checkpoints/"))) == 1


def test_epochs_that_are_computed_again_are_not_told_again(stores: Stores, running: Job) -> None:
    recording = recorder(stores, running)
    recording.add(an_epoch(1))
    recording.commit(lambda: b"one")
    recording.add(an_epoch(2))
    stores.jobs.settle(running.claim, Move.INTERRUPT, epochs=recording.pending)
    job = stores.jobs.claim("host:a", LEASE)
    assert job is not None
    assert (job.epoch, job.checkpoint and job.checkpoint.epoch) == (2, 1)
    again = recorder(stores, job)
    for number in (2, 3):
        again.add(an_epoch(number))
        again.commit(str(number).encode)
    assert [record.epoch for record in stores.jobs.history(running.id)] == [1, 2, 3]

"""What every job store does."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.jobs import EventKind, FailureCode, Job, JobFailure
from service.domain.models import VersionDraft
from service.domain.pages import PageRequest
from service.domain.states import JobState, Move
from service.errors import AlreadyExists, Fenced, NotAllowedNow, NotFound
from service.registry_ports import Idempotency
from tests.fakes import FakeClock
from tests.records import a_commit, a_dataset, a_draft, a_job, an_epoch
from tests.stores import Stores

LEASE = timedelta(seconds=30)
FAILURE = JobFailure(FailureCode.DIVERGED, "It diverged.", epoch=2, step=5)


@pytest.fixture
def queued(stores: Stores) -> Job:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    job, _ = stores.jobs.add(a_job(stores.clock, dataset))
    return job


@pytest.fixture
def running(stores: Stores, queued: Job) -> Job:
    job = stores.jobs.claim("host:a", LEASE)
    assert job is not None
    assert job.id == queued.id
    return job


def test_a_job_comes_back_as_it_was_added(stores: Stores, queued: Job) -> None:
    assert stores.jobs.get(queued.id) == queued


def test_a_job_comes_back_as_it_was_settled(stores: Stores, running: Job) -> None:
    stores.jobs.commit(running.claim, a_commit(running, 1, 2), LEASE)
    failed = stores.jobs.settle(running.claim, Move.FAIL, FAILURE)
    assert stores.jobs.get(running.id) == failed
    assert failed.failure == FAILURE


def test_an_unknown_job_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound, match="job_nope"):
        stores.jobs.get("job_nope")


def test_a_job_needs_its_dataset(stores: Stores) -> None:
    with pytest.raises(NotAllowedNow, match="removed"):
        stores.jobs.add(a_job(stores.clock, a_dataset(stores.clock)))


def test_the_oldest_job_is_claimed_first(stores: Stores, queued: Job) -> None:
    dataset = stores.datasets.get(queued.dataset)
    younger, _ = stores.jobs.add(a_job(stores.clock, dataset))
    claimed = [stores.jobs.claim("host:a", LEASE) for _ in range(3)]
    assert [job and job.id for job in claimed] == [queued.id, younger.id, None]


def test_many_supervisors_claim_each_job_once(stores: Stores, queued: Job) -> None:
    dataset = stores.datasets.get(queued.dataset)
    wanted = {queued.id} | {stores.jobs.add(a_job(stores.clock, dataset))[0].id for _ in range(19)}
    with ThreadPoolExecutor(8) as threads:
        claimed = list(threads.map(lambda n: stores.jobs.claim(f"host:{n % 8}", LEASE), range(40)))
    assert sorted(job.id for job in claimed if job is not None) == sorted(wanted)


def test_a_commit_records_its_epochs_and_moves_the_checkpoint(stores: Stores, running: Job) -> None:
    commit = a_commit(running, 1, 2)
    job = stores.jobs.commit(running.claim, commit, LEASE)
    assert (job.epoch, job.checkpoint) == (2, commit.checkpoint)
    assert stores.jobs.history(running.id) == [an_epoch(1), an_epoch(2)]


def test_a_commit_renews_the_lease(stores: Stores, clock: FakeClock, running: Job) -> None:
    clock.turn(10)
    job = stores.jobs.commit(running.claim, a_commit(running, 1), LEASE)
    assert job.lease is not None
    assert running.lease is not None
    assert job.lease.until > running.lease.until


def test_a_commit_tells_of_a_cancellation(stores: Stores, running: Job) -> None:
    stores.jobs.cancel(running.id)
    assert stores.jobs.commit(running.claim, a_commit(running, 1), LEASE).cancel


@pytest.mark.parametrize("write", ["renew", "commit", "publish", "settle"])
def test_a_stale_attempt_changes_nothing(stores: Stores, running: Job, write: str) -> None:
    stores.jobs.settle(running.claim, Move.INTERRUPT)
    taken = stores.jobs.claim("host:b", LEASE)
    before = (stores.jobs.get(running.id), stores.jobs.events(running.id, 0, 100))
    writes = {
        "renew": lambda: stores.jobs.renew(running.claim, LEASE),
        "commit": lambda: stores.jobs.commit(running.claim, a_commit(running, 1), LEASE),
        "publish": lambda: stores.jobs.publish(running.claim, a_draft(running)),
        "settle": lambda: stores.jobs.settle(running.claim, Move.FAIL, FAILURE),
    }
    with pytest.raises(Fenced):
        writes[write]()
    assert taken is not None
    assert (stores.jobs.get(running.id), stores.jobs.events(running.id, 0, 100)) == before


def test_the_same_epochs_cannot_be_committed_twice(stores: Stores, running: Job) -> None:
    stores.jobs.commit(running.claim, a_commit(running, 1), LEASE)
    with pytest.raises(Fenced):
        stores.jobs.commit(running.claim, a_commit(running, 1), LEASE)
    assert stores.jobs.history(running.id) == [an_epoch(1)]


def test_publishing_ends_the_job_with_its_version(stores: Stores, running: Job) -> None:
    version = stores.jobs.publish(running.claim, a_draft(running))
    job = stores.jobs.get(running.id)
    assert (job.state, job.version) == (JobState.SUCCEEDED, version.number)
    assert stores.catalogue.version(job.model, None) == version


def test_versions_of_a_model_are_counted_up(stores: Stores, running: Job) -> None:
    numbers = [stores.jobs.publish(running.claim, a_draft(running)).number]
    dataset = stores.datasets.get(running.dataset)
    for _ in range(2):
        stores.jobs.add(a_job(stores.clock, dataset))
        job = stores.jobs.claim("host:a", LEASE)
        assert job is not None
        numbers.append(stores.jobs.publish(job.claim, a_draft(job)).number)
    assert numbers == [1, 2, 3]


def test_a_job_that_is_being_cancelled_publishes_nothing(stores: Stores, running: Job) -> None:
    stores.jobs.cancel(running.id)
    with pytest.raises(NotAllowedNow):
        stores.jobs.publish(running.claim, a_draft(running))
    with pytest.raises(NotFound):
        stores.catalogue.model(running.model)


def test_a_resumed_job_that_succeeded_publishes_another_version(stores: Stores, running: Job) -> None:
    stores.jobs.publish(running.claim, a_draft(running))
    stores.jobs.resume(running.id, running.spec, 9)
    job = stores.jobs.claim("host:a", LEASE)
    assert job is not None
    assert stores.jobs.publish(job.claim, a_draft(job)).number == 2


def test_a_job_whose_dataset_was_removed_cannot_be_resumed(stores: Stores, running: Job) -> None:
    stores.jobs.settle(running.claim, Move.FAIL, FAILURE)
    stores.datasets.remove(running.dataset)
    with pytest.raises(NotAllowedNow, match="removed"):
        stores.jobs.resume(running.id, running.spec, 9)


def test_the_story_of_a_job_is_told_in_order(stores: Stores, running: Job) -> None:
    stores.jobs.commit(running.claim, a_commit(running, 1, 2), LEASE)
    stores.jobs.publish(running.claim, a_draft(running))
    page = stores.jobs.events(running.id, 0, 100)
    told = [(event.sequence, event.kind, event.data.get("state", event.data.get("epoch"))) for event in page.events]
    assert told == [
        (1, EventKind.STATE, "QUEUED"),
        (2, EventKind.STATE, "RUNNING"),
        (3, EventKind.EPOCH, 1),
        (4, EventKind.EPOCH, 2),
        (5, EventKind.END, "SUCCEEDED"),
    ]
    assert page.ended


def test_events_are_replayed_behind_a_sequence(stores: Stores, running: Job) -> None:
    stores.jobs.commit(running.claim, a_commit(running, 1, 3), LEASE)
    assert [event.sequence for event in stores.jobs.events(running.id, 2, 2).events] == [3, 4]
    assert [event.sequence for event in stores.jobs.events(running.id, 4, 100).events] == [5]


def test_a_page_of_events_has_not_ended_while_more_follow(stores: Stores, running: Job) -> None:
    stores.jobs.commit(running.claim, a_commit(running, 1, 3), LEASE)
    assert not stores.jobs.events(running.id, 0, 100).ended
    stores.jobs.settle(running.claim, Move.FAIL, FAILURE)
    assert not stores.jobs.events(running.id, 0, 5).ended
    assert stores.jobs.events(running.id, 0, 6).ended
    assert stores.jobs.events(running.id, 99, 6).ended


def test_the_last_epochs_of_a_failed_attempt_are_told_of(stores: Stores, running: Job) -> None:
    stores.jobs.settle(running.claim, Move.FAIL, FAILURE, [an_epoch(1), an_epoch(2)])
    assert stores.jobs.history(running.id) == [an_epoch(1), an_epoch(2)]
    assert stores.jobs.get(running.id).checkpoint is None


def test_jobs_are_listed_by_state_and_model(stores: Stores, running: Job) -> None:
    dataset = stores.datasets.get(running.dataset)
    other, _ = stores.jobs.add(a_job(stores.clock, dataset, model="other"))
    page = PageRequest()
    assert [job.id for job in stores.jobs.list(page).items] == [other.id, running.id]
    assert [job.id for job in stores.jobs.list(page, state=JobState.RUNNING).items] == [running.id]
    assert [job.id for job in stores.jobs.list(page, model="other").items] == [other.id]


def test_pages_show_every_job_once_while_others_are_added(stores: Stores, queued: Job) -> None:
    dataset = stores.datasets.get(queued.dataset)
    wanted = [queued.id] + [stores.jobs.add(a_job(stores.clock, dataset))[0].id for _ in range(6)]
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = stores.jobs.list(PageRequest.parse(2, cursor))
        seen += [job.id for job in page.items]
        stores.jobs.add(a_job(stores.clock, dataset))
        cursor = page.next_cursor
    assert seen == wanted[::-1]
    assert cursor is None


def test_an_idempotency_key_makes_one_job_under_fifty_threads(stores: Stores) -> None:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    barrier = threading.Barrier(50)

    def submit(_: int) -> tuple[str, bool]:
        barrier.wait()
        job, created = stores.jobs.add(a_job(stores.clock, dataset), Idempotency("key", "request"))
        return job.id, created

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(submit, range(50)))
    assert len({identifier for identifier, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1
    assert len(stores.jobs.list(PageRequest()).items) == 1


def test_an_idempotency_key_with_another_request_is_refused(stores: Stores, queued: Job) -> None:
    dataset = stores.datasets.get(queued.dataset)
    job, _ = stores.jobs.add(a_job(stores.clock, dataset), Idempotency("key", "request"))
    assert stores.jobs.recall(Idempotency("key", "request")) == job
    for ask in (stores.jobs.recall, lambda key: stores.jobs.add(a_job(stores.clock, dataset), key)):
        with pytest.raises(AlreadyExists, match="another request"):
            ask(Idempotency("key", "other"))


def test_a_number_that_is_not_finite_is_kept_as_nothing(stores: Stores, running: Job) -> None:
    commit = a_commit(running, 1)
    odd = replace(commit, epochs=[replace(commit.epochs[0], metrics={"loss": float("nan")})])
    stores.jobs.commit(running.claim, odd, LEASE)
    assert stores.jobs.history(running.id)[0].metrics == {"loss": None}


def test_what_a_publication_refers_to_is_in_use(stores: Stores, running: Job) -> None:
    commit = a_commit(running, 1)
    stores.jobs.commit(running.claim, commit, LEASE)
    draft: VersionDraft = a_draft(running)
    stores.jobs.publish(running.claim, draft)
    assert draft.onnx.artifact is not None
    dataset = stores.datasets.get(running.dataset)
    assert stores.references.keys() == {
        dataset.artifact.key,
        commit.checkpoint.artifact.key,
        draft.archive.key,
        draft.onnx.artifact.key,
    }


def test_a_version_that_is_removed_meanwhile_is_not_trained_again(stores: Stores) -> None:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    stores.jobs.add(a_job(stores.clock, dataset))
    running = stores.jobs.claim("host:a", LEASE)
    assert running is not None
    number = stores.jobs.publish(running.claim, a_draft(running)).number
    again, _ = stores.jobs.add(replace(a_job(stores.clock, dataset), reproduces=number, reproduction={}))
    stores.jobs.cancel(again.id)
    stores.catalogue.remove_version(again.model, number)
    for begin in (
        lambda: stores.jobs.add(replace(a_job(stores.clock, dataset), reproduces=number, reproduction={})),
        lambda: stores.jobs.resume(again.id, again.spec, again.epochs),
    ):
        with pytest.raises(NotAllowedNow, match=f"Version {number} of gestures, which is to be trained again"):
            begin()

"""Jobs with real child processes, killed and stopped in the middle: nothing is lost, nothing is told twice."""

import os
import signal
from collections import deque
from pathlib import Path

import pytest

from model.interchange import archive
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from service.domain.jobs import FailureCode, Job
from service.domain.states import JobState
from tests.integration.conftest import NETWORK, House, gestures
from tests.patience import eventually
from tests.processes import is_alive

EPOCHS = 40


def weights(house: House, version: int | None = None) -> bytes:
    """Parameters and statistics of a version, as they are in its archive."""
    found = house.stores.catalogue.version("gestures", None if version is None else str(version))
    pipeline = archive.load(house.stores.artifacts.get(found.draft.archive))
    return pipeline.network.parameters.tobytes() + pipeline.network.state.tobytes()


def recorded(house: House, job: Job) -> list[int]:
    return [record.epoch for record in house.stores.jobs.history(job.id)]


@pytest.fixture(scope="module")
def unbroken() -> bytes:
    """The weights of the same training without any service, which nobody disturbed."""
    training = {"epochs": EPOCHS, "batch_size": 16, "seed": 7}
    series = gestures()
    trainer = Trainer(series, settled(TrainingSpec.from_json({"network": NETWORK, "training": training}), series))
    deque(trainer.epochs(), maxlen=0)
    network = trainer.pipeline().network
    return network.parameters.tobytes() + network.state.tobytes()


def test_a_job_trains_and_publishes_what_a_bare_training_gives(house: House, unbroken: bytes) -> None:
    house.start()
    job = house.ends(house.submit(EPOCHS))
    assert (job.state, job.version, job.attempt) == (JobState.SUCCEEDED, 1, 1), house.log()
    assert recorded(house, job) == list(range(1, EPOCHS + 1))
    assert weights(house) == unbroken
    draft = house.stores.catalogue.version("gestures", None).draft
    assert draft.onnx.largest_difference is not None, draft.onnx.error
    assert draft.onnx.largest_difference < 1e-4
    assert house.stores.references.keys() == {found.key for found in house.stores.artifacts.list()}


def test_an_attempt_killed_in_the_middle_goes_on_to_the_same_bits(house: House, unbroken: bytes) -> None:
    core = house.start(halt_after=5)
    job = house.submit(EPOCHS)
    house.reaches(job, 5)
    (attempt,) = core.attempts
    os.kill(attempt, signal.SIGKILL)
    job = house.ends(job)
    assert (job.state, job.attempt, job.crashes) == (JobState.SUCCEEDED, 2, 1), house.log()
    assert recorded(house, job) == list(range(1, EPOCHS + 1))
    assert weights(house) == unbroken


def test_a_service_killed_in_the_middle_goes_on_to_the_same_bits(house: House, unbroken: bytes) -> None:
    first = house.start(halt_after=5)
    job = house.submit(EPOCHS)
    house.reaches(job, 5)
    (attempt,) = first.attempts
    first.kill()
    killed_at = house.job(job)
    second = house.start()
    eventually(lambda: not is_alive(attempt), "the end of the orphan")
    job = house.ends(job)
    assert killed_at.state is JobState.RUNNING
    assert (job.state, job.attempt, job.crashes) == (JobState.SUCCEEDED, 2, 0), house.log()
    assert recorded(house, job) == list(range(1, EPOCHS + 1))
    assert weights(house) == unbroken
    second.drain()


def test_a_drained_service_hands_its_job_back(house: House, unbroken: bytes) -> None:
    first = house.start(halt_after=5)
    job = house.submit(EPOCHS)
    house.reaches(job, 5)
    first.drain()
    handed_back = house.job(job)
    assert handed_back.state is JobState.QUEUED, house.log()
    assert handed_back.checkpoint is not None
    assert handed_back.checkpoint.epoch == handed_back.epoch
    house.start()
    job = house.ends(job)
    assert (job.state, job.attempt, job.crashes) == (JobState.SUCCEEDED, 2, 0), house.log()
    assert recorded(house, job) == list(range(1, EPOCHS + 1))
    assert weights(house) == unbroken


def test_a_cancelled_job_frees_its_cpu_before_its_training_is_over_and_can_go_on(house: House, unbroken: bytes) -> None:
    core = house.start(halt_after=5)
    job = house.submit(EPOCHS)
    house.reaches(job, 5)
    house.training.cancel(job.id)
    job = house.ends(job)
    eventually(lambda: not core.attempts, "the end of the attempt")
    assert job.state is JobState.CANCELLED
    assert job.epoch < EPOCHS
    house.training.resume(job.id)
    job = house.ends(eventually(lambda: house.job(job).finished_at is None and job, "the resumption"))
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 2), house.log()
    assert recorded(house, job) == list(range(1, EPOCHS + 1))
    assert weights(house) == unbroken


def test_a_holder_that_comes_back_after_its_lease_changes_nothing(house: House, unbroken: bytes) -> None:
    first = house.start(lease=1.0, halt_after=5)
    job = house.submit(EPOCHS)
    house.reaches(job, 5)
    stopped = first.pause()
    house.start(lease=1.0)
    job = house.ends(job)
    events = house.stores.jobs.events(job.id, 0, 1000)
    house.go_on()
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: not first.attempts, "the end of the stale attempt")
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 2), house.log()
    assert house.stores.jobs.events(job.id, 0, 1000) == events
    assert recorded(house, job) == list(range(1, EPOCHS + 1))
    assert weights(house) == unbroken


def test_a_job_that_loses_its_process_three_times_is_given_up_and_the_next_one_trains(house: House) -> None:
    core = house.start()
    job, other = house.submit(1000), house.submit()
    seen: set[int] = set()
    while len(seen) < 3:
        for pid in eventually(lambda: set(core.attempts) - seen, "another attempt"):
            os.kill(pid, signal.SIGKILL)
            seen.add(pid)
    job = house.ends(job)
    assert (job.state, job.failure and job.failure.code) == (JobState.FAILED, FailureCode.CRASHED)
    assert house.ends(other).state is JobState.SUCCEEDED, house.log()


def test_a_diverging_job_fails_at_its_step(house: House) -> None:
    house.start()
    job = house.ends(house.submit(50, optimizer={"kind": "sgd", "learning_rate": 1e9}))
    assert job.failure is not None, house.log()
    assert job.failure.code is FailureCode.DIVERGED
    assert (job.failure.epoch or 0) >= 1
    assert (job.failure.step or 0) >= 1


def test_a_job_that_succeeded_goes_on_with_more_epochs(house: House) -> None:
    house.start()
    job = house.ends(house.submit(3))
    house.training.resume(job.id, 6)
    job = house.ends(eventually(lambda: house.job(job).finished_at is None and job, "the resumption"))
    assert (job.state, job.version, job.epoch) == (JobState.SUCCEEDED, 2, 6), house.log()
    assert recorded(house, job) == [1, 2, 3, 4, 5, 6]


def test_a_damaged_checkpoint_is_named_and_not_used(house: House) -> None:
    first = house.start(halt_after=5)
    job = house.submit(EPOCHS)
    house.reaches(job, 5)
    first.drain()
    checkpoint = house.job(job).checkpoint
    assert checkpoint is not None
    path: Path = house.stores.artifacts.path(checkpoint.artifact)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    house.start()
    failure = house.ends(job).failure
    assert failure is not None
    assert failure.code is FailureCode.DATA_LOSS
    assert checkpoint.artifact.key in failure.message

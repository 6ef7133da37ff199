"""A time limit breaks into an epoch, and publishes what the last recorded one led to."""

import os
import signal
from collections.abc import Iterator

import pytest

from model.training.trainer import Trainer
from service.domain.jobs import FailureCode, Job, JobFailure
from service.domain.states import JobState, Move
from service.jobs.interruption import HAND_BACK, STOP
from service.jobs.recorder import Recorder
from tests.benches import EPOCHS, Bench

FAILED = JobFailure(FailureCode.INTERNAL, "It failed.")


@pytest.fixture
def alarmed(bench: Bench) -> Iterator[Bench]:
    """A bench whose attempts hear the alarm, and a training whose third epoch never ends by itself."""
    before = {number: signal.getsignal(number) for number in (HAND_BACK, STOP, signal.SIGALRM, signal.SIGINT)}
    bench.interruption.listen()
    yield bench
    for number, handler in before.items():
        signal.signal(number, handler)


def limited(bench: Bench, monkeypatch: pytest.MonkeyPatch, endless: int) -> Job:
    """Run with a time limit that passes in the epoch named."""
    real = Trainer._train

    def train(trainer: Trainer) -> dict[str, float]:
        if trainer.epoch + 1 == endless:
            os.kill(os.getpid(), signal.SIGALRM)
            pytest.fail("The alarm did not break into the epoch.")
        return real(trainer)

    monkeypatch.setattr(Trainer, "_train", train)
    monkeypatch.setattr(Recorder, "due", property(lambda _: True))
    bench.stores.jobs.settle(bench.claim, Move.FAIL, FAILED)
    bench.training.resume(bench.job.id, time_limit=1000)
    bench.claim = bench.claimed()
    return bench.run()


def test_a_time_limit_publishes_what_the_last_recorded_epoch_led_to(
    alarmed: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = limited(alarmed, monkeypatch, endless=3)
    assert (job.state, job.version, job.epoch) == (JobState.SUCCEEDED, 1, 2)
    assert alarmed.recorded() == [1, 2]
    assert alarmed.stores.catalogue.version("m", None).draft.metrics == job.metrics


def test_a_job_that_was_limited_goes_on_when_it_is_resumed(alarmed: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(alarmed, monkeypatch, endless=3)
    monkeypatch.undo()
    alarmed.training.resume(alarmed.job.id)
    alarmed.claim = alarmed.claimed()
    job = alarmed.run()
    assert (job.state, job.version, job.epoch) == (JobState.SUCCEEDED, 2, EPOCHS)
    assert alarmed.recorded() == list(range(1, EPOCHS + 1))


def test_a_time_limit_that_leaves_no_epoch_fails_the_job(alarmed: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job = limited(alarmed, monkeypatch, endless=1)
    assert (job.state, job.failure and job.failure.code) == (JobState.FAILED, FailureCode.TIME_LIMIT)
    assert "1000 s" in (job.failure.message if job.failure else "")


def test_a_limit_that_has_passed_already_trains_no_more(alarmed: Bench) -> None:
    alarmed.stores.jobs.settle(alarmed.claim, Move.FAIL, FAILED)
    alarmed.training.resume(alarmed.job.id, time_limit=1e-6)
    alarmed.claim = alarmed.claimed()
    job = alarmed.run()
    assert (job.state, job.epoch) in {(JobState.FAILED, 0), (JobState.SUCCEEDED, job.epoch)}
    assert job.epoch < EPOCHS

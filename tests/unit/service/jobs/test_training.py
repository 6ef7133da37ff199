"""One attempt, in this process: how it ends, whatever it runs into."""

from typing import Any

import pytest

from model.errors import Diverged, ExportRefused, InvalidArchive, InvalidSeries, InvalidSpec
from model.interchange import onnx_export
from model.training.trainer import Trainer
from service.domain.jobs import EventKind, FailureCode
from service.domain.states import JobState, Move
from service.errors import Corrupt, Fenced, NotAllowedNow, StorageFull, Unavailable
from service.jobs import training
from service.jobs.interruption import Stopped
from service.jobs.training import FAILURES, OutOfTime
from tests.benches import EPOCHS, Bench
from tests.stores import Stores


def raising(error: BaseException) -> Any:
    def fail(*_arguments: object, **_named: object) -> None:
        raise error

    return fail


def validated(stores: Stores) -> Bench:
    """A bench whose job validates on a dataset of its own."""
    return Bench(stores, {"validation": {"dataset": "gestures"}})


def test_an_attempt_validates_on_the_dataset_that_its_spec_names(stores: Stores) -> None:
    job = validated(stores).run()
    assert job.state is JobState.SUCCEEDED
    assert job.metrics is not None
    assert "validation_loss" in job.metrics
    lineage = stores.catalogue.version("m", None).draft.lineage
    assert lineage["validation_dataset"] == lineage["dataset"]


def test_an_attempt_trains_and_publishes(bench: Bench) -> None:
    job = bench.run()
    assert (job.state, job.version, job.epoch) == (JobState.SUCCEEDED, 1, EPOCHS)
    draft = bench.stores.catalogue.version("m", None).draft
    assert draft.lineage["dataset"]["digest"] == job.dataset_digest
    assert draft.lineage["seed"] == job.spec["training"]["seed"]
    assert draft.metrics == job.metrics
    assert bench.stores.references.keys() == {found.key for found in bench.stores.artifacts.list()}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Diverged(epoch=3, step=2), FailureCode.DIVERGED),
        (InvalidSpec("The spec is bad."), FailureCode.INVALID_SPEC),
        (InvalidSeries("The series are bad."), FailureCode.INVALID_SERIES),
        (InvalidArchive("The archive is bad."), FailureCode.DATA_LOSS),
        (Corrupt("The bytes are bad."), FailureCode.DATA_LOSS),
        (StorageFull("There is no room."), FailureCode.STORAGE_FULL),
        (MemoryError(), FailureCode.OUT_OF_MEMORY),
        (ZeroDivisionError("a secret path"), FailureCode.INTERNAL),
    ],
    ids=repr,
)
def test_what_training_raises_becomes_the_jobs_failure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception, code: FailureCode
) -> None:
    monkeypatch.setattr(Trainer, "_train", raising(error))
    job = bench.run()
    assert job.failure is not None
    assert (job.state, job.failure.code) == (JobState.FAILED, code)
    assert job.failure.message.endswith(".")
    assert "secret" not in job.failure.message


def test_every_kind_of_failure_has_its_test() -> None:
    tested = {Diverged, InvalidSpec, InvalidSeries, InvalidArchive, Corrupt, StorageFull, OutOfTime, MemoryError}
    assert set(FAILURES) == tested


def test_a_divergence_tells_its_epoch_and_step_and_what_came_before(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Trainer._train

    def train(trainer: Trainer) -> dict[str, float]:
        if trainer.epoch == 3:
            raise Diverged(epoch=4, step=1)
        return real(trainer)

    monkeypatch.setattr(Trainer, "_train", train)
    job = bench.run()
    assert job.failure is not None
    assert (job.failure.epoch, job.failure.step) == (4, 1)
    assert bench.recorded() == [1, 2, 3]
    assert job.checkpoint is not None
    last = bench.stores.jobs.events(job.id, 0, 100).events[-1]
    assert (last.kind, last.data["error"]["code"]) == (EventKind.END, "diverged")


def test_a_cancelled_job_stops_at_the_next_commit(bench: Bench) -> None:
    bench.stores.jobs.cancel(bench.job.id)
    job = bench.run()
    assert (job.state, bench.recorded()) == (JobState.CANCELLED, [1])


def test_a_stop_in_the_middle_of_an_epoch_keeps_what_was_recorded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Trainer._train

    def train(trainer: Trainer) -> dict[str, float]:
        if trainer.epoch == 2:
            bench.stores.jobs.cancel(bench.job.id)
            raise Stopped
        return real(trainer)

    monkeypatch.setattr(Trainer, "_train", train)
    assert bench.run().state is JobState.CANCELLED
    assert bench.recorded() == [1, 2]


def test_a_job_is_handed_back_after_the_epoch_and_goes_on(bench: Bench) -> None:
    bench.interruption.hand_back = True
    job = bench.run()
    assert (job.state, job.epoch, job.crashes) == (JobState.QUEUED, 1, 0)
    assert job.checkpoint is not None
    assert job.checkpoint.epoch == 1
    bench.interruption.hand_back = False
    bench.claim = bench.claimed()
    assert bench.run().state is JobState.SUCCEEDED
    assert bench.recorded() == [1, 2, 3, 4, 5]


def test_a_stale_attempt_leaves_without_a_word(bench: Bench) -> None:
    bench.stores.jobs.settle(bench.claim, Move.INTERRUPT)
    before = bench.stores.jobs.events(bench.job.id, 0, 100)
    assert bench.run().state is JobState.QUEUED
    assert bench.stores.jobs.events(bench.job.id, 0, 100) == before
    assert bench.log.events == ["attempt_fenced"]


def test_a_cancellation_while_publishing_publishes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Trainer.pipeline

    def pipeline(trainer: Trainer) -> object:
        bench.stores.jobs.cancel(bench.job.id)
        return real(trainer)

    monkeypatch.setattr(Trainer, "pipeline", pipeline)
    assert bench.run().state is JobState.CANCELLED
    assert not list(bench.stores.artifacts.list("models/"))


def test_a_network_without_an_onnx_twin_is_published_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "verify", raising(ExportRefused("The graph answers otherwise.")))
    assert bench.run().state is JobState.SUCCEEDED
    assert bench.stores.catalogue.version("m", None).draft.onnx.error == "The graph answers otherwise."


def test_a_fault_in_the_exporter_costs_no_training(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "export", raising(KeyError("a secret path")))
    assert bench.run().state is JobState.SUCCEEDED
    error = bench.stores.catalogue.version("m", None).draft.onnx.error
    assert error is not None
    assert "secret" not in error
    assert "export_failed" in bench.log.events


def test_a_database_that_comes_back_in_time_is_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    real = type(bench.stores.jobs).publish

    def publish(*arguments: Any) -> object:
        if len(pauses) < 3:
            raise Unavailable("The database is busy.")
        return real(*arguments)

    monkeypatch.setattr(training.time, "sleep", pauses.append)
    monkeypatch.setattr(type(bench.stores.jobs), "publish", publish)
    assert bench.run().state is JobState.SUCCEEDED
    assert pauses == [0.5, 1.0, 2.0]


def test_a_database_that_stays_away_ends_the_attempt_and_not_the_job(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.time, "sleep", lambda _seconds: None)
    with monkeypatch.context() as patch:
        patch.setattr(type(bench.stores.jobs), "publish", raising(Unavailable("The database is busy.")))
        with pytest.raises(training.Away, match="busy"):
            bench.run()
    assert bench.stores.jobs.get(bench.job.id).state is JobState.RUNNING
    bench.stores.jobs.settle(bench.claim, Move.CRASH)
    bench.claim = bench.claimed()
    assert bench.run().state is JobState.SUCCEEDED
    assert bench.recorded() == [1, 2, 3, 4, 5]


def test_a_publication_whose_answer_was_lost_is_not_undone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real = type(bench.stores.jobs).publish

    def publish(*arguments: Any) -> object:
        real(*arguments)
        raise Unavailable("The connection broke after the commit.")

    monkeypatch.setattr(training.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(type(bench.stores.jobs), "publish", publish)
    assert bench.run().state is JobState.SUCCEEDED
    draft = bench.stores.catalogue.version("m", None).draft
    assert bench.stores.artifacts.get(draft.archive)


def test_fenced_is_refused_and_not_failed() -> None:
    assert not {Fenced, NotAllowedNow, Unavailable} & set(FAILURES)

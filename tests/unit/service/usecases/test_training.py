"""Training jobs as their users see them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from service.domain.datasets import Dataset
from service.domain.jobs import EventKind
from service.domain.pages import PageRequest
from service.domain.states import JobState, Move
from service.errors import AlreadyExists, InvalidRequest, NotAllowedNow, NotFound, Untrainable
from service.usecases.training import Training
from tests.records import a_stored_dataset
from tests.stores import Stores

LEASE = timedelta(seconds=30)


@dataclass
class Bell:
    """Counts how often the supervisor was woken."""

    rings: int = 0

    def __call__(self) -> None:
        self.rings += 1


@dataclass
class Desk:
    """A training use case with one dataset."""

    stores: Stores
    bell: Bell = field(default_factory=Bell)

    def __post_init__(self) -> None:
        stores = self.stores
        self.training = Training(stores.jobs, stores.datasets, stores.artifacts, stores.clock, self.bell)
        self.dataset: Dataset = a_stored_dataset(stores.datasets, stores.artifacts, stores.clock)

    def request(self, **changes: Any) -> dict[str, Any]:
        return {"model": "gestures", "dataset": self.dataset.name, **changes}


@pytest.fixture
def desk(stores: Stores) -> Desk:
    return Desk(stores)


def test_a_job_has_a_priority_and_a_time_limit(desk: Desk) -> None:
    job, _ = desk.training.submit(desk.request(priority=-100, time_limit=0.5))
    assert (job.priority, job.time_limit, job.seconds_left) == (-100, 0.5, 0.5)
    assert desk.training.get(job.id) == job


@pytest.mark.parametrize("priority", [101, -101, 1.5, "high", True])
def test_a_priority_is_a_whole_number_within_its_range(desk: Desk, priority: object) -> None:
    with pytest.raises(InvalidRequest, match="-100 to 100") as refused:
        desk.training.submit(desk.request(priority=priority))
    assert refused.value.details[0].pointer == "/priority"


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), 10**400, "1 h", True])
def test_a_time_limit_is_a_number_of_seconds(desk: Desk, limit: object) -> None:
    with pytest.raises(InvalidRequest, match="seconds above 0") as refused:
        desk.training.submit(desk.request(time_limit=limit))
    assert refused.value.details[0].pointer == "/time_limit"


def test_only_a_model_and_a_dataset_are_required(desk: Desk) -> None:
    job, created = desk.training.submit(desk.request())
    assert created
    assert (job.state, job.dataset, job.dataset_digest) == (JobState.QUEUED, desk.dataset.id, desk.dataset.digest)
    assert job.spec["task"] == "classification"
    assert job.epochs == job.spec["training"]["epochs"] > 0
    assert desk.bell.rings == 1


def test_every_default_is_filled_in(desk: Desk) -> None:
    spec = desk.training.submit(desk.request())[0].spec
    assert {"batch_size", "epochs", "optimizer", "seed", "validation"} <= set(spec["training"])
    again = desk.training.submit(desk.request(**spec))[0]
    assert again.spec == spec


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"model": None}, "/model"),
        ({"model": "../x"}, "/model"),
        ({"dataset": 7}, "/dataset"),
        ({"colour": "blue"}, "/colour"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"task": "poetry"}, "/task"),
        ({"network": {"recipe": "nope"}}, "/network/recipe"),
        (
            {"network": {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 99, "padding": "valid"}]}},
            "/network",
        ),
        ({"training": {"batch_size": 1000}}, "/training/batch_size"),
        ({"training": {"epochs": 0}}, "/training/epochs"),
        ({"training": "fast"}, "/training"),
        ({"preprocessing": {"scaling": "wild"}}, "/preprocessing/scaling"),
    ],
    ids=str,
)
def test_what_cannot_train_is_refused_by_its_place_before_any_work(
    desk: Desk, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        desk.training.submit(desk.request(**changes))
    assert caught.value.details[0].pointer.startswith(pointer)
    assert desk.training.list(PageRequest()).items == ()
    assert desk.bell.rings == 0


def test_a_task_that_the_dataset_cannot_serve_is_untrainable(desk: Desk) -> None:
    with pytest.raises(Untrainable):
        desk.training.submit(desk.request(task="regression"))


def test_an_unknown_dataset_is_not_found_by_its_pointer(desk: Desk) -> None:
    with pytest.raises(NotFound) as caught:
        desk.training.submit(desk.request(dataset="nope"))
    assert caught.value.details[0].pointer == "/dataset"


def validated(dataset: str) -> dict[str, Any]:
    return {"training": {"validation": {"dataset": dataset}}}


def test_a_dataset_to_validate_on_is_named_in_the_spec_by_its_identifier(desk: Desk) -> None:
    dataset = desk.training.submit(desk.request())[0].dataset
    name = desk.stores.datasets.get(dataset).name
    job, _ = desk.training.submit(desk.request(**validated(name)))
    assert job.spec["training"]["validation"] == {"dataset": dataset}
    assert (job.validation_dataset, job.validation_dataset_digest) == (dataset, job.dataset_digest)


def test_an_unknown_dataset_to_validate_on_is_not_found_by_its_pointer(desk: Desk) -> None:
    with pytest.raises(NotFound) as caught:
        desk.training.submit(desk.request(**validated("nope")))
    assert caught.value.details[0].pointer == "/training/validation/dataset"


def test_the_same_key_and_request_answer_the_same_job(desk: Desk) -> None:
    first, created = desk.training.submit(desk.request(), "key-1")
    again, created_again = desk.training.submit(dict(reversed(desk.request().items())), "key-1")
    assert (again.id, created, created_again) == (first.id, True, False)


def test_the_same_key_with_another_request_is_refused(desk: Desk) -> None:
    desk.training.submit(desk.request(), "key-1")
    with pytest.raises(AlreadyExists, match="another request"):
        desk.training.submit(desk.request(model="other"), "key-1")


def test_a_known_key_answers_even_when_the_dataset_is_gone(desk: Desk) -> None:
    job, _ = desk.training.submit(desk.request(), "key-1")
    desk.training.cancel(job.id)
    desk.stores.datasets.remove(desk.dataset.id)
    assert desk.training.submit(desk.request(), "key-1")[0].id == job.id


def test_fifty_threads_with_one_key_make_one_job(desk: Desk) -> None:
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: desk.training.submit(desk.request(), "key-1"), range(50)))
    assert len({job.id for job, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1


def test_a_job_can_be_followed_to_its_end(desk: Desk) -> None:
    job, _ = desk.training.submit(desk.request())
    desk.training.cancel(job.id)
    page = desk.training.events(job.id)
    assert [event.kind for event in page.events] == [EventKind.STATE, EventKind.END]
    assert page.ended
    assert desk.training.events(job.id, after=2).ended


def test_a_cancelled_job_is_resumed_with_its_own_epochs(desk: Desk) -> None:
    job, _ = desk.training.submit(desk.request())
    desk.training.cancel(job.id)
    resumed = desk.training.resume(job.id)
    assert (resumed.state, resumed.epochs, resumed.spec) == (JobState.QUEUED, job.epochs, job.spec)
    assert desk.bell.rings == 3


def test_a_resumption_may_ask_for_more_epochs(desk: Desk) -> None:
    job, _ = desk.training.submit(desk.request())
    desk.training.cancel(job.id)
    resumed = desk.training.resume(job.id, job.epochs + 5)
    assert resumed.spec["training"]["epochs"] == resumed.epochs == job.epochs + 5


@pytest.mark.parametrize("epochs", [0, -1, 10**9])
def test_a_resumption_to_impossible_epochs_is_refused(desk: Desk, epochs: int) -> None:
    job, _ = desk.training.submit(desk.request())
    desk.training.cancel(job.id)
    with pytest.raises(InvalidRequest):
        desk.training.resume(job.id, epochs)


def test_a_job_that_runs_cannot_be_resumed(desk: Desk) -> None:
    job, _ = desk.training.submit(desk.request())
    with pytest.raises(NotAllowedNow, match="has not ended"):
        desk.training.resume(job.id)


def test_a_job_whose_dataset_is_gone_cannot_be_resumed(desk: Desk) -> None:
    job, _ = desk.training.submit(desk.request())
    desk.training.cancel(job.id)
    desk.stores.datasets.remove(desk.dataset.id)
    with pytest.raises(NotAllowedNow, match="removed"):
        desk.training.resume(job.id)


def test_a_failed_job_cannot_be_cancelled(desk: Desk) -> None:
    desk.training.submit(desk.request())
    job = desk.stores.jobs.claim("host:a", LEASE)
    assert job is not None
    desk.stores.jobs.settle(job.claim, Move.FAIL)
    with pytest.raises(NotAllowedNow, match="has ended"):
        desk.training.cancel(job.id)

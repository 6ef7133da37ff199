"""One key, one result: for whatever a POST makes."""

from pathlib import Path

import pytest

from service.adapters.database.keys import DatabaseKeys, Keys
from service.registry_ports import Idempotency
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rest.test_problems import problem
from tests.fakes import FakeClock
from tests.records import a_dataset
from tests.stores import Stores

FILE = houses.classification_file()
PLACE = "/v1/datasets?name=walks&format=json"


def upload(caller: Caller, key: str | None = "k", place: str = PLACE, content: bytes = FILE) -> tuple[int, str]:
    answer = caller.post(place, content=content, headers={} if key is None else {"Idempotency-Key": key})
    return answer.status_code, answer.json().get("id", answer.json().get("code"))


def test_a_repeated_upload_answers_the_dataset_that_was_made(fresh: Caller) -> None:
    status, identifier = upload(fresh)
    assert status == 201
    assert upload(fresh) == (200, identifier)
    assert upload(fresh, key="other") == (200, identifier)
    assert upload(fresh, key="other") == (200, identifier)


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("/v1/datasets?name=other&format=json", FILE),
        ("/v1/datasets?name=walks", FILE),
        (PLACE, houses.classification_file(seed=1)),
    ],
    ids=["name", "reading", "content"],
)
def test_another_upload_with_the_same_key_is_refused(fresh: Caller, place: str, content: bytes) -> None:
    upload(fresh)
    assert upload(fresh, place=place, content=content) == (409, "ALREADY_EXISTS")
    assert len(fresh.get("/v1/datasets").json()["items"]) == 1


def test_a_key_means_one_thing_whatever_is_made(fresh: Caller) -> None:
    upload(fresh)
    request = {"model": "m", "dataset": "walks", "network": houses.TINY}
    problem(fresh.post("/v1/training-jobs", json=request, headers={"Idempotency-Key": "k"}), 409, "ALREADY_EXISTS")


def test_a_refused_upload_does_not_use_its_key_up(fresh: Caller) -> None:
    assert upload(fresh, content=b"{")[0] == 422
    assert upload(fresh)[0] == 201


def test_no_artefact_of_a_repeated_upload_is_left(tmp_path: Path) -> None:
    with houses.house_in(tmp_path) as house, calling(application(house.edge)) as caller:
        for key in ("a", "a", "b", None):
            upload(caller, key)
        assert len(list(house.artifacts.list("datasets"))) == 1


def test_a_removed_dataset_takes_its_keys_with_it(fresh: Caller) -> None:
    _, first = upload(fresh)
    fresh.delete("/v1/datasets/walks")
    status, second = upload(fresh)
    assert (status, second != first) == (201, True)


def test_keys_are_forgotten_when_their_time_is_over(stores: Stores, clock: FakeClock) -> None:
    stores.datasets.add(a_dataset(clock), Idempotency("k", "0" * 64))
    sweeping = DatabaseKeys(stores.database, Keys())
    clock.turn(23 * 3600)
    assert sweeping.sweep(clock.now()) == 0
    assert stores.datasets.recall(Idempotency("k", "0" * 64), clock.now()) is not None
    clock.turn(2 * 3600)
    assert stores.datasets.recall(Idempotency("k", "1" * 64), clock.now()) is None
    assert [sweeping.sweep(clock.now()) for _ in range(2)] == [1, 0]

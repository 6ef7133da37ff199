"""A version is trained again, and whoever asks is told whether the weights are the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from service.adapters.database.tables import versions
from service.bootstrap import House
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rest.test_problems import problem

VERSION = "/v1/models/gestures/versions/1"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of this module's own: what is queued here is run here."""
    with houses.house_in(tmp_path_factory.mktemp("house")) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures", training={"epochs": 3, "validation": {"fraction": 0.25}})
        yield house


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[Caller]:
    with calling(application(house.edge)) as client:
        yield client


def reproduced(house: House, client: Caller, place: str = VERSION) -> dict[str, Any]:
    queued = client.post(f"{place}:reproduce", headers={"X-Request-Id": "again"})
    assert queued.status_code == 201, queued.text
    assert (queued.json()["state"], queued.json()["reproduction"]) == ("QUEUED", None)
    job = house.edge.services.training.get(queued.json()["id"])
    assert job.origin is not None
    assert job.origin.request_id == "again"
    houses.run_next(house, job)
    ended: dict[str, Any] = client.get(queued.headers["location"]).json()
    return ended


def test_the_page_of_a_version_holds_all_that_decides_its_bits(client: Caller) -> None:
    version = client.get(VERSION).json()
    lineage = version["lineage"]
    assert {"code_version", "numpy_version", "python_version", "machine", "seed", "threads", "shards"} <= set(lineage)
    assert lineage["blas"]["name"]
    assert len(lineage["weights_sha256"]) == 64
    assert (
        lineage["dataset_digest"] == version["dataset_digest"] == client.get("/v1/datasets/gestures").json()["digest"]
    )
    assert version["spec"]["training"]["seed"] == lineage["seed"]
    assert version["onnx"]["largest_difference"] <= 1e-4


def test_the_same_weights_come_out_again_and_no_version_is_made(house: House, client: Caller) -> None:
    before = client.get("/v1/models/gestures").json()
    job = reproduced(house, client)
    assert (job["state"], job["version"], job["reproduces"], job["error"]) == ("SUCCEEDED", None, 1, None)
    assert job["reproduction"]["identical"]
    assert job["reproduction"]["found_sha256"] == before["latest"]["lineage"]["weights_sha256"]
    assert job["reproduction"]["differences"] == {}
    assert [epoch["epoch"] for epoch in job["history"]] == [1, 2, 3]
    assert client.get("/v1/models/gestures").json() == before


def test_a_resumed_job_is_reproduced_through_its_stages(house: House, client: Caller) -> None:
    job = houses.train(house, "stages", "gestures")
    house.edge.services.training.resume(job.id, 5)
    houses.run_next(house, job)
    assert client.get("/v1/models/stages/versions/2").json()["lineage"]["stages"] == [[0, 2], [2, 5]]
    assert reproduced(house, client, "/v1/models/stages/versions/2")["reproduction"]["identical"]


def test_other_weights_are_told_with_what_has_changed(house: House, client: Caller) -> None:
    houses.train(house, "changed", "gestures")
    found = house.edge.services.catalogue.version("changed").draft.lineage
    altered = {**found, "weights_sha256": "0" * 64, "numpy_version": "1.0"}
    with house.database.writing() as connection:
        connection.execute(update(versions).where(versions.c.model == "changed").values(lineage=altered))
    told = reproduced(house, client, "/v1/models/changed/versions/1")["reproduction"]
    assert (told["identical"], told["recorded_sha256"]) == (False, "0" * 64)
    assert told["found_sha256"] == found["weights_sha256"]
    assert told["differences"] == {"numpy_version": {"recorded": "1.0", "found": found["numpy_version"]}}


def test_the_end_of_its_story_tells_how_it_compares(house: House, client: Caller) -> None:
    job = reproduced(house, client)
    end = house.edge.services.training.events(job["id"]).events[-1]
    assert end.data["reproduction"]["found"] == job["reproduction"]["found_sha256"]


def test_one_key_makes_one_reproduction(house: House, client: Caller) -> None:
    headers = {"Idempotency-Key": "again-1"}
    first, second = (client.post(f"{VERSION}:reproduce", headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    problem(client.post("/v1/models/gestures/versions/9:reproduce", headers=headers), 409, "ALREADY_EXISTS")
    place = first.headers["location"]
    assert client.post(f"{place}:cancel").json()["state"] == "CANCELLED"
    problem(client.post(f"{place}:resume", json={"epochs": 9}), 422)
    assert client.post(f"{place}:resume").json()["state"] == "QUEUED"
    houses.run_next(house, house.edge.services.training.get(first.json()["id"]))
    assert client.get(first.headers["location"]).json()["reproduction"]["identical"]


def test_what_cannot_be_trained_again_is_refused(client: Caller, house: House) -> None:
    problem(client.post("/v1/models/gestures/versions/9:reproduce"), 404)
    problem(client.post("/v1/models/no-such/versions/1:reproduce"), 404)
    with house.database.writing() as connection:
        connection.execute(update(versions).where(versions.c.model == "changed").values(lineage={"seed": 0}))
    problem(client.post("/v1/models/changed/versions/1:reproduce"), 409, "FAILED_PRECONDITION")


def test_a_dataset_that_was_removed_is_found_again_by_its_content(tmp_path: Path) -> None:
    with houses.house_in(tmp_path) as house, calling(application(house.edge)) as client:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures")
        assert client.delete("/v1/datasets/gestures").status_code == 204
        problem(client.post(f"{VERSION}:reproduce"), 409, "FAILED_PRECONDITION")
        houses.add_dataset(house, "under-another-name", houses.classification_file())
        assert reproduced(house, client)["reproduction"]["identical"]


def test_a_dataset_to_validate_on_that_was_removed_is_found_again_by_its_content(tmp_path: Path) -> None:
    with houses.house_in(tmp_path) as house, calling(application(house.edge)) as client:
        houses.add_dataset(house, "gestures", houses.classification_file())
        held = houses.add_dataset(house, "held", houses.classification_file(seed=1))
        houses.train(house, "gestures", "gestures", training={"validation": {"dataset": "held"}})
        again = client.post(f"{VERSION}:reproduce").json()["id"]
        problem(client.delete("/v1/datasets/held"), 409, "FAILED_PRECONDITION")
        assert client.post(f"/v1/training-jobs/{again}:cancel").json()["state"] == "CANCELLED"
        assert client.delete("/v1/datasets/held").status_code == 204

        refused = problem(client.post(f"{VERSION}:reproduce"), 409, "FAILED_PRECONDITION")
        assert "dataset to validate on" in refused["detail"]
        assert held.digest in refused["detail"]
        back = houses.add_dataset(house, "under-another-name", houses.classification_file(seed=1))
        job = reproduced(house, client)
        assert job["reproduction"]["identical"]
        assert job["spec"]["training"]["validation"] == {"dataset": back.id}

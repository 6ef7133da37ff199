"""Training jobs over HTTP: submitted, shown, followed, cancelled, resumed."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest

from service.bootstrap import House
from tests import houses
from tests.callers import Caller
from tests.contract.rest.test_problems import problem

SPEC = {"model": "later", "dataset": "gestures", "network": houses.TINY, "training": {"epochs": 2, "batch_size": 4}}


def submit(client: Caller, spec: dict[str, Any] | None = None, key: str | None = None) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/v1/training-jobs", json=spec or SPEC, headers=headers)


@pytest.fixture
def waiting(client: Caller) -> Any:
    """A job that nobody takes up; it is out of the way when the test is over."""
    job = submit(client).json()
    yield job
    client.post(f"/v1/training-jobs/{job['id']}:cancel")


def events(client: Caller, job: str, after: int | None = None) -> list[dict[str, str]]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    response = client.get(f"/v1/training-jobs/{job}/events", headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    return [
        dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        for block in response.text.split("\n\n")
        if block
    ]


def finished(client: Caller) -> dict[str, Any]:
    job: dict[str, Any] = client.get("/v1/training-jobs?model=gestures&state=SUCCEEDED").json()["items"][0]
    return job


def test_a_job_is_queued_with_every_default_filled_in(client: Caller, waiting: dict[str, Any]) -> None:
    assert waiting["state"] == "QUEUED"
    assert waiting["epoch"] == 0
    assert waiting["epochs"] == 2
    assert waiting["spec"]["task"] == "classification"
    assert waiting["history"] == []
    assert client.get(f"/v1/training-jobs/{waiting['id']}").json() == waiting


def test_location_leads_to_the_job(client: Caller) -> None:
    response = submit(client)
    assert response.status_code == 201
    assert client.get(response.headers["location"]).json()["id"] == response.json()["id"]
    client.post(response.headers["location"] + ":cancel")


def test_an_ended_job_shows_its_history_and_its_version(client: Caller) -> None:
    job = client.get(f"/v1/training-jobs/{finished(client)['id']}").json()
    assert job["version"] == 1
    assert [epoch["epoch"] for epoch in job["history"]] == [1, 2]
    assert job["history"][-1]["metrics"] == job["metrics"]
    assert job["error"] is None


def test_a_split_that_its_dataset_makes_impossible_is_refused_with_its_value(house: House, client: Caller) -> None:
    houses.add_dataset(house, "two-cases", houses.classification_file(2))
    spec = {**SPEC, "dataset": "two-cases", "training": {"validation": {"fraction": 0.5}}}
    told = problem(submit(client, spec), 422)
    assert told["errors"][0]["pointer"] == "/training/validation"
    assert "fraction 0.5, by 'case'" in told["detail"]


def test_a_dataset_that_cannot_be_learnt_from_is_refused_by_its_pointer(house: House, client: Caller) -> None:
    houses.add_dataset(house, "one-case", houses.classification_file(1))
    told = problem(submit(client, {**SPEC, "dataset": "one-case"}), 422)
    assert told["errors"][0]["pointer"] == "/dataset"


def test_the_same_key_and_request_make_one_job(client: Caller) -> None:
    first, second = submit(client, key="once"), submit(client, key="once")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    other = {**SPEC, "training": {"epochs": 3, "batch_size": 4}}
    problem(submit(client, other, key="once"), 409, "ALREADY_EXISTS")
    client.post(f"/v1/training-jobs/{first.json()['id']}:cancel")


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é".encode()])
def test_a_key_that_is_none_is_refused(client: Caller, key: str) -> None:
    problem(client.post("/v1/training-jobs", json=SPEC, headers={"Idempotency-Key": key}), 422)


def test_events_are_replayed_behind_the_last_one_seen_and_end_once(client: Caller) -> None:
    job = finished(client)["id"]
    whole = events(client, job)
    assert [int(event["id"]) for event in whole] == list(range(1, len(whole) + 1))
    assert [event["event"] for event in whole].count("end") == 1
    assert whole[-1]["event"] == "end"
    assert json.loads(whole[-1]["data"])["state"] == "SUCCEEDED"
    assert [json.loads(event["data"])["epoch"] for event in whole if event["event"] == "epoch"] == [1, 2]
    assert events(client, job, after=2) == whole[2:]


def test_there_is_nothing_behind_the_end(client: Caller) -> None:
    job = finished(client)["id"]
    last = events(client, job)[-1]["id"]
    assert client.get(f"/v1/training-jobs/{job}/events", headers={"Last-Event-ID": last}).status_code == 204


@pytest.mark.parametrize("beyond", [2**63 - 1, 2**63, 10**20 - 1])
def test_no_event_is_behind_a_number_that_none_has(client: Caller, beyond: int) -> None:
    url = f"/v1/training-jobs/{finished(client)['id']}/events"
    assert client.get(url, headers={"Last-Event-ID": str(beyond)}).status_code == 204


def test_a_wrong_event_id_is_refused(client: Caller) -> None:
    url = f"/v1/training-jobs/{finished(client)['id']}/events"
    problem(client.get(url, headers={"Last-Event-ID": "-1"}), 422)
    problem(client.get(url, headers={"Last-Event-ID": "x"}), 422)


def test_a_waiting_job_is_cancelled_at_once_and_can_be_resumed(client: Caller, waiting: dict[str, Any]) -> None:
    url = f"/v1/training-jobs/{waiting['id']}"
    assert client.post(f"{url}:cancel").json()["state"] == "CANCELLED"
    assert events(client, waiting["id"])[-1]["event"] == "end"
    resumed = client.post(f"{url}:resume", json={"epochs": 5}).json()
    assert (resumed["state"], resumed["epochs"]) == ("QUEUED", 5)
    assert client.post(f"{url}:cancel").json()["state"] == "CANCELLED"
    kinds = [event["event"] for event in events(client, waiting["id"])]
    assert kinds.count("end") == 1, "the end before the resumption was not the last word"


def test_a_job_is_resumed_without_a_body_too(client: Caller, waiting: dict[str, Any]) -> None:
    url = f"/v1/training-jobs/{waiting['id']}"
    client.post(f"{url}:cancel")
    assert client.post(f"{url}:resume").json()["epochs"] == 2


def test_what_the_state_does_not_allow_is_a_conflict(client: Caller, waiting: dict[str, Any]) -> None:
    problem(client.post(f"/v1/training-jobs/{waiting['id']}:resume"), 409, "FAILED_PRECONDITION")
    problem(client.post(f"/v1/training-jobs/{finished(client)['id']}:cancel"), 409, "FAILED_PRECONDITION")


def test_no_such_job(client: Caller) -> None:
    missing = "/v1/training-jobs/job_00000000000000000000000000"
    for response in (
        client.get(missing),
        client.get(f"{missing}/events"),
        client.post(f"{missing}:cancel"),
        client.post(f"{missing}:resume"),
    ):
        problem(response, 404, "NOT_FOUND")


def test_lists_are_filtered(client: Caller, waiting: dict[str, Any]) -> None:
    queued = client.get("/v1/training-jobs?state=QUEUED").json()["items"]
    assert [job["id"] for job in queued] == [waiting["id"]]
    assert {job["model"] for job in client.get("/v1/training-jobs?model=loads").json()["items"]} == {"loads"}
    problem(client.get("/v1/training-jobs?state=queued"), 422)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"model": None}, "/model"),
        ({"model": "a b"}, "/model"),
        ({"model": 5}, "/model"),
        ({"dataset": ["gestures"]}, "/dataset"),
        ({"network": "fcn"}, "/network"),
        ({"task": "clustering"}, "/task"),
        ({"surprise": 1}, "/surprise"),
        ({"network": {"recipe": "no-such"}}, "/network/recipe"),
        ({"network": {"layers": [{"kind": "conv9d"}]}}, "/network/layers/0/kind"),
        ({"training": {"epochs": 0}}, "/training/epochs"),
        ({"training": {"epochs": "ten"}}, "/training/epochs"),
        ({"training": {"optimizer": {"kind": "adam", "learning_rate": -1}}}, "/training/optimizer/learning_rate"),
        ({"preprocessing": {"scaling": "magic"}}, "/preprocessing/scaling"),
    ],
)
def test_a_wrong_spec_is_refused_with_a_pointer(client: Caller, change: dict[str, Any], pointer: str) -> None:
    members = problem(submit(client, {**SPEC, **change}), 422, "INVALID_ARGUMENT")
    assert members["errors"][0]["pointer"] == pointer


def test_a_dataset_that_is_not_there_is_not_found(client: Caller) -> None:
    members = problem(submit(client, {**SPEC, "dataset": "no-such"}), 404, "NOT_FOUND")
    assert members["errors"][0]["pointer"] == "/dataset"


def test_gets_change_nothing(client: Caller, house: House) -> None:
    job = finished(client)["id"]
    paths = ["/v1/datasets", "/v1/datasets/gestures", "/v1/models", "/v1/models/gestures/versions/1/onnx", "/metrics"]
    paths += [
        f"/v1/training-jobs/{job}",
        f"/v1/training-jobs/{job}/events",
        "/v2/models/gestures/ready",
        "/v2/health/ready",
    ]
    before = rows(house)
    assert [client.get(path).status_code for path in paths] == [200] * len(paths)
    assert rows(house) == before


def rows(house: House) -> list[str]:
    """Everything in the database."""
    with closing(sqlite3.connect(str(house.database.engine.url.database))) as connection:
        return list(connection.iterdump())

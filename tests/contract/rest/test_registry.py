"""Promotions, roll backs, notes and tags over HTTP."""

from typing import Any

import pytest

from service.bootstrap import House
from tests import houses
from tests.callers import Caller
from tests.contract.rest.test_problems import problem

LIVE = "/v1/models/registered/aliases/live"


@pytest.fixture(scope="module", autouse=True)
def registered(house: House) -> None:
    """A model of three versions."""
    for seed in range(3):
        houses.train(house, "registered", "gestures", training={"seed": seed, "epochs": 1})


def test_a_version_is_promoted_and_rolled_back(client: Caller) -> None:
    for version in (1, 2, 3):
        alias = client.put(LIVE, json={"version": version}).json()
    assert (alias["version"], alias["previous"]) == (3, 2)
    assert client.get(LIVE).json() == alias
    body = {"series": houses.cases(1).tolist(), "version": "live"}
    assert client.post("/v1/models/registered:predict", json=body).json()["version"] == 3
    assert client.post(f"{LIVE}:rollback").json()["version"] == 2
    assert client.post("/v1/models/registered:predict", json=body).json()["version"] == 2
    assert client.get("/v1/models/registered/versions/2").json()["aliases"] == ["live"]
    assert client.post(f"{LIVE}:rollback").json()["version"] == 1
    problem(client.post(f"{LIVE}:rollback"), 409, "FAILED_PRECONDITION")
    moves = [change["move"] for change in client.get(LIVE).json()["history"]]
    assert moves == ["rollback", "rollback", "set", "set", "set"]


def test_what_one_alias_points_at_is_given_to_another(client: Caller) -> None:
    client.put("/v1/models/registered/aliases/staging", json={"version": 3})
    promoted = client.put("/v1/models/registered/aliases/production", json={"version": "staging"})
    assert promoted.json()["version"] == 3


def test_a_repeated_roll_back_with_its_key_goes_back_once(client: Caller) -> None:
    place = "/v1/models/registered/aliases/keyed"
    for version in (1, 2, 3):
        client.put(place, json={"version": version})
    headers = {"Idempotency-Key": "roll-back-1"}
    assert [client.post(f"{place}:rollback", headers=headers).json()["version"] for _ in range(2)] == [2, 2]
    problem(client.post(f"{LIVE}:rollback", headers=headers), 409, "ALREADY_EXISTS")
    problem(client.post(f"{place}:rollback", headers={"Idempotency-Key": "a b"}), 422)


def test_an_alias_that_is_not_there(client: Caller) -> None:
    place = "/v1/models/registered/aliases/no-such"
    for answer in (client.get(place), client.post(f"{place}:rollback"), client.delete(place)):
        problem(answer, 404, "NOT_FOUND")


def test_notes_and_tags_are_changed_member_by_member(client: Caller) -> None:
    place = "/v1/models/registered/versions/1"
    before = client.get(place).json()
    client.request("PATCH", place, json={"notes": "First try.\n{{7*7}} $(id)", "tags": {"owner": "me", "draft": "yes"}})
    after = client.request("PATCH", place, json={"tags": {"draft": None, "stage": "test"}}).json()
    said = {"notes": "First try.\n{{7*7}} $(id)", "tags": {"owner": "me", "stage": "test"}}
    assert after == {**before, **said}
    assert client.get(place).json() == after
    model = client.request("PATCH", "/v1/models/registered", json={"notes": "All tries."}).json()
    assert (model["notes"], model["tags"]) == ("All tries.", {})


@pytest.mark.parametrize(
    "body",
    [
        {"tags": {"a b": "x"}},
        {"tags": {"a": 1}},
        {"tags": {"a": {"b": "c"}}},
        {"tags": {"a": "x" * 257}},
        {"tags": {"a": "x\0"}},
        {"tags": {f"t{number}": "x" for number in range(65)}},
        {"notes": "x" * 10_001},
        {"notes": 7},
        {"metrics": {}},
        [],
    ],
    ids=lambda body: str(body)[:30],
)
def test_what_is_no_annotation_is_refused_and_not_kept(client: Caller, body: Any) -> None:
    before = client.get("/v1/models/registered/versions/2").json()
    for place in ("/v1/models/registered", "/v1/models/registered/versions/2"):
        problem(client.request("PATCH", place, json=body), 422)
    assert client.get("/v1/models/registered/versions/2").json() == before


def test_tags_nested_without_end_are_refused(client: Caller) -> None:
    body = b'{"tags":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001
    headers = {"Content-Type": "application/json"}
    problem(client.request("PATCH", "/v1/models/registered", content=body, headers=headers), 400)


def test_nothing_is_said_of_what_is_not_there(client: Caller) -> None:
    for place in ("/v1/models/no-such", "/v1/models/registered/versions/9", "/v1/models/no-such/versions/1"):
        problem(client.request("PATCH", place, json={"notes": "x"}), 404)

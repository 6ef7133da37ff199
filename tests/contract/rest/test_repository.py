"""The model repository over REST: what is told, what is loaded and what is taken out of service."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.bootstrap import House
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rest.test_problems import problem
from tests.protocol import body

INDEX = "/v2/repository/index"
LOAD, UNLOAD = "/v2/repository/models/{}/load", "/v2/repository/models/{}/unload"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with houses.house_in(tmp_path_factory.mktemp("repository")) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        for model in ("first", "first", "second"):
            houses.train(house, model, "gestures")
        yield house


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[Caller]:
    with calling(application(house.edge)) as caller:
        yield caller


def states(client: Caller, **options: Any) -> dict[tuple[str, str], str]:
    return {(entry["name"], entry["version"]): entry["state"] for entry in client.post(INDEX, **options).json()}


def test_the_index_is_a_bare_array_of_every_version(client: Caller) -> None:
    answer = client.post(INDEX)
    assert answer.status_code == 200
    assert all(entry.keys() == {"name", "version", "state", "reason"} for entry in answer.json())
    assert states(client) == dict.fromkeys([("first", "1"), ("first", "2"), ("second", "1")], "READY")


@pytest.mark.parametrize("content", [b"", b"{}", b'{"ready": false}', b'{"repository_name": ""}'])
@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "application/json"])
def test_any_content_type_and_an_empty_body_are_taken(client: Caller, content: bytes, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    assert len(states(client, content=content, headers=headers)) == 3
    assert len(states(client, content=gzip.compress(content), headers={**headers, "Content-Encoding": "gzip"})) == 3


def test_what_is_unloaded_is_refused_and_told_of_until_it_is_loaded(client: Caller) -> None:
    assert client.post(UNLOAD.format("first")).status_code == 200
    index = client.post(INDEX).json()
    assert {entry["name"]: (entry["state"], bool(entry["reason"])) for entry in index} == {
        "first": ("UNAVAILABLE", True),
        "second": ("READY", False),
    }
    assert set(states(client, json={"ready": True})) == {("second", "1")}
    for path in ("first", "first/versions/1", "first/versions/2"):
        assert client.get(f"/v2/models/{path}/ready").status_code == 503
        members = problem(client.post(f"/v2/models/{path}/infer", content=body()), 503, "UNAVAILABLE")
        assert "unloaded" in members["error"]
    assert client.post("/v2/models/second/infer", content=body()).status_code == 200
    answer = client.post(LOAD.format("first"))
    assert (answer.status_code, answer.json()) == (200, {})
    assert set(states(client).values()) == {"READY"}
    assert client.post("/v2/models/first/infer", content=body()).status_code == 200


def test_unloading_takes_the_parameter_that_clients_send(client: Caller) -> None:
    wish = {"parameters": {"unload_dependents": False}}
    assert client.post(UNLOAD.format("second"), json=wish).json() == {}
    assert client.post(LOAD.format("second"), json={"parameters": {}}).json() == {}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (INDEX, b"[]"),
        (INDEX, b'{"ready": "yes"}'),
        (INDEX, b"{" * 100_000),
        (LOAD.format("first"), b'{"parameters": {"config": "{}"}}'),
        (LOAD.format("first"), b'{"parameters": {"file:1/model.onnx": "aGk="}}'),
        (UNLOAD.format("first"), b'{"parameters": {"unload_dependents": 1}}'),
        (UNLOAD.format("first"), b'{"parameters": {"other": true}}'),
        (UNLOAD.format("first"), b'{"parameters": []}'),
    ],
)
def test_what_is_malformed_is_refused_and_changes_nothing(client: Caller, path: str, content: bytes) -> None:
    problem(client.post(path, content=content), 413 if len(content) > 65536 else 400)
    assert set(states(client).values()) == {"READY"}


def test_what_is_not_there_is_not_found(client: Caller) -> None:
    for path in (LOAD, UNLOAD):
        problem(client.post(path.format("no-such")), 404)
        problem(client.get(path.format("first")), 405)
        problem(client.post(path.format("..%2fx")), 404)


def test_a_model_that_cannot_be_loaded_is_unavailable_with_its_reason_and_the_others_serve(tmp_path: Path) -> None:
    with houses.house_in(tmp_path) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "broken", "gestures")
        houses.train(house, "whole", "gestures")
        archive = house.edge.services.catalogue.version("broken").draft.archive
        path = house.artifacts.path(archive)
        assert path is not None
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes(content)
        with calling(application(house.edge)) as client:
            problem(client.post("/v2/models/broken/infer", content=body()), 500, "DATA_LOSS")
            assert client.get("/v2/models/broken/ready").status_code == 503
            problem(client.post(LOAD.format("broken")), 500, "DATA_LOSS")
            (broken,) = (entry for entry in client.post(INDEX).json() if entry["name"] == "broken")
            assert broken["state"] == "UNAVAILABLE"
            assert broken["reason"]
            assert client.post("/v2/models/whole/infer", content=body()).status_code == 200
            assert states(client, json={"ready": True}) == {("whole", "1"): "READY"}

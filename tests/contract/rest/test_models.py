"""Models over HTTP: shown, downloaded, pointed at, removed."""

import hashlib

import numpy as np
import onnx
import pytest

from service.adapters.database.discarded import DatabaseDiscarded
from service.bootstrap import House
from service.jobs.sweeps import Disposal
from tests import houses
from tests.callers import Caller
from tests.contract.rest.test_problems import problem


def test_a_version_tells_where_it_comes_from(client: Caller) -> None:
    version = client.get("/v1/models/gestures/versions/1").json()
    dataset = client.get("/v1/datasets/gestures").json()
    assert version["dataset"] == dataset["id"]
    assert version["dataset_digest"] == dataset["digest"]
    assert version["signature"]["classes"] == ["down", "up"]
    assert version["signature"]["channels"] == dataset["channels"]
    assert version["spec"]["training"]["epochs"] == 2
    assert {"code_version", "seed"} <= version["lineage"].keys()
    assert version["onnx"]["available"]
    assert version["onnx"]["largest_difference"] <= 1e-4


def test_a_model_shows_its_newest_version(client: Caller) -> None:
    model = client.get("/v1/models/loads").json()
    assert model["versions"] == [1]
    assert model["latest"] == client.get("/v1/models/loads/versions/1").json()
    assert client.get("/v1/models/loads/versions").json()["items"] == [model["latest"]]
    assert model in client.get("/v1/models").json()["items"]


def test_the_onnx_file_is_whole_and_checked(client: Caller) -> None:
    described = client.get("/v1/models/gestures/versions/1").json()["onnx"]
    response = client.get("/v1/models/gestures/versions/1/onnx")
    assert response.headers["content-type"] == "application/octet-stream"
    assert hashlib.sha256(response.content).hexdigest() == described["sha256"]
    graph = onnx.load_from_string(response.content)
    onnx.checker.check_model(graph, full_check=True)
    assert [entry.name for entry in graph.graph.input] == ["series"]


def test_an_onnx_file_is_written_anew_as_it_is_asked_for(client: Caller) -> None:
    url = "/v1/models/gestures/versions/1/onnx"
    response = client.get(url, params={"opset": 21, "fold": False})
    assert response.status_code == 200
    model = onnx.load_from_string(response.content)
    assert model.opset_import[0].version == 21
    assert response.headers["etag"] == f'"{hashlib.sha256(response.content).hexdigest()}"'
    assert client.get(url, params={"opset": 17, "fold": True}).content == client.get(url).content
    for query in ({"opset": 16}, {"opset": 29}, {"opset": "new"}, {"fold": "perhaps"}):
        problem(client.get(url, params=query), 422, "INVALID_ARGUMENT")
    problem(client.get("/v1/models/gestures/versions/9/onnx", params={"opset": 18}), 404)


def test_row_24_no_file_with_data_outside_comes_in_or_goes_out(client: Caller) -> None:
    tensor = onnx.helper.make_tensor("w", onnx.TensorProto.FLOAT, [1], [1.0])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")
    graph = onnx.helper.make_graph([], "g", [], [], [tensor])
    content = onnx.helper.make_model(graph).SerializeToString()
    problem(client.post("/v1/models/gestures/versions", content=content), 405)
    problem(client.post("/v1/datasets", params={"name": "outside"}, content=content), 415)
    for query in ({}, {"opset": 20}, {"fold": False}):
        answer = client.get("/v1/models/gestures/versions/1/onnx", params=query)
        model = onnx.load_from_string(answer.content)
        assert all(not each.external_data and each.data_location == 0 for each in model.graph.initializer)


def test_an_alias_stands_for_a_version_everywhere(client: Caller) -> None:
    model = client.put("/v1/models/gestures/aliases/production", json={"version": 1}).json()
    assert (model["alias"], model["version"], model["previous"]) == ("production", 1, None)
    assert client.get("/v1/models/gestures").json()["aliases"] == {"production": 1}
    assert client.get("/v1/models/gestures/versions/production").json()["version"] == 1
    assert client.get("/v1/models/gestures/versions/production/onnx").status_code == 200
    body = {"series": houses.cases(1).tolist(), "version": "production"}
    assert client.post("/v1/models/gestures:predict", json=body).json()["version"] == 1
    assert client.delete("/v1/models/gestures/aliases/production").status_code == 204
    problem(client.get("/v1/models/gestures/versions/production"), 404)


@pytest.mark.parametrize("body", [{"version": 0}, {"version": "a b"}, {"version": True}, {}, {"version": 1, "x": 1}])
def test_a_wrong_alias_is_refused(client: Caller, body: dict[str, object]) -> None:
    problem(client.put("/v1/models/gestures/aliases/production", json=body), 422)


def test_an_alias_points_at_a_version_that_is_there(client: Caller) -> None:
    problem(client.put("/v1/models/gestures/aliases/production", json={"version": 99}), 404)
    problem(client.put("/v1/models/no-such/aliases/production", json={"version": 1}), 404)
    problem(client.put("/v1/models/gestures/aliases/7", json={"version": 1}), 422)
    problem(client.delete("/v1/models/gestures/aliases/no-such"), 404)


@pytest.mark.parametrize(
    "path", ["no-such", "gestures/versions/99", "gestures/versions/no-such", "gestures/versions/0"]
)
def test_no_such_model_or_version(client: Caller, path: str) -> None:
    problem(client.get(f"/v1/models/{path}"), 404, "NOT_FOUND")
    problem(client.delete(f"/v1/models/{path}"), 422 if path.endswith("versions/no-such") else 404)


def test_a_version_is_removed_unless_an_alias_points_at_it(client: Caller, house: House) -> None:
    houses.train(house, "short-lived", "gestures")
    houses.train(house, "short-lived", "gestures")
    client.put("/v1/models/short-lived/aliases/old", json={"version": 1})
    problem(client.delete("/v1/models/short-lived/versions/1"), 409, "FAILED_PRECONDITION")
    assert client.delete("/v1/models/short-lived/versions/2").status_code == 204
    assert client.get("/v1/models/short-lived").json()["versions"] == [1]
    assert client.delete("/v1/models/short-lived").status_code == 204
    problem(client.get("/v1/models/short-lived"), 404)
    problem(client.post("/v1/models/short-lived:predict", json={"series": houses.cases(1).tolist()}), 404)


def test_no_file_of_a_removed_model_is_left(client: Caller, house: House) -> None:
    discarded = DatabaseDiscarded(house.database)
    disposal = Disposal(house.artifacts, discarded, house.clock, seconds=0)
    disposal.look()
    before = {found.key for found in house.artifacts.list("models")}
    houses.train(house, "gone", "gestures")
    assert {found.key for found in house.artifacts.list("models")} > before
    client.delete("/v1/models/gone")
    assert {found.key for found in house.artifacts.list("models")} == before | discarded.keys()
    assert disposal.look() == 2
    assert {found.key for found in house.artifacts.list("models")} == before


def test_predictions_do_not_change_while_versions_come_and_go(client: Caller, house: House) -> None:
    body = {"series": houses.cases(3).tolist(), "version": 1}
    houses.train(house, "steady", "gestures")
    before = client.post("/v1/models/steady:predict", json=body).json()
    houses.train(house, "steady", "gestures", training={"seed": 5})
    assert client.post("/v1/models/steady:predict", json=body).json() == before
    newest = client.post("/v1/models/steady:predict", json={"series": body["series"]}).json()
    assert newest["version"] == 2
    assert not np.isclose(
        newest["predictions"][0]["probabilities"]["up"], before["predictions"][0]["probabilities"]["up"]
    )

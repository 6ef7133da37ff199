"""Nothing that is asked for is passed over: on every route of ours, as the table of routes has them."""

from typing import Any

import pytest
from fastapi.routing import APIRoute

from service.bootstrap import House, openapi
from service.rest.application import routes
from tests import houses
from tests.callers import Caller
from tests.contract.rest.test_problems import problem

NOWHERE = "no_such_option"


def table(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every route."""
    described = openapi()["paths"]
    return [
        (method, route.path_format, described.get(route.path_format, {}).get(method.lower(), {}))
        for route in routes(house.edge).routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


@pytest.fixture(scope="module")
def ours(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    found = [row for row in table(house) if row[1].startswith("/v1/")]
    assert len(found) > 30
    return found


def filled(path: str) -> str:
    return path.format(model="nobody", dataset="nobody", job="nobody", version="1", alias="nobody")


def parameters(operation: dict[str, Any]) -> list[str]:
    return [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]


def test_an_unknown_query_parameter_is_refused_with_those_that_are_known(client: Caller, ours: Any) -> None:
    for method, path, operation in ours:
        told = problem(client.request(method, filled(path), params={NOWHERE: "1"}), 422)
        assert told["errors"][0]["pointer"] == f"/{NOWHERE}", (method, path)
        assert NOWHERE in told["detail"]
        for name in parameters(operation) or ["takes none"]:
            assert name in told["detail"], (method, path)


def test_every_parameter_of_the_description_is_taken_once(client: Caller, ours: Any) -> None:
    for method, path, operation in ours:
        for name in parameters(operation):
            answer = client.request(method, f"{filled(path)}?{name}=1")
            assert "There is no query parameter" not in answer.text, (method, path, name)
            twice = problem(client.request(method, f"{filled(path)}?{name}=1&{name}=2"), 422)
            assert twice["errors"][0]["pointer"] == f"/{name}"
            assert "2 times" in twice["detail"]


def test_what_is_said_to_a_route_that_takes_no_body_is_refused(client: Caller, ours: Any) -> None:
    silent = [row for row in ours if row[0] != "GET" and "requestBody" not in row[2]]
    assert {path.rpartition(":")[2] for _, path, _ in silent} >= {"cancel", "reproduce", "rollback"}
    for method, path, _ in silent:
        told = problem(client.request(method, filled(path), json={NOWHERE: 1}), 422)
        assert told["errors"][0] == {"pointer": f"/{NOWHERE}", "detail": told["detail"]}
        for content in (b"[1]", b"not JSON", b"null"):
            problem(client.request(method, filled(path), content=content), 422)
        for content in (b"", b" ", b"{}"):
            assert client.request(method, filled(path), content=content).status_code == 404, (method, path)


def test_a_member_that_is_named_twice_is_refused_by_its_name(client: Caller, ours: Any) -> None:
    taking = [row for row in ours if "application/json" in row[2].get("requestBody", {}).get("content", {})]
    assert len(taking) > 5
    for method, path, operation in taking:
        if "multipart/form-data" in operation["requestBody"]["content"]:
            continue  # a file, whose reader tells what is wrong with it
        json = {"Content-Type": "application/json"}
        told = problem(client.request(method, filled(path), content=b'{"name":"a","name":"b"}', headers=json), 400)
        assert "'name' twice" in told["detail"], (method, path)


def test_a_misspelt_parameter_is_answered_with_the_one_that_was_meant(client: Caller) -> None:
    told = problem(client.post("/v1/models/gestures:predict?versoin=1", json={"series": []}), 422)
    assert "did you mean 'version'?" in told["detail"]


def test_many_unknown_parameters_are_told_in_few_words(client: Caller) -> None:
    query = "&".join(f"{'x' * 200}{number}=1" for number in range(200))
    told = problem(client.get(f"/v1/datasets?{query}"), 422)
    assert len(told["errors"]) == 10
    assert "x" * 100 not in str(told)


def test_the_routes_of_others_take_what_their_clients_add(client: Caller, house: House) -> None:
    for path in {path for method, path, _ in table(house) if method == "GET" and not path.startswith("/v1/")}:
        place = path.format(model="gestures", version="1")
        assert client.get(f"{place}?{NOWHERE}=1").status_code == client.get(place).status_code, path
    assert client.get(f"/openapi.json?{NOWHERE}=1").status_code == 200


def test_how_a_file_is_read_is_not_asked_of_json(client: Caller) -> None:
    told = problem(client.post("/v1/models/gestures:predict?time=t&version=1", json={"series": []}), 422)
    assert [each["pointer"] for each in told["errors"]] == ["/time"]


def test_one_version_is_asked_for(client: Caller) -> None:
    body = {"series": houses.cases(1).tolist(), "version": 1}
    assert client.post("/v1/models/gestures:predict?version=1", json=body).status_code == 200
    told = problem(client.post("/v1/models/gestures:predict?version=latest", json=body), 422)
    assert told["errors"][0]["pointer"] == "/version"


def test_a_form_whose_fields_would_be_passed_over_is_refused(client: Caller) -> None:
    told = problem(
        client.post("/v1/datasets?name=form", files={"file": ("x.json", b"{}")}, data={"label": "y"}),
        400,
        "INVALID_ARGUMENT",
    )
    assert "'label'" in told["detail"]


def test_what_a_files_format_would_pass_over_is_refused(client: Caller) -> None:
    content = houses.classification_file()
    told = problem(client.post("/v1/datasets?name=idle&format=json&label=y&time=t", content=content), 422)
    assert [each["pointer"] for each in told["errors"]] == ["/time", "/label"]

"""Every refusal is a problem of one shape, and tells nothing of our insides."""

import re
from typing import Any

import httpx
import pytest

from tests.callers import Caller

LEAKS = re.compile(
    r"Traceback|File \"|/work|/tmp|site-packages|pydantic|starlette|sqlalchemy|numpy|orjson|\.py\b", re.IGNORECASE
)
JSON = {"Content-Type": "application/json"}


def problem(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Check that a response is a problem like all others, and answer its members."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    members: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "code", "errors", "request_id", "error"} <= members.keys()
    assert members["status"] == status
    assert members["error"] == members["detail"]
    assert members["request_id"] == response.headers["x-request-id"]
    assert len(members["errors"]) <= 10
    assert all(error.keys() == {"pointer", "detail"} for error in members["errors"])
    assert code is None or members["code"] == code
    assert not LEAKS.search(response.text), response.text
    return members


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/v1", "/v1/", "/v2/nope", "/v1/datasets/", "/docs", "/v1/models/a%2fb"]
)
def test_an_unknown_route_is_not_found(empty: Caller, path: str) -> None:
    problem(empty.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", "%252e%252e", "a b", "a;rm", "$(id)", "a%00b", "\u0430bc", "x" * 10_000, "-x"]
)
@pytest.mark.parametrize("path", ["/v1/datasets/{}", "/v1/models/{}", "/v2/models/{}", "/v1/training-jobs/{}"])
def test_a_name_that_is_none_leads_nowhere(empty: Caller, path: str, name: str) -> None:
    members = problem(empty.get(path.format(name)), 404)
    assert name not in members["detail"]


def test_a_wrong_method_names_the_right_ones(empty: Caller) -> None:
    response = empty.put("/v1/datasets")
    problem(response, 405, "UNIMPLEMENTED")
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"model": "a", "dataset": "b", "training": {"epochs": NaN}}',
        b'{"model": "a", "dataset": "b", "training": {"epochs": Infinity}}',
        b'{"model": "\xff\xfe"}',
        b'{"model": "\\ud800"}',
        b'{"model": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"model": "a"} {"model": "b"}',
    ],
    ids=["empty", "cut", "text", "nan", "infinity", "bytes", "surrogate", "deep list", "deep object", "two values"],
)
@pytest.mark.parametrize("path", ["/v1/training-jobs", "/v1/models/m:predict", "/v1/models/m:evaluate"])
def test_what_is_no_json_is_a_bad_request(empty: Caller, path: str, body: bytes) -> None:
    expected = 413 if len(body) > 1024 and path.endswith("evaluate") else 400
    problem(empty.post(path, content=body, headers=JSON), expected)


def test_json_nested_too_deeply_for_a_spec_is_refused_with_its_place(empty: Caller) -> None:
    network = b'{"a":' * 200 + b"1" + b"}" * 200
    body = b'{"model": "a", "dataset": "b", "network": ' + network + b"}"
    members = problem(empty.post("/v1/training-jobs", content=body, headers=JSON), 422)
    assert members["errors"][0]["pointer"] == "/network"


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_json_must_say_that_it_is(empty: Caller, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    problem(empty.post("/v1/training-jobs", content=b"{}", headers=headers), 415)


def test_compressed_json_is_not_taken_on_v1(empty: Caller) -> None:
    problem(empty.post("/v1/training-jobs", content=b"{}", headers={**JSON, "Content-Encoding": "gzip"}), 415)


def test_at_most_ten_faults_are_listed_and_nothing_is_echoed(empty: Caller) -> None:
    body = b'{"model": 1, "dataset": "secret-value/", ' + b",".join(b'"x%d": {}' % n for n in range(20_000)) + b"}"
    members = problem(empty.post("/v1/training-jobs", content=body, headers=JSON), 422)
    assert len(members["errors"]) == 10
    assert "secret" not in str(members)


def test_a_body_over_its_limit_is_refused_whether_announced_or_not(empty: Caller) -> None:
    body = b" " * (1 << 20) + b"{}"
    problem(empty.post("/v1/training-jobs", content=body, headers=JSON), 413)
    problem(empty.post("/v1/training-jobs", content=iter_async(body), headers=JSON), 413)


def test_a_body_of_exactly_the_limit_passes_it(empty: Caller) -> None:
    body = b"{" + b" " * ((1 << 20) - 2) + b"}"
    problem(empty.post("/v1/training-jobs", content=body, headers=JSON), 422)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("limit=0", "/limit"), ("limit=201", "/limit"), ("limit=x", "/limit"), ("cursor=nonsense", "/cursor")],
)
def test_a_wrong_page_names_the_parameter(empty: Caller, query: str, pointer: str) -> None:
    for path in ("/v1/datasets", "/v1/training-jobs", "/v1/models"):
        assert problem(empty.get(f"{path}?{query}"), 422)["errors"][0]["pointer"] == pointer


def test_a_fault_of_ours_is_a_500_that_says_nothing(empty: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret at /srv/wavetap/service/usecases/datasets.py")

    monkeypatch.setattr("service.usecases.datasets.Datasets.list", broken)
    members = problem(empty.get("/v1/datasets"), 500, "INTERNAL")
    assert "secret" not in str(members)


def test_a_request_keeps_its_id_if_it_is_a_plain_one(empty: Caller) -> None:
    assert empty.get("/nope", headers={"X-Request-Id": "abc-1.2"}).json()["request_id"] == "abc-1.2"
    assert empty.get("/nope", headers={"X-Request-Id": "a b\x1b"}).json()["request_id"] != "a b\x1b"


async def iter_async(body: bytes, size: int = 65536) -> Any:
    for at in range(0, len(body), size):
        yield body[at : at + size]

"""Rows 8, 11 and 15: names, errors that tell too much, and hosts."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.bootstrap import House
from service.errors import ServiceError
from service.rest.application import application
from tests import houses
from tests.callers import calling
from tests.contract.rest.test_problems import LEAKS, problem
from tests.e2e.hostile.conftest import HOST, Victim, memory_is_flat
from tests.protocol import body

pytestmark = pytest.mark.e2e

NAMES = [
    "$(id)",
    "`id`",
    "a;rm -rf",
    "a|b",
    "a&b",
    "..%2fx",
    "%2e%2e%2fx",
    "%252e%252e",
    "a%00b",
    "%00",
    "x" * 10_000,
    "g\u0435stures",
    "gestures\u200b",
    "\uff47estures",
    "-x",
    ".x",
    "a b",
    "a%0d%0ab",
]


@pytest.mark.parametrize("name", NAMES)
def test_row_8_a_name_that_is_none_is_refused_by_one_pattern(victim: Victim, name: str) -> None:
    for path in ("/v2/models/{}", "/v2/models/{}/infer", "/v2/repository/models/{}/load", "/v1/models/{}:predict"):
        method = "GET" if path.endswith("}") else "POST"
        problem(victim.http.request(method, path.format(name), content=body()), 404)
    request = {"model": name, "dataset": "gestures"}
    problem(victim.http.post("/v1/training-jobs", json=request), 422)


def test_row_8_names_leave_nothing_in_memory_nor_in_the_metrics(victim: Victim) -> None:
    memory_is_flat(victim, lambda: victim.http.get("/v2/models/a%00b/ready"))
    assert "a%00b" not in victim.http.get("/metrics").text


HOSTS = [b"localhost/v2/health/live", b"", b"local host", b"a@localhost", b"localhost:99999x", b"[::1", b"x" * 100_000]


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host[:30].decode())
def test_row_15_a_host_that_is_none_is_a_bad_request(victim: Victim, host: bytes) -> None:
    answer = victim.raw(b"GET /v2 HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
    assert answer[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 431"}, answer[:200]


@pytest.mark.parametrize("hosts", [b"", HOST * 2, HOST + b"Host: other\r\n"], ids=["none", "twice", "two"])
def test_row_15_no_host_or_two_are_a_bad_request(victim: Victim, hosts: bytes) -> None:
    answer = victim.raw(b"GET /v2 HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")
    assert answer[:12] == b"HTTP/1.1 400", answer[:200]


def test_row_15_hosts_leave_nothing_in_memory(victim: Victim) -> None:
    asked = b"GET /v2 HTTP/1.1\r\nHost: a@localhost\r\nConnection: close\r\n\r\n"
    memory_is_flat(victim, lambda: victim.raw(asked))


class Broken:
    """A use case that fails, whatever is asked of it."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        def failing(*_: object, **__: object) -> None:
            raise self._error

        return failing


def every_error(root: type[ServiceError]) -> list[type[ServiceError]]:
    return [root, *(each for child in root.__subclasses__() for each in every_error(child))]


FAULTS: list[BaseException] = [
    OSError(2, "No such file or directory", "/srv/secret/wavetap.db"),
    ValueError("numpy.core raised in site-packages/orjson.py"),
    KeyError("/tmp/secret"),  # noqa: S108 - only text
    RecursionError("maximum recursion depth exceeded"),
    MemoryError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "/srv/secret"),
    ZeroDivisionError("pydantic starlette sqlalchemy"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with houses.house_in(tmp_path_factory.mktemp("house")) as house:
        yield house


def answered(house: House, error: BaseException) -> Iterator[httpx.Response]:
    """Over both kinds of routes; the log may tell everything."""
    services = dataclasses.replace(house.edge.services, catalogue=Broken(error), repository=Broken(error))
    edge = dataclasses.replace(house.edge, services=services)
    with calling(application(edge)) as caller:
        yield caller.get("/v1/models/gestures")
        yield caller.post("/v2/repository/index")


@pytest.mark.parametrize("error", every_error(ServiceError), ids=lambda error: error.__name__)
def test_row_11_every_class_of_error_is_a_problem(house: House, error: type[ServiceError]) -> None:
    for answer in answered(house, error("It is as it is.")):
        members = problem(answer, answer.status_code)
        assert members["detail"] == "It is as it is."
        assert 400 <= answer.status_code < 600


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_row_11_a_fault_of_ours_tells_nothing_of_our_insides(house: House, fault: BaseException) -> None:
    for answer in answered(house, fault):
        problem(answer, 500, "INTERNAL")
        assert "secret" not in answer.text


PROVOKED = [
    ("GET", "/nope", b"", {}, 404),
    ("PUT", "/v2", b"", {}, 405),
    ("POST", "/v2/models/gestures/infer", b"\xff", {}, 400),
    ("POST", "/v2/models/gestures/infer", b"{}", {"Content-Encoding": "br"}, 415),
    ("POST", "/v1/training-jobs", b"{}", {"Content-Type": "application/json"}, 422),
    ("POST", "/v1/training-jobs", b"{}", {"Content-Type": "text/plain"}, 415),
    ("POST", "/v1/datasets?name=x&format=npz", b"PK\x03\x04" + bytes(100), {}, 422),
    ("POST", "/v1/datasets?name=x", b"\x80\x04.", {}, 415),
    ("GET", "/v1/models?cursor=nonsense", b"", {}, 422),
    ("GET", "/v2", b"", {"Origin": "http://evil.example", "Host": "evil.example"}, 403),
    ("GET", "/v2", b"", {"X": "x" * 100_000}, 431),
]


@pytest.mark.parametrize(("method", "path", "content", "headers", "status"), PROVOKED)
def test_row_11_what_a_client_can_provoke_tells_nothing_either(
    victim: Victim, method: str, path: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = victim.http.request(method, path, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert not LEAKS.search(answer.text)

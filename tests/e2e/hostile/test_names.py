"""Rows 8 and 15: names and hosts."""

import pytest

from tests.contract.rest.test_problems import problem
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

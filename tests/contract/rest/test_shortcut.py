"""Inference goes past the framework: the same answers, refusals, limits and counts as on the way through it."""

from collections.abc import Iterator

import httpx
import pytest

from service.bootstrap import House
from service.rest.application import routes
from service.rest.gate import Gate
from service.rest.shortcut import OF_MODEL, OF_VERSION
from tests import protocol
from tests.callers import Caller, calling

GOOD = protocol.body()
REQUESTS = {
    "a prediction": (protocol.INFER, GOOD),
    "of one version": ("/v2/models/gestures/versions/1/infer", GOOD),
    "no such model": ("/v2/models/nobody/infer", GOOD),
    "no such version": ("/v2/models/gestures/versions/7/infer", GOOD),
    "no such route": ("/v2/models/gestures/versions/0/infer", GOOD),
    "not JSON": (protocol.INFER, b"{"),
    "no tensors": (protocol.INFER, b'{"inputs": []}'),
    "a wrong shape": (protocol.INFER, protocol.body(inputs=[protocol.tensor(shape=[9, 9, 9])])),
}


@pytest.fixture(scope="module")
def through(house: House) -> Iterator[Caller]:
    """The same service without the shortcut."""
    with calling(Gate(routes(house.edge), house.edge)) as caller:
        yield caller


def said(response: httpx.Response) -> tuple[int, object, object]:
    content = response.json()
    content.pop("request_id", None)
    return response.status_code, response.headers["content-type"], content


@pytest.mark.parametrize("name", REQUESTS)
def test_both_ways_answer_the_same(client: Caller, through: Caller, name: str) -> None:
    path, content = REQUESTS[name]
    assert said(client.post(path, content=content)) == said(through.post(path, content=content))


def test_both_ways_are_counted_under_the_same_route(house: House) -> None:
    described = {route.path_format for route in routes(house.edge).routes if route.path.endswith("/infer")}
    assert described == {OF_MODEL.path_format, OF_VERSION.path_format}


def test_another_method_is_told_which_one_there_is(client: Caller) -> None:
    response = client.get(protocol.INFER)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_the_gate_stands_before_the_shortcut(client: Caller) -> None:
    response = client.post(protocol.INFER, content=GOOD, headers={"X-Request-Id": "mine"})
    assert response.headers["x-request-id"] == "mine"
    refused = client.post(protocol.INFER, content=GOOD, headers={"Origin": "http://elsewhere"})
    assert refused.status_code == 403

"""Nothing but liveness and readiness is answered without the key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route

from service.rest.application import application, routes
from tests.callers import Caller, calling
from tests.houses import house_in

KEY = "a-very-secret-key"
BEARER = {"Authorization": f"Bearer {KEY}"}
PUBLIC = {"/v2/health/live", "/v2/health/ready"}


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Caller]:
    with house_in(tmp_path, api_key=KEY) as house, calling(application(house.edge)) as caller:
        yield caller


def every_route(tmp_path: Path) -> list[tuple[str, str]]:
    with house_in(tmp_path / "other") as house:
        return [
            (method, route.path_format.format(**dict.fromkeys(route.param_convertors, "1")))
            for route in routes(house.edge).routes
            if isinstance(route, Route)
            for method in sorted(route.methods or ())
        ]


def test_every_route_wants_the_key(locked: Caller, tmp_path: Path) -> None:
    answers = {(method, path): locked.request(method, path).status_code for method, path in every_route(tmp_path)}
    assert {path for (_, path), status in answers.items() if status != 401} == PUBLIC
    assert len(answers) > 30


@pytest.mark.parametrize(
    "path",
    ["//v1/datasets", "/V1/datasets", "/v1%2fdatasets", "/v1/datasets;x", "/v1/datasets/", "/v2/health/live/", "/nope"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "TRACE"])
def test_no_spelling_of_a_path_goes_round_the_key(locked: Caller, method: str, path: str) -> None:
    assert locked.request(method, path).status_code == 401


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"Basic {KEY}", KEY, f"Bearer  x{KEY[1:]}", "é"],
)
def test_a_wrong_key_is_no_key(locked: Caller, authorization: str) -> None:
    response = locked.get("/v1/datasets", headers={"Authorization": authorization.encode()})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["code"] == "UNAUTHENTICATED"


def test_the_key_opens_every_route(locked: Caller) -> None:
    assert locked.get("/v1/datasets", headers=BEARER).status_code == 200
    assert locked.get("/v2", headers=BEARER).status_code == 200
    assert locked.get("/openapi.json", headers=BEARER).status_code == 200


def test_metrics_are_public_only_if_a_setting_says_so(locked: Caller, tmp_path: Path) -> None:
    assert locked.get("/metrics").status_code == 401
    settings = {"api_key": KEY, "metrics_public": True}
    with house_in(tmp_path / "public", **settings) as house, calling(application(house.edge)) as caller:
        assert caller.get("/metrics").status_code == 200
        assert caller.get("/v1/datasets").status_code == 401


@pytest.mark.parametrize("host", ["", "a/b", "localhost/v2/health/live", "a b", "localhost:x", "[::1", "a@b"])
def test_an_odd_host_is_a_bad_request_even_with_the_key(locked: Caller, host: str) -> None:
    assert locked.get("/v1/datasets", headers={**BEARER, "Host": host}).status_code == 400


def test_two_hosts_are_a_bad_request(locked: Caller) -> None:
    response = locked.get("/v2", headers=[("Host", "localhost"), ("Host", "localhost"), *BEARER.items()])
    assert response.status_code == 400


def test_without_a_key_a_page_of_another_site_can_do_nothing(empty: Caller) -> None:
    """A browser sends these: a form of a foreign page, and a name that was rebound to this machine."""
    foreign = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    assert empty.post("/v1/datasets?name=a", content=b"x", headers=foreign).status_code == 403
    assert empty.delete("/v1/models/a", headers={"Origin": "null"}).status_code == 403
    assert empty.post("/v1/datasets?name=a", content=b"x", headers={"Host": "evil.example"}).status_code == 403
    assert empty.get("/v1/datasets", headers={"Host": "evil.example"}).status_code == 403


def test_without_a_key_a_page_of_our_own_can(empty: Caller) -> None:
    own = {"Origin": "http://localhost"}
    assert empty.post("/v1/datasets?name=a&format=ts", content=b"x", headers=own).status_code == 422

"""Row 11: errors that tell too much."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import inference_pb2_grpc
from service.bootstrap import House
from service.errors import ServiceError
from service.rest.application import application
from tests import houses
from tests.callers import calling
from tests.contract.rest.test_problems import LEAKS, problem
from tests.contract.rpc.conftest import serving
from tests.e2e.hostile.conftest import Victim, memory_is_flat

pytestmark = pytest.mark.e2e


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


def called(house: House, error: BaseException) -> grpc.RpcError:
    """The same over gRPC."""
    edge = dataclasses.replace(house.edge, services=dataclasses.replace(house.edge.services, repository=Broken(error)))
    with serving(dataclasses.replace(house, edge=edge)) as served:
        stub = inference_pb2_grpc.GRPCInferenceServiceStub(served.channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.RepositoryIndex(pb.RepositoryIndexRequest(), timeout=60)
    return refused.value


@pytest.mark.parametrize("error", every_error(ServiceError), ids=lambda error: error.__name__)
def test_row_11_every_class_of_error_is_a_problem(house: House, error: type[ServiceError]) -> None:
    for answer in answered(house, error("It is as it is.")):
        members = problem(answer, answer.status_code)
        assert members["detail"] == "It is as it is."
        assert 400 <= answer.status_code < 600
    refused = called(house, error("It is as it is."))
    assert (refused.code().name, refused.details()) == (members["code"], "It is as it is.")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_row_11_a_fault_of_ours_tells_nothing_of_our_insides(house: House, fault: BaseException) -> None:
    for answer in answered(house, fault):
        problem(answer, 500, "INTERNAL")
        assert "secret" not in answer.text
    refused = called(house, fault)
    assert refused.code() is grpc.StatusCode.INTERNAL
    assert refused.details() == "Something went wrong on our side."


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


def test_row_11_errors_leave_nothing_in_memory(victim: Victim) -> None:
    def attack() -> None:
        for method, path, content, headers, _ in PROVOKED:
            victim.http.request(method, path, content=content, headers=headers)

    memory_is_flat(victim, attack)

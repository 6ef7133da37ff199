"""Nothing but health is answered without the key, and every call leaves a trace."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from service.bootstrap import House
from service.rpc.server import HEALTH, INFERENCE, TRAINING
from tests.contract.rpc.conftest import serving
from tests.houses import house_in

KEY = "a-very-secret-key"
REFLECTION = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]
PUBLIC = {"ServerLive", "ServerReady", "Check", "Watch"}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    with house_in(tmp_path_factory.mktemp("locked"), api_key=KEY) as house, serving(house) as served:
        yield served.channel


def call(channel: grpc.Channel, method: MethodDescriptor, key: str | None = None) -> grpc.StatusCode:
    """The status of a call with an empty message."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    metadata = () if key is None else (("authorization", f"Bearer {key}"),)
    try:
        if method.client_streaming:
            make = channel.stream_stream if method.server_streaming else channel.stream_unary
            answer = make(path)(iter([b""]), metadata=metadata, timeout=30)
        else:
            make = channel.unary_stream if method.server_streaming else channel.unary_unary
            answer = make(path)(b"", metadata=metadata, timeout=30)
        if method.server_streaming:
            next(iter(answer), None)
            answer.cancel()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


METHODS = [method for service in (INFERENCE, TRAINING, HEALTH, REFLECTION) for method in service.methods]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_wants_the_key(locked: grpc.Channel, method: MethodDescriptor) -> None:
    refused = call(locked, method) is grpc.StatusCode.UNAUTHENTICATED
    assert refused == (method.name not in PUBLIC)


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "x", KEY.upper()])
def test_a_wrong_key_is_no_key(locked: grpc.Channel, key: str) -> None:
    assert call(locked, TRAINING.methods_by_name["ListModels"], key) is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_key_opens_every_method(locked: grpc.Channel, method: MethodDescriptor) -> None:
    assert call(locked, method, KEY) not in {
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    }


def test_a_method_that_nobody_has_is_unimplemented(locked: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        locked.unary_unary("/inference.GRPCInferenceService/NoSuch")(b"", timeout=30)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_the_request_id_comes_back(channel: grpc.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    _, exchange = stub.Check.with_call(health_pb2.HealthCheckRequest(), metadata=(("x-request-id", "abc-1"),))
    assert dict(exchange.trailing_metadata())["x-request-id"] == "abc-1"


def test_health_follows_the_service(tmp_path: Path) -> None:
    with house_in(tmp_path) as own, serving(own) as served:
        stub = health_pb2_grpc.HealthStub(served.channel)
        for service in ("", INFERENCE.full_name, TRAINING.full_name):
            assert stub.Check(health_pb2.HealthCheckRequest(service=service)).status == 1
        with pytest.raises(grpc.RpcError) as raised:
            stub.Check(health_pb2.HealthCheckRequest(service="no.such"))
        assert raised.value.code() is grpc.StatusCode.NOT_FOUND
        watch = stub.Watch(health_pb2.HealthCheckRequest())
        assert next(watch).status == 1
        served.loop.call_soon_threadsafe(own.edge.lifecycle.drain)
        assert next(watch).status == 2
        assert list(watch) == []
        assert stub.Check(health_pb2.HealthCheckRequest()).status == 2


def test_calls_are_counted_by_method_and_status(channel: grpc.Channel, house: House) -> None:
    health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    line = 'wavetap_requests_total{method="Check",protocol="grpc",route="grpc.health.v1.Health",status="OK"}'
    assert line in house.edge.metrics.text().decode()
    assert 'wavetap_requests_in_flight{protocol="grpc"} 0.0' in house.edge.metrics.text().decode()

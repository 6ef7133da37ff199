"""Predictions over gRPC while others are computed: refused, late, abandoned, and forgotten."""

import random
import threading
import time
from collections.abc import Callable, Iterator

import grpc
import pytest

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import inference_pb2_grpc
from service.bootstrap import House
from tests import houses
from tests.contract.rpc.conftest import serving
from tests.gates import Gated, gated

CASES = houses.cases(3)
PATIENCE = 60.0
Stub = inference_pb2_grpc.GRPCInferenceServiceStub


def request(**fields: str) -> pb.ModelInferRequest:
    entry = pb.ModelInferRequest.InferInputTensor(name="series", datatype="FP32", shape=CASES.shape)
    return pb.ModelInferRequest(model_name="gestures", inputs=[entry], raw_input_contents=[CASES.tobytes()], **fields)


def await_that(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def behind(house: House) -> Iterator[tuple[Gated, Stub]]:
    house.edge.services.repository.load("gestures")
    with gated(house, waiting=2) as behind:
        swapped = type(house)(**{**vars(house), "edge": behind.edge})
        with serving(swapped) as served:
            yield behind, Stub(served.channel)


def test_a_cancelled_call_leaves_the_queue_and_is_not_computed(behind: tuple[Gated, Stub]) -> None:
    edge, stub = behind
    first = stub.ModelInfer.future(request(), timeout=PATIENCE)
    assert edge.begun.acquire(timeout=PATIENCE)
    abandoned = stub.ModelInfer.future(request(), timeout=PATIENCE)
    await_that(lambda: edge.edge.scheduler.waiting == 1)
    abandoned.cancel()
    await_that(lambda: edge.edge.scheduler.waiting == 0)
    edge.gate.set()
    assert len(first.result().outputs) == 2
    assert edge.batches == [3]


def test_the_calls_deadline_ends_its_waiting(behind: tuple[Gated, Stub]) -> None:
    edge, stub = behind
    first = stub.ModelInfer.future(request(), timeout=PATIENCE)
    assert edge.begun.acquire(timeout=PATIENCE)
    with pytest.raises(grpc.RpcError) as late:
        stub.ModelInfer(request(), timeout=0.2)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await_that(lambda: edge.edge.scheduler.waiting == 0)
    edge.gate.set()
    first.result()
    assert edge.batches == [3]


def test_a_full_queue_is_resource_exhausted(behind: tuple[Gated, Stub]) -> None:
    edge, stub = behind
    calls = [stub.ModelInfer.future(request(), timeout=PATIENCE)]
    assert edge.begun.acquire(timeout=PATIENCE)
    calls += [stub.ModelInfer.future(request(), timeout=PATIENCE) for _ in range(2)]
    await_that(lambda: edge.edge.scheduler.waiting == 2)
    with pytest.raises(grpc.RpcError) as refused:
        stub.ModelInfer(request(), timeout=PATIENCE)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    edge.gate.set()
    assert all(len(call.result().outputs) == 2 for call in calls)


def test_streams_cancelled_at_any_point_leave_nothing_behind(house: House, channel: grpc.Channel) -> None:
    generator = random.Random(13)  # any points will do
    stub = Stub(channel)
    for _ in range(150):
        over = threading.Event()

        def asked(over: threading.Event = over) -> Iterator[pb.ModelInferRequest]:
            for number in range(3):
                yield request(id=str(number))
            over.wait(PATIENCE)

        call = stub.ModelStreamInfer(asked(), timeout=PATIENCE)
        for _answer in range(generator.randrange(3)):
            next(call)
        call.cancel()
        over.set()
    await_that(lambda: house.edge.metrics.in_flight["grpc"] == 0)
    await_that(lambda: not house.edge.scheduler.busy)
    assert not house.edge.lanes.busy
    streams = [line for line in house.edge.metrics.text().decode().splitlines() if 'method="ModelStreamInfer"' in line]
    assert streams
    assert not [line for line in streams if "INTERNAL" in line]

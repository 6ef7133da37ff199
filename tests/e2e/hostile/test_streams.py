"""Rows 13 and 27: gRPC calls by the thousand that are cancelled, reset, or too large. `make hostile` sends them all."""

import random
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import numpy as np
import pytest

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import inference_pb2_grpc
from service.rpc.server import UNENDED_BYTES
from tests import houses
from tests.e2e.hostile.conftest import HEADROOM, LIMIT, SCALE, Victim, memory_is_flat
from tests.e2e.hostile.frames import AT_ONCE, holding, reset
from tests.e2e.http.conftest import eventually

pytestmark = pytest.mark.e2e

STREAMS = 100 * SCALE
RESETS = 300 * SCALE
FLOOD = 60
"""Connections that each open and reset calls, one after another."""
CONNECTIONS = 50 * SCALE
CASES = houses.cases(1)
OPTIONS = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]


def request(values: np.ndarray = CASES) -> pb.ModelInferRequest:
    entry = {"name": "series", "datatype": "FP32", "shape": values.shape}
    return pb.ModelInferRequest(model_name="gestures", inputs=[entry], raw_input_contents=[values.tobytes()])


@pytest.fixture
def stub(victim: Victim) -> Iterator[Any]:
    with grpc.insecure_channel(victim.running.grpc, options=OPTIONS) as channel:
        yield inference_pb2_grpc.GRPCInferenceServiceStub(channel)


@pytest.fixture
def bystander(victim: Victim) -> Iterator[None]:
    """Somebody else, who is answered all the while."""
    done, failed = threading.Event(), []

    def call() -> None:
        with grpc.insecure_channel(victim.running.grpc, options=OPTIONS) as channel:
            own = inference_pb2_grpc.GRPCInferenceServiceStub(channel)
            while not done.is_set():
                try:
                    assert own.ModelInfer(request(), timeout=60).model_name == "gestures"
                except grpc.RpcError as error:
                    failed.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    yield
    done.set()
    thread.join()
    assert failed == []


def in_flight(victim: Victim) -> float:
    found = re.search(
        r'^wavetap_requests_in_flight\{protocol="grpc"\} (\S+)$', victim.http.get("/metrics").text, re.MULTILINE
    )
    assert found
    return float(found[1])


def test_row_13_streams_that_are_cancelled_anywhere_are_forgotten(victim: Victim, stub: Any) -> None:
    chance = random.Random(0)
    for _ in range(STREAMS):
        done, count = threading.Event(), chance.randrange(4)

        def some(done: threading.Event = done, count: int = count) -> Iterator[pb.ModelInferRequest]:
            yield from (request() for _ in range(count))
            done.wait(60)

        call = stub.ModelStreamInfer(some())
        for _ in range(chance.randint(0, count)):  # so many answers are waited for
            next(call)
        call.cancel()
        done.set()
    eventually(lambda: in_flight(victim) == 0, "the end of every stream")


@pytest.mark.usefixtures("bystander")
def test_row_27_rapid_resets_cancel_nobody_else(victim: Victim, stub: Any) -> None:
    for _ in range(RESETS):
        stub.ModelInfer.future(request(), timeout=60).cancel()
    eventually(lambda: in_flight(victim) <= 1, "the end of what was reset")


@pytest.mark.usefixtures("bystander")
def test_row_27_calls_that_are_opened_and_reset_at_once_harm_nobody_else(victim: Victim) -> None:
    """Over one connection, and over many, where they come faster than they are taken up."""
    reset(victim.running.grpc, 100 * AT_ONCE)
    for _ in range(SCALE):
        assert sum(reset(victim.running.grpc, AT_ONCE) for _ in range(FLOOD)) > 0
        eventually(lambda: in_flight(victim) <= 1, "the end of what was reset")


@pytest.mark.usefixtures("bystander")
def test_row_27_messages_that_never_end_hold_what_they_may_together_and_no_more(victim: Victim) -> None:
    """Five connections would hold 250 mebibytes; the bystander's calls are whole, and are answered."""
    before = victim.memory()
    with ExitStack() as held:
        for _ in range(5):
            held.enter_context(holding(victim.running.grpc, 100, LIMIT, LIMIT // 2))
            assert victim.memory() - before < UNENDED_BYTES + 2 * HEADROOM


def test_row_27_resets_leave_nothing_in_memory(victim: Victim, stub: Any) -> None:
    def attack() -> None:
        reset(victim.running.grpc, AT_ONCE)
        assert stub.ServerLive(pb.ServerLiveRequest(), timeout=60).live  # it is taken up behind what was reset

    memory_is_flat(victim, attack)


def test_row_13_a_cancelled_stream_leaves_nothing_in_memory(victim: Victim, stub: Any) -> None:
    def cancelled() -> None:
        over = threading.Event()

        def some() -> Iterator[pb.ModelInferRequest]:
            yield request()
            over.wait(60)

        call = stub.ModelStreamInfer(some())
        next(call)
        call.cancel()
        over.set()

    memory_is_flat(victim, cancelled)


@pytest.mark.usefixtures("bystander")
def test_row_27_many_connections_are_borne(victim: Victim) -> None:
    channels = [grpc.insecure_channel(victim.running.grpc, options=OPTIONS) for _ in range(CONNECTIONS)]
    try:
        calls = [inference_pb2_grpc.GRPCInferenceServiceStub(each).ServerLive for each in channels]
        assert all(call(pb.ServerLiveRequest(), timeout=60).live for call in calls)
    finally:
        for channel in channels:
            channel.close()


@pytest.mark.usefixtures("bystander")
def test_row_27_a_message_over_the_cap_is_refused_and_the_connection_stays(stub: Any) -> None:
    large = request(houses.cases(1, length=LIMIT // 8 + 1))
    for _ in range(3):
        with pytest.raises(grpc.RpcError) as refused:
            stub.ModelInfer(large, timeout=60)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert stub.ModelInfer(request(), timeout=60).model_name == "gestures"


def test_row_27_a_bystander_is_answered_within_a_tenth_of_a_second(victim: Victim, stub: Any) -> None:
    """While resets go on; the best of many answers, as a busy machine makes others late."""
    done = threading.Event()

    def reset() -> None:
        with grpc.insecure_channel(victim.running.grpc, options=OPTIONS) as channel:
            own = inference_pb2_grpc.GRPCInferenceServiceStub(channel)
            while not done.is_set():
                own.ModelInfer.future(request(), timeout=60).cancel()

    def prompt() -> bool:
        try:
            stub.ModelInfer(request(), timeout=0.1)
        except grpc.RpcError:
            return False
        return True

    thread = threading.Thread(target=reset)
    thread.start()
    try:
        eventually(prompt, "an answer within a tenth of a second")
    finally:
        done.set()
        thread.join()

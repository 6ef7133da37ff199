"""Rows 5, 7 and 8 over gRPC: the same refusals as over HTTP."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import inference_pb2_grpc
from tests.contract.rest.test_problems import LEAKS
from tests.e2e.hostile.conftest import Victim, memory_is_flat
from tests.e2e.hostile.test_streams import CASES, OPTIONS

pytestmark = pytest.mark.e2e

SHAPES = [(2**62, 4), (2**62, 4, 1), (-1, -1), (-1, 2, 12), (0,), (0, 2, 12), (2**32, 2**32, 12), (-(2**63), 2, 12), ()]
OUTPUTS = {"many": [f"o{n}" for n in range(100_000)], "many of one": ["label"] * 100_000, "twice": ["label"] * 2}
NAMES = [
    "$(id)",
    "../gestures",
    "a/b",
    "a\0b",
    "\0",
    "x" * 10_000,
    "g\u0435stures",
    "gestures\u200b",
    "-x",
    "a\r\nb",
    "",
]


@pytest.fixture
def infer(victim: Victim) -> Iterator[Callable[..., grpc.RpcError]]:
    """Ask for what must be refused, and give the refusal."""
    with grpc.insecure_channel(victim.running.grpc, options=OPTIONS) as channel:
        stub = inference_pb2_grpc.GRPCInferenceServiceStub(channel)

        def refused(**fields: Any) -> grpc.RpcError:
            shape = fields.pop("shape", CASES.shape)
            entry = pb.ModelInferRequest.InferInputTensor(name="series", datatype="FP32", shape=shape)
            whole = {"model_name": "gestures", "inputs": [entry], "raw_input_contents": [CASES.tobytes()], **fields}
            with pytest.raises(grpc.RpcError) as found:
                stub.ModelInfer(pb.ModelInferRequest(**whole), timeout=60)
            assert not LEAKS.search(found.value.details() or "")
            return found.value

        yield refused


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_row_5_a_shape_that_is_none_is_an_invalid_argument(infer: Any, shape: tuple[int, ...]) -> None:
    assert infer(shape=shape).code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("size", [0, 1, 4, 4 * CASES.size - 4, 4 * CASES.size + 4, 100_000])
def test_row_5_raw_bytes_that_do_not_fit_the_shape_are_an_invalid_argument(infer: Any, size: int) -> None:
    assert infer(raw_input_contents=[bytes(size)]).code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("outputs", OUTPUTS)
def test_row_7_outputs_without_end_or_twice_are_an_invalid_argument(infer: Any, outputs: str) -> None:
    wanted = [pb.ModelInferRequest.InferRequestedOutputTensor(name=name) for name in OUTPUTS[outputs]]
    assert infer(outputs=wanted).code() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_row_8_a_name_that_is_none_is_not_found(infer: Any, name: str) -> None:
    assert infer(model_name=name).code() in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}


def test_rows_5_to_8_leave_nothing_in_memory(victim: Victim, infer: Any) -> None:
    def attack() -> None:
        infer(shape=SHAPES[0])
        infer(model_name="a\0b")

    memory_is_flat(victim, attack)
    assert "a\\x00b" not in victim.http.get("/metrics").text

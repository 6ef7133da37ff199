"""`inference.GRPCInferenceService`, message by message; real clients are in tests/interop."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import inference_pb2_grpc
from service.bootstrap import House
from tests import houses
from tests.contract.rpc.conftest import MESSAGE_LIMIT

CASES = houses.cases(3)
Stub = inference_pb2_grpc.GRPCInferenceServiceStub


@pytest.fixture(scope="module")
def stub(channel: grpc.Channel) -> Stub:
    return Stub(channel)


def raw(values: np.ndarray = CASES, datatype: str = "FP32", **fields: Any) -> pb.ModelInferRequest:
    entry = {"name": "series", "datatype": datatype, "shape": values.shape}
    return pb.ModelInferRequest(
        **{"model_name": "gestures", "inputs": [entry], "raw_input_contents": [values.tobytes()], **fields}
    )


def typed(field: str, values: np.ndarray, datatype: str) -> pb.ModelInferRequest:
    entry = pb.ModelInferRequest.InferInputTensor(name="series", datatype=datatype, shape=CASES.shape)
    getattr(entry.contents, field).extend(values.ravel().tolist())
    return pb.ModelInferRequest(model_name="gestures", inputs=[entry])


def probabilities(response: pb.ModelInferResponse) -> np.ndarray:
    assert [output.name for output in response.outputs] == ["probabilities", "label"]
    return np.frombuffer(response.raw_output_contents[0], "<f4").reshape(response.outputs[0].shape)


def refused(call: Any, request: Any, code: grpc.StatusCode, **options: Any) -> str:
    with pytest.raises(grpc.RpcError) as raised:
        call(request, timeout=30, **options)
    assert raised.value.code() is code, raised.value.details()
    return str(raised.value.details())


def test_trap_6_every_output_is_raw_and_in_order(stub: Stub) -> None:
    response = stub.ModelInfer(raw(id="a-1"))
    assert (response.model_name, response.model_version, response.id) == ("gestures", "1", "a-1")
    assert [(out.name, out.datatype, list(out.shape)) for out in response.outputs] == [
        ("probabilities", "FP32", [3, 2]),
        ("label", "BYTES", [3]),
    ]
    assert len(response.raw_output_contents) == 2
    assert not any(output.HasField("contents") for output in response.outputs)
    np.testing.assert_allclose(probabilities(response).sum(1), 1, atol=1e-5)


def test_wanted_outputs_come_in_their_order(stub: Stub) -> None:
    response = stub.ModelInfer(raw(outputs=[{"name": "label"}]))
    assert [output.name for output in response.outputs] == ["label"]
    assert len(response.raw_output_contents) == 1


@pytest.mark.parametrize(
    ("field", "datatype"),
    [
        ("fp32_contents", "FP32"),
        ("fp64_contents", "FP64"),
        ("int_contents", "INT8"),
        ("int_contents", "INT16"),
        ("int_contents", "INT32"),
        ("int64_contents", "INT64"),
        ("uint_contents", "UINT8"),
        ("uint_contents", "UINT16"),
        ("uint_contents", "UINT32"),
        ("uint64_contents", "UINT64"),
    ],
)
def test_typed_contents_are_taken_in_the_field_of_their_datatype(stub: Stub, field: str, datatype: str) -> None:
    whole = np.abs(np.round(CASES))
    values = whole if field.startswith("fp") else whole.astype(np.int64)
    np.testing.assert_allclose(
        probabilities(stub.ModelInfer(typed(field, values, datatype))), probabilities(stub.ModelInfer(raw(whole)))
    )


def test_contents_without_elements_stand_beside_raw_tensors(stub: Stub) -> None:
    """As clients of MLServer send them."""
    request = raw()
    request.inputs[0].contents.SetInParent()
    np.testing.assert_array_equal(probabilities(stub.ModelInfer(request)), probabilities(stub.ModelInfer(raw())))


def test_half_precision_travels_raw(stub: Stub) -> None:
    whole = np.round(CASES)
    expected = probabilities(stub.ModelInfer(raw(whole)))
    bf16 = (whole.view(np.uint32) >> 16).astype("<u2")
    np.testing.assert_allclose(probabilities(stub.ModelInfer(raw(whole.astype("<f2"), "FP16"))), expected)
    np.testing.assert_allclose(probabilities(stub.ModelInfer(raw(bf16, "BF16"))), expected)


def broken() -> Iterator[tuple[str, pb.ModelInferRequest]]:
    yield "no input", raw(inputs=[], raw_input_contents=[])
    yield "other name", raw(inputs=[{"name": "x", "datatype": "FP32", "shape": CASES.shape}])
    yield "unknown datatype", raw(datatype="FP128")
    yield "bytes", raw(np.full(CASES.shape, 0, "<u4"), "BYTES")
    yield "too few raw", raw(raw_input_contents=[CASES.tobytes()[:-1]])
    yield "too many raw", raw(raw_input_contents=[CASES.tobytes(), b""])
    for shape in ([2**62, 4, 1], [-1, -1, 12], [0, 2, 12], [2**32, 2**32, 12], [3, 2, 11], [72], []):
        yield f"shape {shape}", raw(inputs=[{"name": "series", "datatype": "FP32", "shape": shape}])
    both = typed("fp32_contents", CASES, "FP32")
    both.raw_input_contents.append(CASES.tobytes())
    yield "raw and contents", both
    two = typed("fp32_contents", CASES, "FP32")
    two.inputs[0].contents.int_contents.append(1)
    yield "contents of two kinds", two
    yield "many inputs", raw(inputs=[{"name": f"i{n}", "datatype": "FP32", "shape": CASES.shape} for n in range(17)])
    yield "many outputs", raw(outputs=[{"name": f"o{n}"} for n in range(17)])
    yield "many parameters", raw(parameters={f"p{n}": pb.InferParameter(bool_param=True) for n in range(65)})
    yield "long id", raw(id="x" * 1025)
    no_classes = {"classification": pb.InferParameter(int64_param=0)}
    yield "no classes", raw(outputs=[{"name": "probabilities", "parameters": no_classes}])
    elsewhere = {"shared_memory_region": pb.InferParameter(string_param="r")}
    entry = {"name": "series", "datatype": "FP32", "shape": CASES.shape, "parameters": elsewhere}
    yield "an input elsewhere", raw(inputs=[entry])
    yield "an output elsewhere", raw(outputs=[{"name": "label", "parameters": elsewhere}])
    yield "wrong field", typed("fp64_contents", CASES, "FP32")
    yield "too large", typed("fp64_contents", np.full(CASES.shape, 1e300), "FP64")
    yield "out of range", typed("int_contents", np.full(CASES.shape, 1000), "INT8")
    yield "infinite", raw(np.full(CASES.shape, np.inf, np.float32))
    yield "unknown output", raw(outputs=[{"name": "x"}])
    yield "output twice", raw(outputs=[{"name": "label"}, {"name": "label"}])
    yield "timeout", raw(parameters={"timeout": pb.InferParameter(string_param="soon")})


@pytest.mark.parametrize("case", dict(broken()))
def test_what_is_malformed_is_an_invalid_argument(stub: Stub, case: str) -> None:
    refused(stub.ModelInfer, dict(broken())[case], grpc.StatusCode.INVALID_ARGUMENT)


def test_an_unknown_model_is_not_found(stub: Stub) -> None:
    refused(stub.ModelInfer, raw(model_name="no-such"), grpc.StatusCode.NOT_FOUND)
    refused(stub.ModelInfer, raw(model_version="99"), grpc.StatusCode.NOT_FOUND)
    for name in ("../x", "a;b", "x" * 10_000):
        refused(stub.ModelMetadata, pb.ModelMetadataRequest(name=name), grpc.StatusCode.NOT_FOUND)


def test_trap_7_a_message_over_the_cap_is_refused_and_one_below_is_not(stub: Stub) -> None:
    large = np.zeros((MESSAGE_LIMIT // 4 // 24 + 1, 2, 12), np.float32)
    refused(stub.ModelInfer, raw(large), grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert len(stub.ModelInfer(raw(large[:10_000])).outputs) == 2


def test_trap_9_a_failed_request_leaves_its_stream_usable(stub: Stub) -> None:
    requests = [raw(id="1"), raw(model_name="no-such", id="2"), raw(datatype="x", id="3"), raw(id="4")]
    answers = list(stub.ModelStreamInfer(iter(requests)))
    assert [bool(answer.error_message) for answer in answers] == [False, True, True, False]
    assert [answer.infer_response.id for answer in answers] == ["1", "2", "3", "4"]
    np.testing.assert_array_equal(probabilities(answers[0].infer_response), probabilities(stub.ModelInfer(raw())))


def test_trap_10_a_deadline_that_has_passed_is_told(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        stub.ModelInfer(raw(), timeout=-1)
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    timeout = {"timeout": pb.InferParameter(int64_param=1)}
    refused(stub.ModelInfer, raw(parameters=timeout), grpc.StatusCode.DEADLINE_EXCEEDED)


def test_metadata_configuration_readiness_and_statistics(stub: Stub) -> None:
    assert stub.ServerLive(pb.ServerLiveRequest()).live
    assert stub.ServerReady(pb.ServerReadyRequest()).ready
    assert stub.ModelReady(pb.ModelReadyRequest(name="gestures")).ready
    assert not stub.ModelReady(pb.ModelReadyRequest(name="no-such")).ready
    assert "statistics" in stub.ServerMetadata(pb.ServerMetadataRequest()).extensions
    metadata = stub.ModelMetadata(pb.ModelMetadataRequest(name="gestures", version="1"))
    assert (list(metadata.versions), list(metadata.inputs[0].shape)) == (["1"], [-1, 2, -1])
    config = stub.ModelConfig(pb.ModelConfigRequest(name="gestures")).config
    assert config.input[0].data_type == pb.TYPE_FP32
    assert config.output[1].data_type == pb.TYPE_STRING
    assert config.max_batch_size == 65_536
    assert list(config.dynamic_batching.preferred_batch_size) == [64]
    assert config.dynamic_batching.default_queue_policy.max_queue_size == 256


def test_statistics_count_what_was_asked(stub: Stub, house: House) -> None:
    houses.train(house, "counted", "gestures")
    stub.ModelInfer(raw(model_name="counted"))
    (entry,) = stub.ModelStatistics(pb.ModelStatisticsRequest(name="counted")).model_stats
    assert (entry.inference_count, entry.execution_count, entry.inference_stats.success.count) == (3, 1, 1)
    assert "counted" in {each.name for each in stub.ModelStatistics(pb.ModelStatisticsRequest()).model_stats}


def test_classification_over_grpc(stub: Stub) -> None:
    wanted = {"name": "probabilities", "parameters": {"classification": pb.InferParameter(int64_param=2)}}
    response = stub.ModelInfer(raw(outputs=[wanted]))
    assert list(response.outputs[0].shape) == [3, 2]
    assert b":up" in response.raw_output_contents[0]


def test_cancelled_streams_are_forgotten(stub: Stub, house: House) -> None:
    def endless(done: threading.Event) -> Iterator[pb.ModelInferRequest]:
        while not done.wait(0.001):
            yield raw()

    for _ in range(20):
        done = threading.Event()
        call = stub.ModelStreamInfer(endless(done))
        next(call)
        call.cancel()
        done.set()
    deadline = time.monotonic() + 60
    while house.edge.metrics.in_flight["grpc"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert house.edge.metrics.in_flight["grpc"] == 0

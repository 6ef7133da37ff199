"""What a message holds is counted as the parser would find it, and whatever is no attack is parsed as ever."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import wavetap_pb2 as training
from service.edge.extent import MOST_PARTS, MOST_VALUES
from service.errors import TooLarge
from service.rpc import extent
from service.rpc.codes import StatusCode
from service.rpc.http2.messages import Refused
from service.rpc.tensors import decode

REQUESTS = st.builds(
    pb.ModelInferRequest,
    model_name=st.text(max_size=300),
    id=st.text(max_size=3),
    parameters=st.dictionaries(
        st.text(max_size=3),
        st.integers(-(2**63), 2**63 - 1).map(lambda n: pb.InferParameter(int64_param=n)),
        max_size=3,
    ),
    inputs=st.lists(
        st.builds(
            pb.ModelInferRequest.InferInputTensor,
            name=st.text(max_size=3),
            shape=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8),
            contents=st.builds(
                pb.InferTensorContents,
                fp32_contents=st.lists(st.floats(width=32, allow_nan=False), max_size=40),
                bytes_contents=st.lists(st.binary(max_size=3), max_size=3),
            ),
        ),
        max_size=3,
    ),
    raw_input_contents=st.lists(st.binary(max_size=300), max_size=3),
)


PARSED = extent.parser(pb.ModelInferRequest.DESCRIPTOR)


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extent, "SMALL_BYTES", -1)


@given(REQUESTS)
def test_an_ordinary_request_is_parsed_as_ever(request: pb.ModelInferRequest) -> None:
    assert PARSED(request.SerializeToString()) == request


@given(st.binary(max_size=200))
def test_what_is_no_message_is_for_the_parser_to_refuse(message: bytes) -> None:
    try:
        expected: Any = pb.ModelInferRequest.FromString(message)
    except Exception as error:  # noqa: BLE001  # whatever the parser raises
        with pytest.raises((type(error), Refused)):
            PARSED(message)
        return
    try:
        assert PARSED(message) == expected
    except Refused as refused:
        assert refused.status is StatusCode.INVALID_ARGUMENT  # noqa: PT017  # a shape that is too long


MANY = {
    "inputs": b"\x2a\x00",
    "outputs": b"\x32\x00",
    "raw tensors": b"\x3a\x00",
    "parameters": b"\x22\x00",
    "names": b"\x0a\x00",
    "unknown fields": b"\x7a\x00",
    "unknown numbers": b"\x78\x01",
    "fixed numbers": b"\x7d\0\0\0\0",
}


def sized(field: int, content: bytes) -> bytes:
    """A field of so many bytes."""
    size, left = b"", len(content)
    while left > 127:
        size, left = size + bytes([left & 127 | 128]), left >> 7
    return bytes([field << 3 | 2]) + size + bytes([left]) + content


@pytest.mark.parametrize("many", MANY)
@pytest.mark.parametrize("within", ["the request", "an input", "its contents", "an output"])
def test_too_many_fields_are_refused_wherever_they_stand(many: str, within: str) -> None:
    fields = MANY[many] * (extent.TENSORS.fields + 1)
    message = {
        "the request": fields,
        "an input": sized(5, fields),
        "its contents": sized(5, sized(5, fields)),
        "an output": sized(6, fields),
    }[within]
    with pytest.raises(Refused, match="at most 1024 fields") as refused:
        PARSED(message)
    assert refused.value.status is StatusCode.INVALID_ARGUMENT


def test_a_shape_of_millions_of_dimensions_is_refused() -> None:
    with pytest.raises(Refused, match="at most 8 dimensions"):
        PARSED(sized(5, sized(3, b"\x01" * 1_000_000)))


def test_a_tensor_is_no_field_for_each_of_its_elements() -> None:
    content = sized(5, sized(5, sized(6, bytes(400_000)))) + sized(7, bytes(400_000))
    assert len(PARSED(content).inputs[0].contents.fp32_contents) == 100_000


def test_elements_that_are_read_one_by_one_are_too_many_beyond_what_json_may_hold() -> None:
    many = MOST_VALUES + 1
    entry = pb.ModelInferRequest.InferInputTensor(name="series", datatype="INT8", shape=[1, 1, many])
    entry.contents.int_contents.extend(bytes(many))
    with pytest.raises(TooLarge, match="raw_input_contents"):
        decode(pb.ModelInferRequest(inputs=[entry]))


def test_texts_are_too_many_beyond_what_json_may_hold() -> None:
    entry = pb.ModelInferRequest.InferInputTensor(name="series", datatype="BYTES", shape=[1, 1, MOST_PARTS + 1])
    with pytest.raises(TooLarge, match="elements of BYTES"):
        decode(pb.ModelInferRequest(inputs=[entry], raw_input_contents=[bytes(4 * (MOST_PARTS + 1))]))


def test_cases_and_channels_are_counted_together() -> None:
    parsed = extent.parser(training.PredictRequest.DESCRIPTOR)
    case = training.Case(channels=[training.Channel(values=[1.0, 2.0])] * 3)
    most = extent.CASES.fields // 4
    fitting = training.PredictRequest(series=[case] * most).SerializeToString()
    assert len(parsed(fitting).series) == most
    with pytest.raises(Refused, match="fewer cases"):
        parsed(fitting + training.PredictRequest(series=[case]).SerializeToString())


def test_a_request_without_tensors_or_a_file_is_never_large() -> None:
    parsed = extent.parser(training.CreateTrainingJobRequest.DESCRIPTOR)
    fitting = sized(15, bytes(extent.LARGEST_PLAIN - 4))
    assert len(fitting) == extent.LARGEST_PLAIN
    parsed(fitting)
    with pytest.raises(Refused) as refused:
        parsed(fitting + b"\x78\x01")
    assert refused.value.status is StatusCode.RESOURCE_EXHAUSTED


def test_every_request_that_may_be_large_is_there() -> None:
    requests = {
        method.input_type.full_name
        for file in (pb.DESCRIPTOR, training.DESCRIPTOR)
        for service in file.services_by_name.values()
        for method in service.methods
    }
    assert extent.EXTENTS.keys() <= requests

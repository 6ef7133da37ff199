"""What a message holds is counted as the parser would find it, and whatever is no attack is parsed as ever."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.generated import inference_pb2 as pb
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


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extent, "SMALL_BYTES", -1)


@given(REQUESTS)
def test_an_ordinary_request_is_parsed_as_ever(request: pb.ModelInferRequest) -> None:
    assert extent.parsed(request.SerializeToString()) == request


@given(st.binary(max_size=200))
def test_what_is_no_message_is_for_the_parser_to_refuse(message: bytes) -> None:
    try:
        expected: Any = pb.ModelInferRequest.FromString(message)
    except Exception as error:  # noqa: BLE001  # whatever the parser raises
        with pytest.raises((type(error), Refused)):
            extent.parsed(message)
        return
    try:
        assert extent.parsed(message) == expected
    except Refused as refused:
        assert "dimensions" in refused.message  # noqa: PT017  # the only other end


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
    fields = MANY[many] * (extent.MOST_FIELDS + 1)
    message = {
        "the request": fields,
        "an input": sized(5, fields),
        "its contents": sized(5, sized(5, fields)),
        "an output": sized(6, fields),
    }[within]
    with pytest.raises(Refused, match="at most 1024 fields") as refused:
        extent.parsed(message)
    assert refused.value.status is StatusCode.INVALID_ARGUMENT


def test_a_shape_of_millions_of_dimensions_is_refused() -> None:
    with pytest.raises(Refused, match="1 to 8 dimensions"):
        extent.parsed(sized(5, sized(3, b"\x01" * 1_000_000)))


def test_a_tensor_is_no_field_for_each_of_its_elements() -> None:
    content = sized(5, sized(5, sized(6, bytes(400_000)))) + sized(7, bytes(400_000))
    assert len(extent.parsed(content).inputs[0].contents.fp32_contents) == 100_000


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

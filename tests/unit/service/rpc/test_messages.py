"""A Struct gives back the JSON it was made of."""

from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from service.rpc.messages import plain

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    scalars | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_json_survives_a_struct(value: dict[str, Any]) -> None:
    assert plain(ParseDict(value, struct_pb2.Struct())) == value


def test_whole_numbers_are_integers_again() -> None:
    found = plain(ParseDict({"epochs": 5, "rate": 0.5}, struct_pb2.Struct()))
    assert (type(found["epochs"]), type(found["rate"])) == (int, float)

"""A Struct gives back the JSON it was made of."""

from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.rest.inference import Prediction, PredictResponse
from service.rpc.messages import plain, predictions

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


def test_quantiles_without_a_plain_answer_are_told_as_they_are() -> None:
    of_value = Prediction(quantiles={"0.1": 1.0, "0.9": 2.0})
    of_forecast = Prediction(quantiles={"0.1": [[1.0, 2.0]], "0.9": [[3.0, 4.0]]})
    told = predictions(PredictResponse(model="m", version=1, predictions=[of_value, of_forecast])).predictions
    assert [list(each.value) for each in told] == [[], []]
    assert [len(each.forecast) for each in told] == [0, 0]
    assert [(each.quantile, list(each.value)) for each in told[0].quantiles] == [(0.1, [1.0]), (0.9, [2.0])]
    assert [list(each.forecast[0].values) for each in told[1].quantiles] == [[1.0, 2.0], [3.0, 4.0]]

"""Numbers that never become Python objects are the same numbers, and whatever is unusual is left to the other way."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.rest.protocol import InferRequest
from service.domain.inference import Tensor
from service.edge.datatypes import from_json
from service.edge.prediction import InferOptions
from service.rest.skim import LARGEST_REMEMBERED, _remembered, skimmed
from service.rest.v2_options import options_of

numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False))
odd = st.one_of(st.none(), st.booleans(), st.text(max_size=3), st.lists(numbers, max_size=2))


def read_plainly(text: bytes) -> tuple[dict[str, Tensor], InferOptions]:
    request = InferRequest.model_validate(orjson.loads(text))
    tensors = {each.name: from_json(each.datatype, each.shape, each.data, "/inputs/0") for each in request.inputs}
    return tensors, options_of(request)


@settings(max_examples=300)
@given(
    data=st.lists(numbers, min_size=1, max_size=12) | st.lists(numbers | odd, max_size=6),
    datatype=st.sampled_from(["FP32", "FP64", "INT64", "BOOL"]),
    said=st.fixed_dictionaries(
        {},
        optional={
            "id": st.text(max_size=3),
            "outputs": st.lists(
                st.fixed_dictionaries(
                    {"name": st.text(max_size=2)},
                    optional={"parameters": st.dictionaries(st.sampled_from(["binary_data"]), st.booleans())},
                ),
                max_size=2,
            ),
            "parameters": st.fixed_dictionaries(
                {},
                optional={
                    "timeout": st.integers(0, 9),
                    "priority": st.integers(0, 9),
                    "binary_data_output": st.booleans(),
                },
            ),
        },
    ),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
    indent=st.sampled_from([None, 1]),
)
def test_what_is_skimmed_is_what_the_ordinary_way_reads(
    data: list[Any], datatype: str, said: dict[str, Any], separators: tuple[str, str], indent: int | None
) -> None:
    entry = {"name": "series", "shape": [max(1, len(data))], "datatype": datatype, "data": data}
    text = json.dumps({"inputs": [entry], **said}, indent=indent, separators=separators).encode()
    found = skimmed(text)
    if found is None:
        return
    tensors, options = read_plainly(text)
    np.testing.assert_array_equal(found.tensors["series"], tensors["series"])
    assert found.tensors["series"].dtype == tensors["series"].dtype
    assert asdict(found.options) == asdict(options)


def test_a_flat_list_of_numbers_is_skimmed() -> None:
    text = b'{"inputs": [{"name": "a", "shape": [3], "datatype": "FP32", "data": [1, 2.5, -3e2]}], "id": "7"}'
    found = skimmed(text)
    assert found is not None
    assert found.tensors["a"].tolist() == [1.0, 2.5, -300.0]
    assert found.options.id == "7"


@given(st.lists(st.tuples(st.text(max_size=3), st.lists(numbers, min_size=1, max_size=4)), min_size=2, max_size=4))
def test_what_stands_around_a_list_does_not_depend_on_the_requests_before(asked: list[tuple[str, list[Any]]]) -> None:
    for name, data in asked + asked:
        entry = {"name": "a", "shape": [len(data)], "datatype": "FP64", "data": data}
        found = skimmed(orjson.dumps({"id": name, "inputs": [entry]}))
        if found is not None:
            assert found.options.id == name
            np.testing.assert_array_equal(found.tensors["a"], np.array(data, float))


def test_a_list_of_another_length_than_its_shape_is_left_to_the_ordinary_way() -> None:
    for shape, data in ([2], [1]), ([1], [1, 2]), ([2], [1, 2]), ([2, 1], [1, 2]), ([0], []), ([-1], [1]):
        text = orjson.dumps({"inputs": [{"name": "a", "shape": shape, "datatype": "FP32", "data": data}]})
        assert (skimmed(text) is not None) == (len(data) == np.prod(shape) > 0)


def test_long_surroundings_are_read_and_not_remembered() -> None:
    before = _remembered.cache_info().currsize
    long = {"more": "x" * LARGEST_REMEMBERED, "inputs": [{"name": "a", "shape": [1], "datatype": "FP32", "data": [1]}]}
    assert skimmed(orjson.dumps(long)) is not None
    assert _remembered.cache_info().currsize == before


@pytest.mark.parametrize(
    "data",
    [
        "[[1, 2], [3]]",
        "[1, [2]]",
        "[[], [1, 2]]",
        "[1, null]",
        "[1, true]",
        '[1, "2"]',
        "[NaN]",
        "[1e999]",
        "{}",
        "7",
        "[01]",
    ],
)
def test_what_is_unusual_is_left_to_the_ordinary_way(data: str) -> None:
    text = f'{{"inputs": [{{"name": "a", "shape": [2], "datatype": "FP32", "data": {data}}}]}}'
    assert skimmed(text.encode()) is None


@pytest.mark.parametrize(
    "inputs",
    [
        '{"name": "a", "shape": [2], "datatype": "FP32", "parameters": {"data": [1, 2]}}',
        '{"name": "a", "shape": [2], "datatype": "FP32", "\\u0064ata": [3, 4], "parameters": {"data": [1, 2]}}',
        '{"name": "a", "shape": [2], "datatype": "FP32", "data": [1, 2], "data": [3, 4]}',
        '{"name": "a", "shape": [2], "datatype": "FP32", "data": [1, 2], "data": 7}',
        '{"name": "a", "shape": [2], "datatype": "FP32", "x\\"data": [1, 2]}',
        '{"name": "\\"data\\": [1, 2]", "shape": [2], "datatype": "FP32"}',
        '{"name": "a", "shape": [2], "datatype": "FP32", "data": [1, 2]}, {"name": "b"}',
        '{"name": "a", "shape": [2], "datatype": "INT64", "data": [1, 2]}',
        '{"name": "a", "shape": [2], "datatype": ["FP32"], "data": [1, 2]}',
        '{"name": "a", "shape": [2], "datatype": "FP32", "data": [1, 2], "parameters": {"binary_data_size": 8}}',
        '{"name": "a", "shape": [2], "datatype": "FP32", "data": [1, 2]}], "parameters": {"priority": "x"}, "x": [1',
        '{"name": "a", "shape": [2], "datatype": "FP32", "data": [1, 2',
        '{"name": "a", "shape": [2], "datatype": "FP32", "data": [1, 2]]}',
    ],
)
def test_a_list_that_is_not_the_data_of_the_one_input_is_left_to_the_ordinary_way(inputs: str) -> None:
    assert skimmed(f'{{"inputs": [{inputs}]}}'.encode()) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"inputs": 7}', '{"inputs": [7]}', '{"inputs": [{}]}', "\x00", "[" * 9999]
)
def test_what_is_no_request_is_left_to_the_ordinary_way(text: str) -> None:
    assert skimmed(text.encode()) is None


@given(st.binary(max_size=64))
def test_any_bytes_are_left_or_read(text: bytes) -> None:
    skimmed(text)

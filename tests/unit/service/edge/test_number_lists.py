"""The quick way from lists to memory gives what the careful way gives, or leaves the list to it."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.edge.datatypes import _array, from_json
from service.edge.number_lists import packed
from service.errors import InvalidRequest

shapes = hnp.array_shapes(min_dims=1, max_dims=4, max_side=4)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1)
anything = numbers | st.none() | st.booleans() | st.text(max_size=2) | st.lists(st.integers(0, 1), max_size=2)
datatypes = st.sampled_from(["FP32", "FP64"])


@given(st.data(), datatypes, shapes, st.sampled_from([numbers, numbers | st.none(), anything]))
def test_it_takes_nothing_that_the_careful_way_refuses(
    data: st.DataObject, datatype: str, shape: tuple[int, ...], elements: st.SearchStrategy[Any]
) -> None:
    flat = data.draw(st.lists(elements, min_size=math.prod(shape), max_size=math.prod(shape)))
    quick = packed(flat, shape, datatype)
    if quick is not None:
        np.testing.assert_array_equal(quick, _array(flat, datatype, ""))
        assert quick.dtype == _array(flat, datatype, "").dtype


@given(st.data(), datatypes, shapes)
def test_numbers_and_nulls_go_the_quick_way_flat_and_nested(
    data: st.DataObject, datatype: str, shape: tuple[int, ...]
) -> None:
    flat = data.draw(st.lists(numbers | st.none(), min_size=math.prod(shape), max_size=math.prod(shape)))
    nested = np.array(flat, dtype=object).reshape(shape).tolist()
    one, other = packed(flat, shape, datatype), packed(nested, shape, datatype)
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "data",
    [[], [[]], [1.0], [1.0, 2.0, 3.0], [[1.0], [2.0, 3.0]], [[1.0, 2.0], 3.0, 4.0], [[1.0, 2.0], [3.0, [4.0]]]],
    ids=repr,
)
def test_a_list_of_another_shape_is_left_to_the_careful_way(data: list[Any]) -> None:
    assert packed(data, (2, 2), "FP32") is None
    with pytest.raises(InvalidRequest):
        from_json("FP32", [2, 2], data, "")


@pytest.mark.parametrize("data", [[True, False], ["1", 2.0], [1.0, "2"], [1.0, {}]], ids=repr)
def test_what_is_no_number_is_refused(data: list[Any]) -> None:
    with pytest.raises(InvalidRequest):
        from_json("FP32", [2], data, "")


def test_a_double_beyond_a_float_is_infinite_there_and_nowhere_else() -> None:
    assert np.isinf(from_json("FP32", [2], [1e300, -1e300], "")).all()
    assert np.isfinite(from_json("FP64", [2], [1e300, -1e300], "")).all()

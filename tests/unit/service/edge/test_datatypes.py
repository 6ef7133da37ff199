"""Tensors survive their way to bytes and back, and no bytes become a tensor they are not."""

import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.edge.datatypes import DTYPES, datatype_of, from_json, from_raw, to_raw
from service.errors import InvalidRequest

FIXED = sorted(set(DTYPES) - {"BYTES", "BF16"})
shapes = hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)


@given(st.data(), st.sampled_from(FIXED), shapes)
def test_bytes_give_the_tensor_back(data: st.DataObject, datatype: str, shape: tuple[int, ...]) -> None:
    tensor = data.draw(hnp.arrays(DTYPES[datatype], shape))
    back = from_raw(datatype, shape, to_raw(tensor), "")
    assert back.dtype == tensor.dtype
    np.testing.assert_array_equal(back, tensor)


@given(st.lists(st.text(max_size=5), min_size=1, max_size=8))
def test_texts_give_themselves_back(texts: list[str]) -> None:
    tensor = np.array(texts, dtype=object)
    back = from_raw("BYTES", [len(texts)], to_raw(tensor), "")
    assert [text.decode() for text in back] == texts


def test_bf16_is_the_upper_half_of_fp32() -> None:
    values = np.array([1.5, -2.0, np.inf, 0.0], np.float32)
    raw = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    np.testing.assert_array_equal(from_raw("BF16", [4], raw, ""), values)


@given(st.sampled_from([*FIXED, "BF16", "BYTES"]), st.lists(st.integers(-3, 2**63), max_size=9), st.binary(max_size=64))
def test_no_announcement_makes_more_of_bytes_than_there_are(datatype: str, shape: list[int], raw: bytes) -> None:
    with suppress(InvalidRequest):
        tensor = from_raw(datatype, shape, raw, "/inputs/0")
        assert tensor.shape == tuple(shape)
        assert tensor.size <= len(raw)


@pytest.mark.parametrize("raw", [b"", b"\x01\0\0", struct.pack("<I", 5) + b"four", struct.pack("<I", 2**32 - 1)])
def test_a_text_reaches_no_further_than_its_bytes(raw: bytes) -> None:
    with pytest.raises(InvalidRequest):
        from_raw("BYTES", [1], raw, "")


@given(st.data(), st.sampled_from(["FP32", "FP64", "INT8", "INT64", "UINT64", "BOOL"]), shapes)
def test_flat_and_nested_json_are_the_same_tensor(data: st.DataObject, datatype: str, shape: tuple[int, ...]) -> None:
    elements = {"allow_nan": False, "allow_infinity": False} if datatype.startswith("FP") else None
    tensor = data.draw(hnp.arrays(DTYPES[datatype], shape, elements=elements))
    for values in (tensor.tolist(), tensor.ravel().tolist()):
        back = from_json(datatype, shape, values, "")
        assert back.dtype == tensor.dtype
        np.testing.assert_array_equal(back, tensor)


@pytest.mark.parametrize("data", [[2**64 - 1, 0], [[2**63], [7]]])
def test_the_largest_integers_may_stand_beside_small_ones(data: list[Any]) -> None:
    flat = from_json("UINT64", [2, 1], data, "").ravel()
    assert flat.tolist() == np.array(data, object).ravel().tolist()


@pytest.mark.parametrize(
    ("datatype", "data"),
    [
        ("UINT64", [2**63, -1]),
        ("UINT64", [2**63, 1.0]),
        ("UINT64", [2**63, True]),
        ("FP32", ["1"]),
        ("FP32", [True]),
        ("FP32", [[1], [2, 3]]),
        ("FP32", [{}]),
        ("FP32", "1"),
        ("FP32", None),
        ("INT8", [128]),
        ("INT8", [1.5]),
        ("INT8", [None]),
        ("UINT8", [-1]),
        ("BOOL", [1]),
        ("FP16", [1.0]),
        ("BF16", [1.0]),
    ],
)
def test_json_of_another_kind_is_refused(datatype: str, data: object) -> None:
    with pytest.raises(InvalidRequest):
        from_json(datatype, [1], data, "/inputs/0")


def test_null_is_nan_where_there_is_one() -> None:
    np.testing.assert_array_equal(from_json("FP32", [2], [None, 1], ""), np.array([np.nan, 1], np.float32))


def test_every_output_has_a_name_in_the_protocol() -> None:
    assert datatype_of(np.zeros(1, np.float32)) == "FP32"
    assert datatype_of(np.array(["a"], dtype=object)) == "BYTES"

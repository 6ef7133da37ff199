"""The inference protocol's datatypes, and tensors to and from their bytes; both protocols share them."""

import struct
from collections.abc import Mapping, Sequence
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from service.domain.inference import Tensor
from service.edge.extent import MOST_PARTS
from service.edge.number_lists import packed
from service.errors import Detail, InvalidRequest, TooLarge

LARGEST_DIMENSION = 2**31 - 1
LARGEST_RANK = 8
LENGTH = struct.Struct("<I")

DTYPES: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "FP16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
    "BYTES": np.dtype(object),
}
"""How an element lies in memory; BF16 is the upper half of an FP32."""

BINARY_ONLY = frozenset({"FP16", "BF16"})
KINDS: Mapping[str, str] = {"BOOL": "b", "BYTES": "USO"}
"""NumPy's kinds that JSON of a datatype may become; for all others, numbers."""


def refusal(pointer: str, message: str) -> InvalidRequest:
    """A tensor that cannot be taken."""
    return InvalidRequest(message, Detail(pointer, message))


def check_tensor(datatype: str, shape: Sequence[int], pointer: str) -> int:
    """Check a tensor's announcement and answer the number of its elements."""
    if datatype not in DTYPES:
        raise refusal(f"{pointer}/datatype", f"The datatype is one of {', '.join(DTYPES)}.")
    if not 1 <= len(shape) <= LARGEST_RANK or not all(0 < size <= LARGEST_DIMENSION for size in shape):
        raise refusal(
            f"{pointer}/shape", f"A shape has 1 to {LARGEST_RANK} dimensions, each from 1 to {LARGEST_DIMENSION}."
        )
    return prod(shape)


def from_raw(datatype: str, shape: Sequence[int], raw: bytes | memoryview, pointer: str) -> Tensor:
    """A tensor from its little-endian bytes, without copying where that is possible."""
    count = check_tensor(datatype, shape, pointer)
    if datatype == "BYTES":
        return _texts(memoryview(raw), count, pointer).reshape(shape)
    dtype = DTYPES[datatype]
    if len(raw) != count * dtype.itemsize:
        raise refusal(pointer, f"The shape and datatype need {count * dtype.itemsize} bytes; there are {len(raw)}.")
    flat = np.frombuffer(raw, dtype)
    if datatype == "BF16":
        flat = (flat.astype(np.uint32) << 16).view(np.float32)
    return flat.reshape(shape)


def _texts(raw: memoryview, count: int, pointer: str) -> Tensor:
    """Elements that each follow their length; as many as the shape says, and nothing behind them."""
    if count * LENGTH.size > len(raw):
        raise refusal(pointer, f"{count} elements of BYTES need more than {len(raw)} bytes.")
    if count > MOST_PARTS:
        raise TooLarge(f"At most {MOST_PARTS} elements of BYTES are taken in one request.")
    texts = np.empty(count, dtype=object)
    at = 0
    for index in range(count):
        end = at + LENGTH.size
        length = LENGTH.unpack_from(raw, at)[0] if end <= len(raw) else len(raw)
        if end + length > len(raw):
            raise refusal(pointer, f"Element {index} of BYTES reaches beyond the tensor's bytes.")
        texts[index] = bytes(raw[end : end + length])
        at = end + length
    if at != len(raw):
        raise refusal(pointer, f"There are {len(raw) - at} bytes behind the last element.")
    return texts


def from_json(datatype: str, shape: Sequence[int], data: object, pointer: str) -> Tensor:
    """A tensor from a flat or nested list; null is NaN where the datatype has one."""
    count = check_tensor(datatype, shape, pointer)
    if datatype in BINARY_ONLY:
        raise refusal(f"{pointer}/datatype", f"{datatype} travels as binary data only.")
    if not isinstance(data, list):
        raise refusal(f"{pointer}/data", "The data is a list, flat and row-major or nested.")
    quick = packed(data, shape, datatype)
    flat = _array(data, datatype, pointer) if quick is None else quick
    return _shaped(flat, shape, count, pointer)


def from_numbers(datatype: str, shape: Sequence[int], count: int, numbers: Tensor, pointer: str) -> Tensor:
    """A tensor of a datatype of numbers from a flat array of its `count` elements; the announcement is checked."""
    return _shaped(narrowed(numbers, datatype, f"{pointer}/data"), shape, count, pointer)


def _shaped(elements: Tensor, shape: Sequence[int], count: int, pointer: str) -> Tensor:
    if elements.size != count or (elements.ndim > 1 and elements.shape != tuple(shape)):
        raise refusal(f"{pointer}/data", f"The shape needs {count} elements, flat or nested as the shape says.")
    return elements.reshape(shape)


def _array(data: list[Any], datatype: str, pointer: str) -> Tensor:
    message = f"The data of {datatype} is of one kind throughout, and lists of one depth are equally long."
    dtype = DTYPES[datatype]
    try:
        array: Tensor = np.asarray(data)
        if array.dtype.kind == "O" and dtype.kind == "f" and all(_is_number(value) for value in array.flat):
            array = array.astype(np.float64)
        if array.dtype.kind == "f" and dtype == np.uint64 and _whole(data, array.ndim):
            array = np.array(data, np.uint64)  # beyond int64, NumPy takes integers for floats when some are small
        if array.dtype.kind not in KINDS.get(datatype, "iu" if dtype.kind in "iu" else "iuf"):
            raise refusal(f"{pointer}/data", message)
    except (ValueError, OverflowError, TypeError) as error:
        raise refusal(f"{pointer}/data", message) from error
    return narrowed(array, datatype, f"{pointer}/data")


def narrowed(array: Tensor, datatype: str, pointer: str) -> Tensor:
    """The array in the datatype's width; an integer that does not fit is refused, a float that does not is infinite."""
    dtype = DTYPES[datatype]
    with np.errstate(over="ignore"):
        converted = array.astype(dtype)
    if dtype.kind in "iu" and not np.array_equal(array, converted):
        raise refusal(pointer, f"A value does not fit into {datatype}.")
    return converted


def _is_number(value: object) -> bool:
    return value is None or type(value) in {int, float}


def _whole(data: list[Any], depth: int) -> bool:
    """Whether nested lists hold integers alone."""
    for _ in range(depth - 1):
        data = list(chain.from_iterable(data))
    return all(type(value) is int for value in data)


def to_raw(tensor: Tensor) -> bytes:
    """A tensor's little-endian bytes."""
    if tensor.dtype.kind != "O":
        return np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<")).tobytes()
    texts = [text if isinstance(text, bytes) else str(text).encode() for text in tensor.flat]
    return b"".join(LENGTH.pack(len(text)) + text for text in texts)


NAMES = {"?": "BOOL", "f": "FP32", "d": "FP64", "O": "BYTES"}


def datatype_of(tensor: Tensor) -> str:
    """The protocol's name of what our outputs are made of."""
    return NAMES[tensor.dtype.char]

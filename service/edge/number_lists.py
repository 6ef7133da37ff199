"""Lists of JSON numbers straight into memory: NumPy would first find out what a list holds, at three times the cost."""

import math
import struct
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from service.domain.inference import Tensor

CODES: Mapping[str, str] = {"FP32": "f", "FP64": "d"}
"""The struct module's names of the datatypes that are read this way; a double beyond a float becomes infinite."""

NUMBERS_OR_NULL = {int, float, type(None)}


def packed(data: list[Any], shape: Sequence[int], datatype: str) -> Tensor | None:
    """The flat tensor of a flat or nested list; None if that is not of the shape, or holds other than numbers and null.

    A None is no refusal: whoever asks looks more closely, and finds the words for what is wrong.
    """
    code, count = CODES.get(datatype), math.prod(shape)
    rows = _rows(data, shape, count)
    if code is None or rows is None:
        return None
    first = rows[0][0]
    if type(first) is bool:  # Python takes it for a number
        return None
    dtype, form = np.dtype(code), f"{count}{code}"
    try:
        return np.frombuffer(struct.pack(form, *(rows[0] if len(rows) == 1 else chain.from_iterable(rows))), dtype)
    except (struct.error, OverflowError):
        values = list(chain.from_iterable(rows))
    if not set(map(type, values)) <= NUMBERS_OR_NULL:
        return None
    return np.frombuffer(struct.pack(form, *[math.nan if value is None else value for value in values]), dtype)


def _rows(data: list[Any], shape: Sequence[int], count: int) -> list[list[Any]] | None:
    """The innermost lists, together `count` elements; None if the lists are of another shape."""
    if not data:
        return None
    if type(data[0]) is not list:
        return [data] if len(data) == count else None
    rows = [data]
    for depth, size in enumerate(shape, start=1):
        if not all(type(row) is list and len(row) == size for row in rows):
            return None
        if depth < len(shape):
            rows = list(chain.from_iterable(rows))
    return rows

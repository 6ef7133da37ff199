"""JSON of the inference protocol whose long list of numbers never becomes Python objects.

The list is cut out of the body: what stands around it, a hundred bytes, is read as JSON always is, and the numbers go
from the parser's memory into an array in one copy. A client sends the same hundred bytes around other numbers time and
again, so what they say is remembered. Whatever looks unusual is not judged here but read the ordinary way, which finds
the words for what is wrong.
"""

import re
import secrets
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import simdjson

from api_schemas.rest.protocol import InferRequest
from service.edge.datatypes import check_tensor, from_numbers
from service.edge.prediction import InferCall, InferOptions
from service.edge.shared_memory import REGION
from service.errors import ServiceError
from service.rest.members import each_once
from service.rest.v2_options import options_of

DATA = re.compile(rb'"data" ?: ?\[')
KEPT_BYTES = 256 << 10
"""A parser is kept for the next list if this one was not larger: it holds memory for the largest that it has read."""
REMEMBERED, LARGEST_REMEMBERED = 256, 2048
"""So many surroundings of a list are remembered, if they are at most so many bytes."""
FLOATS = frozenset({"FP32", "FP64"})
"""Datatypes whose elements pass through a double without loss."""
STAND_IN = secrets.token_hex(16)
"""Stands in the list's place while the rest is read: a text that no client can have sent."""
QUOTED = orjson.dumps(STAND_IN)

POINTER = "/inputs/0"
ELSEWHERE = frozenset({"binary_data_size", REGION})
"""Parameters of an input whose data do not stand in the JSON."""

_kept = threading.local()


@dataclass(frozen=True, eq=False, slots=True)
class _Surroundings:
    """What a body says besides its list: the one input's name and announcement, and the options."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    elements: int
    options: InferOptions


def skimmed(text: bytes) -> InferCall | None:
    """The call that a body of JSON with one input is; None if it must be read the ordinary way."""
    begin = DATA.search(text)
    if begin is None:
        return None
    start = begin.end() - 1
    end = text.find(b"]", start) + 1
    if not end or text.find(b"[", start + 1, end) != -1:  # cut short, or nested
        return None
    before, after = text[:start], text[end:]
    around = _remembered if len(before) + len(after) <= LARGEST_REMEMBERED else _around
    try:
        said = around(before, after)
        tensor = from_numbers(said.datatype, said.shape, said.elements, _numbers(text[start:end]), POINTER)
    except (ValueError, TypeError, RuntimeError, KeyError, ServiceError):  # no JSON, or other than looked for
        return None
    return InferCall({said.name: tensor}, said.options)


def _around(before: bytes, after: bytes) -> _Surroundings:
    """What stands around a list; ValueError, TypeError, KeyError or ServiceError if the list is not what it seems.

    The stand-in shows that the list that was found is the data of the one input, and no other of that name: it is found
    there only if what was cut out is one value of the JSON, from its first byte to its last.
    """
    whole = b"".join((before, QUOTED, after))
    value = each_once(whole, orjson.loads(whole))
    (entry,) = value["inputs"]
    if entry["data"] != STAND_IN or entry["datatype"] not in FLOATS:
        raise ValueError
    request = InferRequest.model_validate(value)
    (tensor,) = request.inputs
    if not ELSEWHERE.isdisjoint(tensor.parameters or ()):
        raise ValueError
    elements = check_tensor(tensor.datatype, tensor.shape, POINTER)
    return _Surroundings(tensor.name, tensor.datatype, tuple(tensor.shape), elements, options_of(request))


_remembered = lru_cache(REMEMBERED)(_around)


def _numbers(text: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A flat list of numbers, of any of which ValueError or TypeError may say that it is none."""
    parser = getattr(_kept, "parser", None) or simdjson.Parser()
    numbers: Any = parser.parse(text)
    array = np.frombuffer(numbers.as_buffer(of_type="d"), np.float64)
    if len(text) <= KEPT_BYTES:
        _kept.parser = parser
    return array

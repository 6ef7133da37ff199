"""JSON of the inference protocol whose long list of numbers never becomes Python objects.

The list is cut out of the body: what stands around it, a hundred bytes, is read as JSON always is, and the numbers go
from the parser's memory into an array in one copy. Whatever looks unusual is not judged here but read the ordinary way,
which finds the words for what is wrong.
"""

import re
import secrets
import threading
from typing import Any

import numpy as np
import orjson
import simdjson

DATA = re.compile(rb'"data" ?: ?\[')
KEPT_BYTES = 256 << 10
"""A parser is kept for the next list if this one was not larger: it holds memory for the largest that it has read."""
FLOATS = frozenset({"FP32", "FP64"})
"""Datatypes whose elements pass through a double without loss."""
STAND_IN = secrets.token_hex(16)
"""Stands in the list's place while the rest is read: a text that no client can have sent."""
QUOTED = orjson.dumps(STAND_IN)

_kept = threading.local()


def skimmed(text: bytes | memoryview) -> dict[str, Any] | None:
    """The request's object with a float64 array for its input's data; None if it must be read the ordinary way.

    The stand-in shows that the list that was found is the data of the one input, and no other of that name: it is found
    there only if what was cut out is one value of the JSON, from its first byte to its last.
    """
    content = bytes(text)
    begin = DATA.search(content)
    if begin is None:
        return None
    start = begin.end() - 1
    end = content.find(b"]", start) + 1
    if not end or content.find(b"[", start + 1, end) != -1:  # cut short, or nested
        return None
    try:
        request = orjson.loads(b"".join((content[:start], QUOTED, content[end:])))
        (entry,) = request["inputs"]
        if entry["data"] != STAND_IN or entry["datatype"] not in FLOATS:
            return None
        entry["data"] = _numbers(content[start:end])
    except (ValueError, TypeError, RuntimeError, KeyError):  # no JSON, or other types than looked for
        return None
    found: dict[str, Any] = request
    return found


def _numbers(text: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A flat list of numbers, of any of which ValueError or TypeError may say that it is none."""
    parser = getattr(_kept, "parser", None) or simdjson.Parser()
    numbers: Any = parser.parse(text)
    array = np.frombuffer(numbers.as_buffer(of_type="d"), np.float64)
    if len(text) <= KEPT_BYTES:
        _kept.parser = parser
    return array

"""JSON of the inference protocol whose long lists of numbers never become Python objects.

A flat list of numbers goes from the parser's memory into an array in one copy: for a batch a third of the time that
orjson and NumPy need for it. Whatever looks unusual is not judged here but read the ordinary way, which finds the words
for what is wrong.
"""

import threading
from typing import Any

import numpy as np
import simdjson

SHORT_BYTES = 16 << 10
"""Less is read as quickly the ordinary way."""
KEPT_BYTES = 256 << 10
"""A parser is kept for the next body if this one was not larger: it holds memory for the largest that it has read."""
FLOATS = frozenset({"FP32", "FP64"})
"""Datatypes whose elements pass through a double without loss."""

_kept = threading.local()


def skimmed(text: bytes | memoryview) -> dict[str, Any] | None:
    """The request's object with float64 arrays for its inputs' data; None if it must be read the ordinary way."""
    content = bytes(text)
    if len(content) < SHORT_BYTES or b"[[" in content:  # nothing to gain; or nested
        return None
    parser = getattr(_kept, "parser", None) or simdjson.Parser()
    try:
        whole = _request(parser.parse(content), content.count(b"["))
    except (ValueError, TypeError, RuntimeError, KeyError):  # no JSON, other types than looked for, or nested too deep
        return None
    if len(content) <= KEPT_BYTES:
        _kept.parser = parser
    return whole


def _request(document: Any, brackets: int) -> dict[str, Any] | None:  # noqa: ANN401  # the parser's own
    """The object, if all of its arrays are those looked at here: so the data are flat, and of numbers alone."""
    if not isinstance(document, simdjson.Object):
        return None
    inputs = []
    lists = 1
    entries = document["inputs"]
    for entry in entries if isinstance(entries, simdjson.Array) else ():
        if not isinstance(entry, simdjson.Object) or not isinstance(entry["data"], simdjson.Array):
            return None
        taken = {key: _plain(entry[key]) for key in entry.keys() if key != "data"}  # noqa: SIM118  # no dict of Python's
        if taken["datatype"] not in FLOATS:
            return None
        taken["data"] = np.frombuffer(entry["data"].as_buffer(of_type="d"), np.float64)
        inputs.append(taken)
        lists += 2
    plain = {key: _plain(document[key]) for key in document.keys() if key != "inputs"}  # noqa: SIM118  # as above
    lists += sum(isinstance(value, list) for value in plain.values())
    return {**plain, "inputs": inputs} if lists == brackets else None


def _plain(value: Any) -> Any:  # noqa: ANN401  # any JSON
    """A value as orjson would give it."""
    if isinstance(value, simdjson.Array):
        return value.as_list()
    return value.as_dict() if isinstance(value, simdjson.Object) else value

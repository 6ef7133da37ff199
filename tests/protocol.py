"""Requests and answers of the Open Inference Protocol over HTTP, by hand."""

import json
import struct
from typing import Any

import httpx
import numpy as np

from tests import houses

CASES = houses.cases(3)
INFER = "/v2/models/gestures/infer"


def tensor(values: np.ndarray = CASES, **changes: Any) -> dict[str, Any]:
    entry = {"name": "series", "shape": list(values.shape), "datatype": "FP32", "data": values.ravel().tolist()}
    return {**entry, **changes}


def body(**changes: Any) -> bytes:
    return json.dumps({"inputs": [tensor()], **changes}).encode()


def binary(values: np.ndarray = CASES, datatype: str = "FP32", **changes: Any) -> tuple[bytes, dict[str, str]]:
    raw = values.tobytes()
    entry = {"name": "series", "shape": list(values.shape), "datatype": datatype}
    entry["parameters"] = {"binary_data_size": len(raw)}
    head = json.dumps({"inputs": [entry], **changes}).encode()
    return head + raw, {"Inference-Header-Content-Length": str(len(head))}


def outputs(response: httpx.Response) -> dict[str, np.ndarray]:
    """The tensors of an answer, whichever way they came."""
    assert response.status_code == 200, response.text
    length = int(response.headers.get("inference-header-content-length", len(response.content)))
    head, tail = json.loads(response.content[:length]), response.content[length:]
    found = {}
    for entry in head["outputs"]:
        if "data" in entry:
            found[entry["name"]] = np.array(entry["data"]).reshape(entry["shape"])
            continue
        size = entry["parameters"]["binary_data_size"]
        raw, tail = tail[:size], tail[size:]
        values = np.array(texts(raw)) if entry["datatype"] == "BYTES" else np.frombuffer(raw, "<f4")
        found[entry["name"]] = values.reshape(entry["shape"])
    assert tail == b""
    return found


def texts(raw: bytes) -> list[str]:
    found = []
    while raw:
        (length,) = struct.unpack_from("<I", raw)
        found.append(raw[4 : 4 + length].decode())
        raw = raw[4 + length :]
    return found

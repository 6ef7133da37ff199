"""Answers of the inference protocol: JSON, with the binary tensors behind it if there are any."""

from typing import Any

import orjson

from service.domain.inference import InferResult
from service.edge.datatypes import datatype_of, to_raw
from service.edge.prediction import InferCall, Wanted, most_likely
from service.rest.coding import Payload
from service.rest.v2_request import JSON_LENGTH_NAME

BINARY = "application/octet-stream"
OF_JSON, OF_BINARY = (b"content-type", b"application/json"), (b"content-type", BINARY.encode())
UNSAID = Wanted("")
"""Of an output that a request says nothing about."""


def encode(call: InferCall, result: InferResult) -> Payload:
    """The answer to a request: JSON, with the binary tensors behind it if there are any."""
    options, version = call.options, result.version
    labels = version.draft.signature.classes or ()
    wanted = {output.name: output for output in options.outputs}
    described: list[dict[str, Any]] = []
    tail: list[bytes] = []
    for name, full in result.outputs.items():
        output = wanted.get(name, UNSAID)
        tensor = most_likely(full, output.classes, labels) if output.classes else full
        entry: dict[str, Any] = {"name": name, "shape": tensor.shape, "datatype": datatype_of(tensor)}
        if options.binary if output.binary is None else output.binary:
            tail.append(to_raw(tensor))
            entry["parameters"] = {"binary_data_size": len(tail[-1])}
        else:
            entry["data"] = tensor.ravel().tolist() if tensor.dtype.hasobject else tensor.ravel()
        described.append(entry)
    answer = {"model_name": version.model, "model_version": str(version.number), "outputs": described}
    if options.id:
        answer["id"] = options.id
    text = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    if not tail:
        return Payload(text, [OF_JSON])
    return Payload(b"".join([text, *tail]), [OF_BINARY, (JSON_LENGTH_NAME, b"%d" % len(text))])

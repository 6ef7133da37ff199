"""What is asked of the servers: one network's cases, as the bodies of the Open Inference Protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from api_schemas.generated import inference_pb2 as pb

MODEL = "three-convolutions"
CHANNELS, LENGTH, CLASSES = 6, 100, 4
INPUT, OUTPUT = "series", "probabilities"
CONNECTIONS = 8
JSON = MappingProxyType({"Content-Type": "application/json"})


@dataclass(frozen=True)
class Body:
    """A request's body and the headers that go with it."""

    content: bytes
    headers: Mapping[str, str]


def cases(count: int) -> np.ndarray:
    """(count, 6, 100) float32, always the same, rounded as sensors and spreadsheets round."""
    generator = np.random.default_rng(count)
    return np.round(generator.standard_normal((count, CHANNELS, LENGTH)), 5).astype(np.float32)


def as_json(values: np.ndarray, *, nested: bool = False) -> Body:
    """The numbers as text, five digits each."""
    data = [round(value, 5) for value in values.ravel().tolist()]
    tensor = _tensor(values) | {"data": np.reshape(data, values.shape).tolist() if nested else data}
    return Body(json.dumps({"inputs": [tensor], "outputs": [{"name": OUTPUT}]}).encode(), JSON)


def as_binary(values: np.ndarray) -> Body:
    """The numbers as bytes behind the JSON, asking for the answer in bytes as well."""
    raw = values.tobytes()
    tensor = _tensor(values) | {"parameters": {"binary_data_size": len(raw)}}
    wanted = {"name": OUTPUT, "parameters": {"binary_data": True}}
    head = json.dumps({"inputs": [tensor], "outputs": [wanted]}).encode()
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    return Body(head + raw, headers)


def as_message(values: np.ndarray) -> bytes:
    """A serialized `ModelInferRequest` with raw contents."""
    request = pb.ModelInferRequest(model_name=MODEL, raw_input_contents=[values.tobytes()])
    request.inputs.add(name=INPUT, datatype="FP32", shape=values.shape)
    request.outputs.add(name=OUTPUT)
    return request.SerializeToString()


def _tensor(values: np.ndarray) -> dict[str, object]:
    return {"name": INPUT, "shape": list(values.shape), "datatype": "FP32"}

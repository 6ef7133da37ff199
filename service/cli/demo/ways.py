"""Four ways to the same answer: plain REST, the inference protocol over REST and over gRPC, and ONNX Runtime.

Each is a function from cases: (N, channels, length) float32 to probabilities: (N, classes) float32, in the order of
the model's classes.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from api_schemas.generated.inference_pb2 import ModelInferRequest as Request
from api_schemas.generated.inference_pb2_grpc import GRPCInferenceServiceStub
from model.interchange import runtime
from service.client import Client, ClientError

Array = np.ndarray[Any, np.dtype[np.float32]]
Way = Callable[[Array], Array]

INPUT, OUTPUT = "series", "probabilities"
TIMEOUT_SECONDS = 60.0
NO_PROXY = (("grpc.enable_http_proxy", 0),)


def plain_rest(client: Client, model: str, classes: Sequence[str]) -> Way:
    """`:predict`, whose JSON names each probability."""

    def answer(cases: Array) -> Array:
        predictions = client.predict(model, cases)["predictions"]
        return np.array([[p["probabilities"][label] for label in classes] for p in predictions], np.float32)

    return answer


def protocol_rest(client: Client, model: str) -> Way:
    """The Open Inference Protocol in JSON."""

    def answer(cases: Array) -> Array:
        tensor = {"name": INPUT, "datatype": "FP32", "shape": list(cases.shape), "data": cases.ravel()}
        response = client.infer(model, {"inputs": [tensor], "outputs": [{"name": OUTPUT}]})
        (output,) = response["outputs"]
        return np.array(output["data"], np.float32).reshape(output["shape"])

    return answer


def protocol_grpc(channel: grpc.Channel, model: str) -> Way:
    """The Open Inference Protocol over gRPC, with raw little-endian tensors."""
    stub = GRPCInferenceServiceStub(channel)

    def answer(cases: Array) -> Array:
        request = Request(
            model_name=model,
            inputs=[Request.InferInputTensor(name=INPUT, datatype="FP32", shape=cases.shape)],
            outputs=[Request.InferRequestedOutputTensor(name=OUTPUT)],
            raw_input_contents=[cases.astype("<f4").tobytes()],
        )
        try:
            response = stub.ModelInfer(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            raise ClientError(f"The call over gRPC failed: {error}") from error
        return np.frombuffer(response.raw_output_contents[0], "<f4").reshape(response.outputs[0].shape)

    return answer


def onnx_runtime(path: Path) -> Way:
    """The exported file on its own: nothing of this project takes part."""
    session = runtime.session(path)

    def answer(cases: Array) -> Array:
        probabilities: Array = session.run([OUTPUT], {INPUT: cases})[0]
        return probabilities

    return answer


def insecure_channel(address: str) -> grpc.Channel:
    """A channel to a service on this machine."""
    return grpc.insecure_channel(address, options=NO_PROXY)

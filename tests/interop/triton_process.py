"""The child of `triton_clients.py`: it imports the clients, and calls them as it is told."""

import asyncio
from multiprocessing.connection import Connection
from queue import Queue
from typing import Any

import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
import tritonclient.http.aio
from google.protobuf.json_format import MessageToDict
from tritonclient.grpc import model_config_pb2, service_pb2
from tritonclient.utils import InferenceServerException

from tests.interop.triton_clients import GRPC, HTTP, Ask, fields

ANSWERS_WITHIN_SECONDS = 60


def serve(connection: Connection) -> None:
    """Answer calls until there is a None."""
    while (call := connection.recv()) is not None:
        client, url, method, args, options = call
        try:
            answer = asyncio.run(_called(client, url, method, args, options))
        except InferenceServerException as error:
            connection.send((False, f"{error.status()}: {error.message()}"))
        else:
            connection.send((True, answer))


async def _called(client: str, url: str, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if method == "fields":
        return fields(service_pb2.DESCRIPTOR) | fields(model_config_pb2.DESCRIPTOR)
    module, made = _client(client, url)
    try:
        if method == "infer":
            return await _infer(module, made, client, *args)
        if method == "async_infer":
            return await _async_infer(module, made, client, *args)
        if method == "stream":
            return await _stream(module, made, client, *args)
        if client in GRPC and method.startswith("get_"):
            options = {"as_json": True, **options}
        return await _awaited(getattr(made, method)(*args, **options))
    finally:
        await _awaited(made.close())


def _client(client: str, url: str) -> tuple[Any, Any]:
    sync = {"http": tritonclient.http, "grpc": tritonclient.grpc}[client.partition(".")[0]]
    module = {"http.aio": tritonclient.http.aio, "grpc.aio": tritonclient.grpc.aio}.get(client, sync)
    return sync, module.InferenceServerClient(url)


async def _awaited(answer: Any) -> Any:
    return await answer if asyncio.iscoroutine(answer) else answer


async def _infer(module: Any, made: Any, client: str, ask: Ask) -> dict[str, Any]:
    entry, outputs, options = _request(module, client, ask)
    answer = await _awaited(made.infer(ask.model, [entry], outputs=outputs, **options))
    return _answered(answer)


async def _async_infer(module: Any, made: Any, client: str, ask: Ask) -> dict[str, Any]:
    """An answer that is waited for later, or that a callback is given."""
    entry, outputs, options = _request(module, client, ask)
    if client in HTTP:
        return _answered(made.async_infer(ask.model, [entry], outputs=outputs, **options).get_result())
    answers: Queue[Any] = Queue()
    made.async_infer(ask.model, [entry], lambda result, error: answers.put((result, error)), outputs=outputs, **options)
    result, error = answers.get(timeout=ANSWERS_WITHIN_SECONDS)
    if error is not None:
        raise error
    return _answered(result)


async def _stream(_module: Any, made: Any, client: str, asks: list[Ask]) -> list[Any]:
    """Send all requests over one stream, and answer each one's outputs or its error's message."""
    module = tritonclient.grpc
    requests = [_request(module, client, ask) for ask in asks]
    if client == "grpc.aio":

        async def sent() -> Any:
            for ask, (entry, outputs, options) in zip(asks, requests, strict=True):
                yield {"model_name": ask.model, "inputs": [entry], "outputs": outputs, **options}

        answers = [pair async for pair in made.stream_infer(sent())]
    else:
        answers = []
        made.start_stream(lambda result, error: answers.append((result, error)))
        for ask, (entry, outputs, options) in zip(asks, requests, strict=True):
            made.async_stream_infer(ask.model, [entry], outputs=outputs, **options)
        made.stop_stream()
    return [_answered(result) if error is None else str(error) for result, error in answers]


def _request(module: Any, client: str, ask: Ask) -> tuple[Any, list[Any] | None, dict[str, Any]]:
    entry = module.InferInput("series", list(ask.values.shape), ask.datatype)
    over_http = client in HTTP
    entry.set_data_from_numpy(ask.values, **({"binary_data": ask.binary} if over_http else {}))
    outputs = None
    if ask.outputs is not None:
        outputs = [module.InferRequestedOutput(name, **parameters) for name, parameters in ask.outputs.items()]
    options: dict[str, Any] = {"model_version": ask.version, **ask.options}
    if ask.compression is not None and over_http:
        options |= dict.fromkeys(("request_compression_algorithm", "response_compression_algorithm"), ask.compression)
    elif ask.compression is not None:
        options["compression_algorithm"] = ask.compression
    return entry, outputs, options


def _answered(answer: Any) -> dict[str, Any]:
    response = answer.get_response()
    if not isinstance(response, dict):
        response = MessageToDict(response, preserving_proto_field_name=True)
    outputs = {entry["name"]: answer.as_numpy(entry["name"]) for entry in response["outputs"]}
    return {**response, "outputs": outputs}

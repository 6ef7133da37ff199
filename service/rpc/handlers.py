"""The behaviours of a service as gRPC wants them: each behind the gate, with its messages' formats."""

import inspect
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from service.rpc.gate import Behaviour, Context, Gate

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

KINDS: dict[tuple[bool, bool], Callable[..., Handler]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
"""By whether requests, and whether responses, are a stream."""


def handlers(
    gate: Gate, service: ServiceDescriptor, behaviours: Mapping[str, Callable[..., Any]]
) -> "grpc.GenericRpcHandler[Any, Any]":
    """The behaviours as handlers; a method that the table forgets is a KeyError as soon as the server is made."""
    table = {}
    for method in service.methods:
        make = KINDS[method.client_streaming, method.server_streaming]
        behaviour = behaviours[method.name]
        table[method.name] = make(
            gate.before(
                service.full_name,
                method.name,
                written(behaviour) if inspect.isasyncgenfunction(behaviour) else behaviour,
            ),
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )
    return grpc.method_handlers_generic_handler(service.full_name, table)


def written(behaviour: Callable[[Any, Context], AsyncGenerator[Any, None]]) -> Behaviour:
    """Write the answers, instead of yielding them: a generator that is left at a yield is only ended by the collector.

    So a cancelled stream ends its exchange at once, and in the context that it began in.
    """

    async def writing(request: Any, context: Context) -> None:  # noqa: ANN401  # any message of any service
        async with aclosing(behaviour(request, context)) as answers:
            async for answer in answers:
                await context.write(answer)

    return writing

"""The behaviours of a service as the transport wants them: each behind the gate, with its messages' formats."""

import inspect
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from service.rpc.extent import parser
from service.rpc.gate import Behaviour, Gate
from service.rpc.http2.call import Call
from service.rpc.http2.method import Method


def handlers(gate: Gate, service: ServiceDescriptor, behaviours: Mapping[str, Callable[..., Any]]) -> dict[str, Method]:
    """Methods by their paths; one that the behaviours forget is a KeyError as soon as the server is made."""
    table = {}
    for method in service.methods:
        behaviour = behaviours[method.name]
        told = written(behaviour) if inspect.isasyncgenfunction(behaviour) else behaviour
        table[f"/{service.full_name}/{method.name}"] = Method(
            behaviour=gate.before(service.full_name, method.name, told),
            parse=parser(method.input_type),
            serialize=GetMessageClass(method.output_type).SerializeToString,
            requests_stream=method.client_streaming,
            responses_stream=method.server_streaming,
        )
    return table


def written(behaviour: Callable[[Any, Call], AsyncGenerator[Any, None]]) -> Behaviour:
    """Write the answers, instead of yielding them: a generator that is left at a yield is only ended by the collector.

    So a cancelled stream ends its exchange at once, and in the context that it began in.
    """

    async def writing(request: Any, call: Call) -> None:  # noqa: ANN401  # any message of any service
        async with aclosing(behaviour(request, call)) as answers:
            async for answer in answers:
                await call.write(answer)

    return writing

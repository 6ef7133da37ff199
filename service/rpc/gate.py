"""What stands before every method: the request's id, its key, its log line, its metrics, and errors as statuses."""

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any, TypeAlias

import grpc
from structlog.contextvars import bound_contextvars

from service.domain.origin import Origin, traceparent
from service.edge.context import EdgeContext
from service.edge.request_ids import request_id
from service.errors import ServiceError
from service.rpc.statuses import sentence_of, status_of
from service.telemetry.logs import logger
from service.telemetry.traces import Value

PUBLIC = frozenset(
    {
        "/inference.GRPCInferenceService/ServerLive",
        "/inference.GRPCInferenceService/ServerReady",
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
    }
)

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Context = grpc.aio.ServicerContext[Any, Any]
Exchange = Callable[[Context], AbstractAsyncContextManager[None]]


class Gate(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """An interceptor around every method of every service."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take who may call and who counts."""
        self._edge = edge
        self._log = logger()
        self._in_flight = edge.metrics.in_flight.labels("grpc")

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Put the method's behaviour inside an exchange."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        metadata = {key: value for key, value in handler_call_details.invocation_metadata or () if type(value) is str}

        @asynccontextmanager
        async def exchange(context: Context) -> AsyncIterator[None]:
            async with self._told(method, metadata, context):
                if method not in PUBLIC:
                    self._edge.access.check(metadata.get("authorization"))
                yield

        if handler is None:
            return handler  # type: ignore[return-value]  # gRPC's own word for a method that nobody has
        return _within(handler, exchange)

    @asynccontextmanager
    async def _told(self, method: str, metadata: dict[str, str], context: Context) -> AsyncIterator[None]:
        """Log and count one call; what it raises becomes its status."""
        identifier = request_id(metadata.get("x-request-id"))
        came_from = Origin(identifier, traceparent(metadata.get("traceparent")))
        told = came_from.fields
        traces = self._edge.traces
        context.set_trailing_metadata((("x-request-id", identifier),))
        started = time.perf_counter()
        status, fault = grpc.StatusCode.OK, None
        self._in_flight.inc()
        try:
            with traces.request(method.strip("/"), came_from, **_described(method, identifier)):
                told = (traces.origin or came_from).fields
                with bound_contextvars(**told):
                    yield
        except ServiceError as error:
            status = status_of(error)
            await context.abort(status, sentence_of(error))
        except grpc.aio.AbortError:
            status = context.code()
            raise
        except asyncio.CancelledError:
            status = grpc.StatusCode.CANCELLED
            raise
        except Exception as error:  # noqa: BLE001  # the outermost place: a fault of ours becomes a status and a log line
            status, fault = grpc.StatusCode.INTERNAL, error
            await context.abort(status, "Something went wrong on our side.")
        finally:
            self._in_flight.dec()
            seconds = time.perf_counter() - started
            service, name = method.strip("/").split("/")
            self._edge.metrics.request("grpc", name, service, status.name, seconds)
            write = self._log.error if fault else self._log.info
            write(
                "request",
                method=name,
                route=service,
                status=status.name,
                duration_ms=round(seconds * 1000, 3),
                **told,
                **({"exc_info": fault} if fault else {}),
            )


def _described(method: str, identifier: str) -> dict[str, Value]:
    """What a span says of a call."""
    service, name = method.strip("/").split("/")
    return {
        "rpc__system": "grpc",
        "rpc__service": service,
        "rpc__method": name,
        "wavetap__request_id": identifier,
    }


def _within(handler: Handler, exchange: Exchange) -> Handler:
    """The same handler with its behaviour inside an exchange."""
    make, name = KINDS[handler.request_streaming, handler.response_streaming]
    behaviour = getattr(handler, name)
    wrapped = _streaming(behaviour, exchange) if inspect.isasyncgenfunction(behaviour) else _single(behaviour, exchange)
    wrapped_handler: Handler = make(wrapped, handler.request_deserializer, handler.response_serializer)
    return wrapped_handler


KINDS: dict[tuple[bool, bool], tuple[Callable[..., Handler], str]] = {
    (False, False): (grpc.unary_unary_rpc_method_handler, "unary_unary"),
    (False, True): (grpc.unary_stream_rpc_method_handler, "unary_stream"),
    (True, False): (grpc.stream_unary_rpc_method_handler, "stream_unary"),
    (True, True): (grpc.stream_stream_rpc_method_handler, "stream_stream"),
}
"""By whether requests, and whether responses, are a stream."""


def _single(behaviour: Callable[[Any, Context], Awaitable[Any]], exchange: Exchange) -> Callable[..., Any]:
    async def within(request: Any, context: Context) -> Any:  # noqa: ANN401  # any message of any service
        async with exchange(context):
            return await behaviour(request, context)

    return within


def _streaming(
    behaviour: Callable[[Any, Context], AsyncGenerator[Any, None]], exchange: Exchange
) -> Callable[..., Any]:
    """Write the answers, instead of yielding them: a generator that is left at a yield is only ended by the collector.

    So a cancelled stream ends its exchange at once, and in the context that it began in.
    """

    async def within(request: Any, context: Context) -> None:  # noqa: ANN401  # as above
        async with exchange(context), aclosing(behaviour(request, context)) as answers:
            async for answer in answers:
                await context.write(answer)

    return within

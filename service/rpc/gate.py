"""What stands before every method: the request's id, its key, its log line, its metrics, and errors as statuses."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from structlog.contextvars import bind_contextvars

from service.domain.origin import Origin, traceparent
from service.edge.context import EdgeContext
from service.edge.request_ids import request_id
from service.errors import ServiceError
from service.rpc.statuses import sentence_of, status_of
from service.telemetry.logs import logger

PUBLIC = frozenset(
    {
        "inference.GRPCInferenceService/ServerLive",
        "inference.GRPCInferenceService/ServerReady",
        "grpc.health.v1.Health/Check",
        "grpc.health.v1.Health/Watch",
    }
)

Context = grpc.aio.ServicerContext[Any, Any]
Behaviour = Callable[[Any, Context], Awaitable[Any]]
"""From a request, or a stream of them, to the answer; one that answers with a stream writes it to the context."""


class Gate:
    """Puts a method behind itself once, when the table of methods is made, so that a call finds everything ready."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take who may call and who counts."""
        self._edge = edge
        self._log = logger()
        self._in_flight = edge.metrics.in_flight.labels("grpc")

    def before(self, service: str, name: str, behaviour: Behaviour) -> Behaviour:
        """The same behaviour for those who may call it, each call told of; what it raises becomes its status."""
        path = f"{service}/{name}"
        check = None if path in PUBLIC else self._edge.access.check
        described = {"rpc__system": "grpc", "rpc__service": service, "rpc__method": name}
        traces, in_flight, tell = self._edge.traces, self._in_flight, self._tell

        async def behind(request: Any, context: Context) -> Any:  # noqa: ANN401  # any message of any service
            given = {key: value for key, value in context.invocation_metadata() or () if type(value) is str}
            identifier = request_id(given.get("x-request-id"))
            came_from = Origin(identifier, traceparent(given.get("traceparent")))
            context.set_trailing_metadata((("x-request-id", identifier),))
            status, fault, told = grpc.StatusCode.OK, None, came_from.fields
            started = time.perf_counter()
            in_flight.inc()
            try:
                with traces.request(path, came_from, **described, wavetap__request_id=identifier):
                    told = (traces.origin or came_from).fields
                    bind_contextvars(**told)  # for good: a call is a task, which has a context of its own
                    if check is not None:
                        check(given.get("authorization"))
                    return await behaviour(request, context)
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
                in_flight.dec()
                tell(service, name, status.name, time.perf_counter() - started, told, fault)

        return behind

    def _tell(
        self, service: str, name: str, status: str, seconds: float, told: dict[str, str], fault: Exception | None
    ) -> None:
        """One line and one count for each call."""
        self._edge.metrics.request("grpc", name, service, status, seconds)
        write = self._log.error if fault else self._log.info
        write(
            "request",
            method=name,
            route=service,
            status=status,
            duration_ms=round(seconds * 1000, 3),
            **told,
            **({"exc_info": fault} if fault else {}),
        )

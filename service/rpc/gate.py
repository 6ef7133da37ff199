"""What stands before every method: the request's id, its key, its log line, its metrics, and errors as statuses."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from service.domain.origin import Origin, traceparent
from service.edge.context import EdgeContext
from service.edge.request_ids import request_id
from service.errors import ServiceError
from service.rpc.codes import StatusCode
from service.rpc.http2.call import Call
from service.rpc.http2.messages import Refused
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

Behaviour = Callable[[Any, Call], Awaitable[Any]]
"""From a request, or a stream of them, to the answer; one that answers with a stream writes it to the call."""


class Gate:
    """Puts a method behind itself once, when the table of methods is made, so that a call finds everything ready."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take who may call and who counts."""
        self._edge = edge
        self._log = logger()
        self._in_flight = edge.metrics.in_flight

    def before(self, service: str, name: str, behaviour: Behaviour) -> Behaviour:
        """The same behaviour for those who may call it, each call told of; what it raises becomes its status."""
        path = f"{service}/{name}"
        check = None if path in PUBLIC else self._edge.access.check
        described = {"rpc__system": "grpc", "rpc__service": service, "rpc__method": name}
        traces, in_flight, tell = self._edge.traces, self._in_flight, self._tell

        async def behind(request: Any, call: Call) -> Any:  # noqa: ANN401  # any message of any service
            given = call.metadata
            identifier = request_id(given.get("x-request-id"))
            came_from = Origin(identifier, traceparent(given.get("traceparent")))
            call.trailers = (("x-request-id", identifier),)
            status, fault, told = StatusCode.OK, None, came_from.fields
            started = time.perf_counter()
            in_flight["grpc"] += 1
            try:
                with traces.request(path, came_from, **described, wavetap__request_id=identifier):
                    told = (traces.origin or came_from).fields
                    if check is not None:
                        check(given.get("authorization"))
                    return await behaviour(request, call)
            except ServiceError as error:
                status = status_of(error)
                raise Refused(status, sentence_of(error)) from error
            except Refused as refused:
                status = refused.status
                raise
            except asyncio.CancelledError:
                status = StatusCode.CANCELLED
                raise
            except Exception as error:  # the outermost place: a fault of ours becomes a status and a log line
                status, fault = StatusCode.INTERNAL, error
                raise Refused(status, "Something went wrong on our side.") from error
            finally:
                in_flight["grpc"] -= 1
                tell(service, name, status.name, time.perf_counter() - started, told, fault)

        return behind

    def _tell(
        self, service: str, name: str, status: str, seconds: float, told: dict[str, Any], fault: Exception | None
    ) -> None:
        """One line and one count for each call."""
        self._edge.metrics.request("grpc", name, service, status, seconds)
        told |= {"method": name, "route": service, "status": status, "duration_ms": round(seconds * 1000, 3)}
        if fault is None:
            self._log.info("request", **told)
        else:
            self._log.error("request", fault=fault, **told)

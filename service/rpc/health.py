"""`grpc.health.v1.Health`, telling the truth of the moment: 503 over REST is NOT_SERVING here."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from grpc_health.v1 import health_pb2

from service.edge.lifecycle import Lifecycle
from service.errors import NotFound
from service.rpc.http2.call import Call

LOOK_EVERY_SECONDS = 1.0

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


class HealthMethods:
    """Answers for the whole server (the empty name) and for each service; all live and die together."""

    def __init__(self, lifecycle: Lifecycle, services: frozenset[str]) -> None:
        """Take who knows, and the names of the services."""
        self._lifecycle = lifecycle
        self._names = services | {""}

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {"Check": self.check, "List": self.list, "Watch": self.watch}

    async def check(self, request: health_pb2.HealthCheckRequest, _call: Call) -> health_pb2.HealthCheckResponse:
        """Tell the state now; NOT_FOUND for a service that is not here."""
        if request.service not in self._names:
            raise NotFound("There is no such service here.")
        return health_pb2.HealthCheckResponse(status=await self._status(request.service))

    async def list(self, _request: health_pb2.HealthListRequest, _call: Call) -> health_pb2.HealthListResponse:
        """Tell the state of everything that can be asked for."""
        answer = health_pb2.HealthCheckResponse(status=await self._status(""))
        return health_pb2.HealthListResponse(statuses=dict.fromkeys(self._names, answer))

    async def watch(
        self, request: health_pb2.HealthCheckRequest, _call: Call
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """Tell the state now and whenever it has changed, until the service drains."""
        told = None
        ending = False
        while not ending:
            ending = self._lifecycle.draining  # before the state is asked for, so that the last one told is the last
            status = await self._status(request.service)
            if status != told:
                told = status
                yield health_pb2.HealthCheckResponse(status=status)
            await self._lifecycle.pause(LOOK_EVERY_SECONDS)

    async def _status(self, service: str) -> int:
        if service not in self._names:
            return int(SERVICE_UNKNOWN)
        return int(SERVING if await self._lifecycle.unready() is None else NOT_SERVING)

"""`grpc.reflection.v1alpha`, which tells tools such as grpcurl of the services."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from grpc_reflection.v1alpha import reflection_pb2 as pb

from service.rpc.http2.call import Call


class ReflectionMethods:
    """Answers from the descriptors of the messages; what does so is loaded when it is first asked, as it is large."""

    def __init__(self, services: Sequence[str]) -> None:
        """Take the names of the services."""
        self._services = services

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {"ServerReflectionInfo": self.info}

    async def info(
        self, requests: AsyncIterator[pb.ServerReflectionRequest], call: Call
    ) -> AsyncIterator[pb.ServerReflectionResponse]:
        """Answer each question."""
        servicer = await asyncio.to_thread(_servicer, self._services)
        async for answer in servicer.ServerReflectionInfo(requests, call):
            yield answer


def _servicer(services: Sequence[str]) -> Any:  # noqa: ANN401  # it has no types
    from grpc_reflection.v1alpha import reflection  # noqa: PLC0415 - with it comes all of grpcio, 9 MB

    return reflection.aio.ReflectionServicer(services)  # type: ignore[attr-defined]  # missing in the stubs

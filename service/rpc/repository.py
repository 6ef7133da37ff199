"""The repository methods of `inference.GRPCInferenceService`."""

from collections.abc import Callable
from typing import Any

from api_schemas.generated import inference_pb2 as pb
from service.edge import repository
from service.edge.context import EdgeContext
from service.rpc.http2.call import Call


class RepositoryMethods:
    """Tells which models can be asked, takes them out of service and puts them back."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._repository = edge.services.repository

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {
            "RepositoryIndex": self.index,
            "RepositoryModelLoad": self.load,
            "RepositoryModelUnload": self.unload,
        }

    async def index(self, request: pb.RepositoryIndexRequest, _call: Call) -> pb.RepositoryIndexResponse:
        """List every version with its state."""
        repository.check_repository(request.repository_name)
        found = await self._edge.lanes.storage.run(self._repository.index, ready=request.ready)
        entries = (entry.model_dump() for entry in repository.index(found))
        return pb.RepositoryIndexResponse(models=[pb.RepositoryIndexResponse.ModelIndex(**entry) for entry in entries])

    async def load(self, request: pb.RepositoryModelLoadRequest, _call: Call) -> pb.RepositoryModelLoadResponse:
        """Put a model in service."""
        repository.check_repository(request.repository_name)
        repository.check_load(request.parameters)
        await self._edge.lanes.bulk.run(self._repository.load, request.model_name)
        return pb.RepositoryModelLoadResponse()

    async def unload(self, request: pb.RepositoryModelUnloadRequest, _call: Call) -> pb.RepositoryModelUnloadResponse:
        """Take a model out of service."""
        repository.check_repository(request.repository_name)
        chosen = {
            name: getattr(value, value.WhichOneof("parameter_choice") or "", None)
            for name, value in request.parameters.items()
        }
        repository.check_unload(chosen)
        await self._edge.lanes.storage.run(self._repository.unload, request.model_name)
        return pb.RepositoryModelUnloadResponse()

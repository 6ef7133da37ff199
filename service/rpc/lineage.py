"""The lineage methods of `wavetap.v1.TrainingService`."""

from collections.abc import Callable
from typing import Any

from api_schemas.generated import wavetap_pb2 as pb
from service.edge import lineage_views
from service.edge.context import EdgeContext
from service.rpc.http2.call import Call
from service.rpc.messages import message


class LineageMethods:
    """Tells what became of datasets, and where versions come from."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._lineage = edge.services.lineage
        self._lane = edge.lanes.storage

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {"GetDatasetLineage": self.of_dataset, "GetModelVersionLineage": self.of_version}

    async def of_dataset(self, request: pb.DatasetRequest, _call: Call) -> pb.DatasetLineage:
        """Show what became of a dataset."""
        found = await self._lane.run(self._lineage.of_dataset, request.dataset)
        return message(lineage_views.of_dataset(found), pb.DatasetLineage())

    async def of_version(self, request: pb.ModelVersionRequest, _call: Call) -> pb.ModelVersionLineage:
        """Show where a version comes from, and what came of it."""
        found = await self._lane.run(self._lineage.of_version, request.model, request.version or None)
        return message(lineage_views.of_version(found), pb.ModelVersionLineage())

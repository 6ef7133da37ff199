"""`inference.GRPCInferenceService`: the Open Inference Protocol."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.json_format import ParseDict

from api_schemas.generated import inference_pb2 as pb
from service.edge import protocol
from service.edge.context import EdgeContext
from service.edge.prediction import Addressed
from service.errors import ServiceError
from service.rpc.http2.call import Call
from service.rpc.statuses import sentence_of
from service.rpc.tensors import decode, encode


class InferenceMethods:
    """Health, metadata, statistics and inference."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._services = edge.services
        self._lane = edge.lanes.storage

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {
            "ServerLive": self.live,
            "ServerReady": self.ready,
            "ModelReady": self.model_ready,
            "ServerMetadata": self.server,
            "ModelMetadata": self.model,
            "ModelConfig": self.config,
            "ModelStatistics": self.statistics,
            "ModelInfer": self.infer,
            "ModelStreamInfer": self.infer_stream,
        }

    async def live(self, _request: pb.ServerLiveRequest, _call: Call) -> pb.ServerLiveResponse:
        """Answer as long as the process can."""
        return pb.ServerLiveResponse(live=True)

    async def ready(self, _request: pb.ServerReadyRequest, _call: Call) -> pb.ServerReadyResponse:
        """Tell whether new work is welcome."""
        return pb.ServerReadyResponse(ready=await self._edge.lifecycle.unready() is None)

    async def model_ready(self, request: pb.ModelReadyRequest, _call: Call) -> pb.ModelReadyResponse:
        """Tell whether a version is there and loads."""
        ready = await self._edge.lanes.inference.run(self._services.inference.ready, request.name, request.version)
        return pb.ModelReadyResponse(ready=ready)

    async def server(self, _request: pb.ServerMetadataRequest, _call: Call) -> pb.ServerMetadataResponse:
        """Tell the server's name, its release, and the protocol's extensions that work."""
        return pb.ServerMetadataResponse(**protocol.server_metadata().model_dump())

    async def model(self, request: pb.ModelMetadataRequest, _call: Call) -> pb.ModelMetadataResponse:
        """Tell what a model takes and gives."""
        view = await self._lane.run(protocol.model_metadata, self._services, request.name, request.version)
        return pb.ModelMetadataResponse(**view.model_dump())

    async def config(self, request: pb.ModelConfigRequest, _call: Call) -> pb.ModelConfigResponse:
        """Tell the model's configuration."""
        view = await self._lane.run(
            protocol.model_config, self._services, self._edge.scheduler.batching, request.name, request.version
        )
        return ParseDict({"config": view.model_dump()}, pb.ModelConfigResponse())

    async def statistics(self, request: pb.ModelStatisticsRequest, _call: Call) -> pb.ModelStatisticsResponse:
        """Count what a model, or every model, has done since the service started."""
        view = await self._lane.run(
            protocol.statistics, self._services, self._edge.statistics, request.name or None, request.version
        )
        return pb.ModelStatisticsResponse(**view.model_dump())

    async def infer(self, request: pb.ModelInferRequest, call: Call) -> pb.ModelInferResponse:
        """Predict from tensors; an abandoned call is cancelled, and leaves the queue before it is computed."""
        to = Addressed(request.model_name, request.model_version, call.time_remaining())
        return await self._edge.prediction.infer(to, request.ByteSize(), lambda: decode(request), encode)

    async def infer_stream(
        self, requests: AsyncIterator[pb.ModelInferRequest], call: Call
    ) -> AsyncIterator[pb.ModelStreamInferResponse]:
        """Predict from each request of a stream, in order; one that fails harms no other."""
        async for request in requests:
            try:
                yield pb.ModelStreamInferResponse(infer_response=await self.infer(request, call))
            except ServiceError as error:
                failed = pb.ModelInferResponse(model_name=request.model_name, id=request.id)
                yield pb.ModelStreamInferResponse(error_message=sentence_of(error), infer_response=failed)

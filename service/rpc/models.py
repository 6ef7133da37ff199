"""The model and prediction methods of `wavetap.v1.TrainingService`."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
from google.protobuf import empty_pb2

from api_schemas.generated import wavetap_pb2 as pb
from api_schemas.rest import inference as schemas
from api_schemas.rest import registry
from service.domain.datasets import Rolling
from service.domain.inference import Tensor
from service.edge import model_views, views
from service.edge.context import EdgeContext
from service.edge.model_changes import annotation_change, keeping
from service.edge.prediction import Addressed
from service.edge.validation import validated
from service.edge.versions import exact
from service.errors import Detail, InvalidRequest
from service.rpc.http2.call import Call
from service.rpc.messages import evaluation, message, page_request, plain, predictions
from service.usecases.exports import ExportOptions

CHUNK = 256 << 10


class ModelMethods:
    """Shows and removes models and versions, annotates them, hands out ONNX files, predicts and judges."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._catalogue = edge.services.catalogue
        self._lane = edge.lanes.storage

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {
            "ListModels": self.list,
            "GetModel": self.get,
            "UpdateModel": self.annotate,
            "DeleteModel": self.remove,
            "ListModelVersions": self.versions,
            "GetModelVersion": self.version,
            "UpdateModelVersion": self.annotate_version,
            "DeleteModelVersion": self.remove_version,
            "DownloadOnnx": self.onnx,
            "Predict": self.predict,
            "Evaluate": self.evaluate,
        }

    async def list(self, request: pb.ListRequest, _call: Call) -> pb.ModelPage:
        """List models, newest first."""
        records = await self._lane.run(self._catalogue.models, page_request(request))
        return message(views.page(records, model_views.model), pb.ModelPage())

    async def get(self, request: pb.ModelRequest, _call: Call) -> pb.Model:
        """Show one model."""
        return message(model_views.model(await self._lane.run(self._catalogue.model, request.model)), pb.Model())

    async def remove(self, request: pb.ModelRequest, _call: Call) -> empty_pb2.Empty:
        """Remove a model with all its versions and aliases."""
        await self._lane.run(self._catalogue.remove_model, request.model)
        return empty_pb2.Empty()

    async def versions(self, request: pb.ListModelVersionsRequest, _call: Call) -> pb.ModelVersionPage:
        """List a model's versions, newest first."""
        records = await self._lane.run(self._catalogue.versions, request.model, page_request(request))
        return message(views.page(records, model_views.version), pb.ModelVersionPage())

    async def version(self, request: pb.ModelVersionRequest, _call: Call) -> pb.ModelVersion:
        """Show one version."""
        found = await self._lane.run(self._catalogue.described, request.model, request.version or None)
        return message(model_views.version(found), pb.ModelVersion())

    async def remove_version(self, request: pb.ModelVersionRequest, _call: Call) -> empty_pb2.Empty:
        """Remove a version, named by its number, that no alias points at."""
        await self._lane.run(self._catalogue.remove_version, request.model, exact(request.version))
        return empty_pb2.Empty()

    async def annotate(self, request: pb.UpdateModelRequest, _call: Call) -> pb.Model:
        """Change a model's notes, its tags, and how many versions are kept."""
        wanted = validated(plain(request.changes), registry.ModelChange)
        annotate = self._catalogue.annotate_model
        record = await self._lane.run(annotate, request.model, annotation_change(wanted), keeping(wanted))
        return message(model_views.model(record), pb.Model())

    async def annotate_version(self, request: pb.UpdateModelVersionRequest, _call: Call) -> pb.ModelVersion:
        """Change a version's notes and tags."""
        wanted = validated(plain(request.changes), registry.AnnotationChange)
        annotate = self._catalogue.annotate_version
        record = await self._lane.run(annotate, request.model, request.version, annotation_change(wanted))
        return message(model_views.version(record), pb.ModelVersion())

    async def onnx(self, request: pb.DownloadOnnxRequest, _call: Call) -> AsyncIterator[pb.FileChunk]:
        """Stream a version's ONNX file."""
        usual = ExportOptions()
        options = ExportOptions(
            request.opset if request.HasField("opset") else usual.opset,
            request.fold if request.HasField("fold") else usual.fold,
        )
        lane = self._lane if options == usual else self._edge.lanes.bulk
        file = await lane.run(self._edge.services.exports.onnx, request.model, request.version or None, options)
        for at in range(0, len(file.content), CHUNK):
            yield pb.FileChunk(content=file.content[at : at + CHUNK])

    async def predict(self, request: pb.PredictRequest, call: Call) -> pb.PredictResponse:
        """Predict cases."""
        return await self._edge.prediction.predict(
            Addressed(request.model, request.version or None, call.time_remaining()),
            request.ByteSize(),
            lambda: [_case(case, f"/series/{index}") for index, case in enumerate(request.series)],
            lambda result: predictions(views.predictions(result)),
        )

    async def evaluate(self, request: pb.EvaluateRequest, _call: Call) -> pb.Evaluation:
        """Compare a model's answers with a dataset."""
        return evaluation(await self._edge.lanes.bulk.run(self._evaluated, request))

    def _evaluated(self, request: pb.EvaluateRequest) -> schemas.Evaluation:
        version = self._catalogue.version(request.model, request.version or None)
        found = self._edge.services.inference.evaluate(
            request.model, version.number, request.dataset, _rolling(request)
        )
        return views.evaluation(request.model, version.number, found)


def _rolling(request: pb.EvaluateRequest) -> Rolling | None:
    """Checked as REST does; what is not set has its default."""
    if not request.HasField("backtest"):
        return None
    given = {field.name: value for field, value in request.backtest.ListFields()}
    return Rolling(**validated(given, schemas.Rolling).model_dump())


def _case(case: pb.Case, pointer: str) -> Tensor:
    """(C, L) float32."""
    lengths = {len(channel.values) for channel in case.channels}
    if len(lengths) != 1:
        text = "The channels of a case are equally long, and there is at least one."
        raise InvalidRequest(text, Detail(pointer, text))
    return np.array([channel.values[:] for channel in case.channels], np.float32)

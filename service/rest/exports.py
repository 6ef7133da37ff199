"""`/v1/models/{model}/versions/{version}/onnx`: a version as a file that runs elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from service.edge.context import EdgeContext
from service.rest.answers import responses
from service.rest.parameters import ModelName, VersionReference
from service.usecases.exports import HIGHEST_OPSET, LOWEST_OPSET, ExportOptions

ONNX = {
    "description": "An ONNX file of opset 17 or newer: input `series`, the task's outputs, scaling inside.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


def _options(
    opset: Annotated[
        int, Query(ge=LOWEST_OPSET, le=HIGHEST_OPSET, description="The version of ONNX's operators that is written.")
    ] = LOWEST_OPSET,
    *,
    fold: Annotated[
        bool, Query(description="Whether batch normalization goes into the kernels before it, or stays to be seen.")
    ] = True,
) -> ExportOptions:
    return ExportOptions(opset, fold)


class ExportRoutes:
    """Hands out ONNX files."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Models"])
        router.add_api_route(
            "/v1/models/{model:name}/versions/{version:name}/onnx",
            self.onnx,
            response_class=Response,
            responses=responses(404, 409, 422, others={200: ONNX}),
        )
        return router

    async def onnx(
        self, model: ModelName, version: VersionReference, options: Annotated[ExportOptions, Depends(_options)]
    ) -> Response:
        """Download a version as an ONNX file, run against the network itself before it is handed out.

        The file as it was published, whose largest difference is on the version's page, unless another is asked for.
        """
        lanes = self._edge.lanes
        lane = lanes.storage if options == ExportOptions() else lanes.bulk
        file = await lane.run(self._edge.services.exports.onnx, model, version, options)
        headers = {"Content-Disposition": f'attachment; filename="{file.filename}"', "ETag": f'"{file.sha256}"'}
        return Response(file.content, media_type="application/octet-stream", headers=headers)

"""`/v1/models/{model}:predict` and `:evaluate`: plain JSON for people."""

from fastapi import APIRouter, Request, Response

from api_schemas.rest import inference as schemas
from service.edge import views
from service.edge.context import EdgeContext
from service.edge.prediction import Addressed
from service.rest.answers import JSON, answer, body, responses
from service.rest.bodies import check_media_type, parsed, read_body, read_json, validated
from service.rest.parameters import ModelName

LARGEST_QUESTION = 1 << 10


class InferenceRoutes:
    """Predicts cases and judges models."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._lane = edge.lanes.inference

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Predictions"])
        one, faults = "/v1/models/{model:name}", responses(404, 413, 415, 422)
        router.add_api_route(
            f"{one}:predict",
            self.predict,
            methods=["POST"],
            response_model=schemas.PredictResponse,
            responses=faults,
            openapi_extra=body(schemas.PredictRequest),
        )
        router.add_api_route(
            f"{one}:evaluate",
            self.evaluate,
            methods=["POST"],
            response_model=schemas.Evaluation,
            responses=faults,
            openapi_extra=body(schemas.EvaluateRequest),
        )
        return router

    async def predict(self, request: Request, model: ModelName) -> Response:
        """Predict cases, each a list of channels; lengths may differ, and null is a missing value."""
        check_media_type(request)
        raw = await read_body(request, self._edge.max_body_bytes)
        return Response(await self._lane.run(self._predicted, raw, model), media_type=JSON)

    async def evaluate(self, request: Request, model: ModelName) -> Response:
        """Compare a model's answers with a dataset's labels, targets or later steps."""
        wanted = await read_json(request, schemas.EvaluateRequest, LARGEST_QUESTION, self._lane)
        return answer(await self._edge.lanes.bulk.run(self._evaluated, model, wanted))

    def _predicted(self, raw: bytes, model: str) -> str:
        """The answer to a body; this runs on a thread, from the JSON's first byte to the answer's last."""
        wanted = validated(parsed(raw), schemas.PredictRequest)
        return self._edge.prediction.predict(
            Addressed(model, None if wanted.version is None else str(wanted.version)),
            lambda: wanted.series,
            lambda result: views.predictions(result).model_dump_json(exclude_none=True),
        )

    def _evaluated(self, model: str, wanted: schemas.EvaluateRequest) -> schemas.Evaluation:
        services = self._edge.services
        version = services.catalogue.version(model, wanted.version)
        found = services.inference.evaluate(model, version.number, wanted.dataset)
        return views.evaluation(model, version.number, found)

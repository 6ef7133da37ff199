"""`/v1/models/{model}:predict` and `:evaluate`: plain JSON, or a file, for people."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api_schemas.rest import inference as schemas
from service.domain.datasets import Limits, Reading, Rolling
from service.domain.inference import InferResult
from service.edge import views
from service.edge.case_files import cases_in
from service.edge.context import EdgeContext
from service.edge.prediction import Addressed
from service.edge.validation import pointer
from service.errors import DETAILS_LISTED, Detail, InvalidRequest
from service.rest.answers import JSON, Description, answer, body, responses
from service.rest.attention import TIMEOUT, Listening, stated_seconds
from service.rest.bodies import announced_size, bounded, check_announced, chunks, read_json
from service.rest.case_bodies import FILES, described, is_file, media_type
from service.rest.parameters import ModelName
from service.rest.reading import ReadingParameters

LARGEST_QUESTION = 1 << 10
AskedVersion = Annotated[
    str | None, Query(max_length=128, description="A version's number or an alias; by default the newest version.")
]


class InferenceRoutes:
    """Predicts cases and judges models."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._lane = edge.lanes.inference
        self._attending = Listening()

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
            openapi_extra=_cases_description(),
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

    async def predict(
        self, request: Request, model: ModelName, reading: ReadingParameters, version: AskedVersion = None
    ) -> Response:
        """Predict cases, each a list of channels; lengths may differ, and null is a missing value.

        The body is JSON, or a file in a format that a dataset may have: CSV, NPY, Parquet and others, named by the
        content type. A table is read as the model's dataset was, or by columns named as its channels; the query may
        say otherwise, as with datasets. Answers in a file are passed over.
        """
        if is_file(request):
            return await self._predict_file(request, model, reading, version)
        _require_of_json(request)
        to = Addressed(model, version, stated_seconds(request.headers.get(TIMEOUT)))
        wanted = await read_json(request, schemas.PredictRequest, self._edge.max_body_bytes, self._lane)
        size = announced_size(request)
        if wanted.version is not None:
            _require_one_version(version, wanted.version)
            to = replace(to, version=str(wanted.version))
        with self._attending(request.receive):
            answered = await self._edge.prediction.predict(to, size, lambda: wanted.series, _told)
        return Response(answered, media_type=JSON)

    async def _predict_file(self, request: Request, model: str, reading: Reading, version: str | None) -> Response:
        """Settle the version first, as its channels and its dataset say which columns are read."""
        seconds, limit = stated_seconds(request.headers.get(TIMEOUT)), self._edge.max_body_bytes
        check_announced(request, limit)
        async with self._edge.spool.take(bounded(chunks(request), limit)) as upload:
            found = await self._edge.lanes.storage.run(self._edge.services.catalogue.version, model, version)
            as_said = replace(reading, format=reading.format or FILES[media_type(request)])
            with self._attending(request.receive):
                answered = await self._edge.prediction.predict(
                    Addressed(model, str(found.number), seconds),
                    None,
                    lambda: cases_in(upload, as_said, Limits(expanded_bytes=limit), found),
                    _told,
                )
        return Response(answered, media_type=JSON)

    async def evaluate(self, request: Request, model: ModelName) -> Response:
        """Compare a model's answers with a dataset's labels, targets or later steps."""
        wanted = await read_json(request, schemas.EvaluateRequest, LARGEST_QUESTION, self._lane)
        return answer(await self._edge.lanes.bulk.run(self._evaluated, model, wanted))

    def _evaluated(self, model: str, wanted: schemas.EvaluateRequest) -> schemas.Evaluation:
        services = self._edge.services
        version = services.catalogue.version(model, wanted.version)
        rolling = None if wanted.backtest is None else Rolling(**wanted.backtest.model_dump())
        found = services.inference.evaluate(model, version.number, wanted.dataset, rolling)
        return views.evaluation(model, version.number, found)


def _require_of_json(request: Request) -> None:
    """Refuse parameters that say how a file is read where there is none."""
    idle = [name for name in request.query_params if name != "version"]
    if idle:
        details = [Detail(pointer((name,)), f"{name} says how a file is read, and the body is JSON.") for name in idle]
        raise InvalidRequest(details[0].detail, *details[:DETAILS_LISTED])


def _require_one_version(of_query: str | None, of_body: int | str) -> None:
    if of_query not in {None, str(of_body)}:
        message = f"The query asks for version {of_query!r:.60}, the body for {of_body!r:.60}; one of them is enough."
        raise InvalidRequest(message, Detail("/version", message))


def _told(result: InferResult) -> str:
    return views.predictions(result).model_dump_json(exclude_none=True)


def _cases_description() -> Description:
    """What the predict route says of its bodies in the interface's description."""
    description = body(schemas.PredictRequest)
    description["requestBody"]["content"] |= described()
    return description

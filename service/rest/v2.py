"""`/v2`: the Open Inference Protocol. Bodies are read raw: its clients send any content type, or none."""

from collections.abc import Awaitable, Callable
from inspect import cleandoc
from typing import Any, ParamSpec

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api_schemas.rest import protocol as schemas
from service.edge import protocol
from service.edge.context import EdgeContext
from service.rest.answers import Options, answer, body, responses
from service.rest.infer import Infer
from service.rest.parameters import ModelName, VersionReference
from service.rest.v2_response import BINARY

P = ParamSpec("P")
Handler = Callable[[Request, str, str | None], Awaitable[Response]]

MODEL = "/v2/models/{model:name}"
VERSION = f"{MODEL}/versions/{{version:name}}"
BYTES = {BINARY: {"schema": {"type": "string", "format": "binary"}}}


class ProtocolRoutes:
    """Health, metadata, statistics and inference."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._services = edge.services
        self._lane = edge.lanes.storage
        self._infer = Infer(edge)

    def router(self) -> APIRouter:
        """The routes; each of a model's also under one of its versions."""
        router = APIRouter(tags=["Inference protocol"])
        metadata: Options = {"response_model": schemas.ServerMetadata, "responses": responses()}
        router.add_api_route("/v2", self.server, **metadata)
        router.add_api_route("/v2/", self.server, include_in_schema=False, **metadata)
        router.add_api_route("/v2/health/live", self.live, response_model=schemas.Live, responses=responses())
        not_ready = {503: {"model": schemas.Ready, "description": "No new work is welcome."}}
        router.add_api_route(
            "/v2/health/ready", self.ready, response_model=schemas.Ready, responses=responses(others=not_ready)
        )
        for path, probe in (("/v2/health/live", self.live), ("/v2/health/ready", self.ready)):
            router.add_api_route(path, probe, methods=["HEAD"], include_in_schema=False)  # as some ask
        router.add_api_route(
            "/v2/models/stats", self.all_statistics, response_model=schemas.StatisticsResponse, responses=responses()
        )
        for handler, schema, suffix in (
            (self.model, schemas.ModelMetadata, ""),
            (self.model_ready, schemas.ModelReady, "/ready"),
            (self.config, schemas.ModelConfig, "/config"),
            (self.statistics, schemas.StatisticsResponse, "/stats"),
        ):
            self._add(router, handler, suffix, response_model=schema, responses=responses(404))
        self._add(router, self.infer, "/infer", methods=["POST"], **_infer_description())
        return router

    def _add(self, router: APIRouter, handler: Handler, suffix: str, **options: Any) -> None:  # noqa: ANN401
        """A route of a model, which means its newest version, and its twin of one version."""

        async def of_model(request: Request, model: ModelName) -> Response:
            return await handler(request, model, None)

        async def of_version(request: Request, model: ModelName, version: VersionReference) -> Response:
            return await handler(request, model, version)

        name = handler.__name__
        described = {"description": cleandoc(handler.__doc__ or ""), **options}
        router.add_api_route(MODEL + suffix, of_model, name=name, **described)
        router.add_api_route(VERSION + suffix, of_version, name=f"{name}_of_version", **described)

    async def server(self) -> Response:
        """Tell the server's name, its release, and the protocol's extensions that work."""
        return answer(protocol.server_metadata())

    async def live(self) -> Response:
        """Answer as long as the process can."""
        return answer(schemas.Live(live=True))

    async def ready(self) -> Response:
        """Tell whether new work is welcome: 503 while the service shuts down or its database does not answer."""
        ready = await self._edge.lifecycle.unready() is None
        return answer(schemas.Ready(ready=ready), 200 if ready else 503)

    async def model(self, _request: Request, model: str, version: str | None) -> Response:
        """Tell what a model takes and gives; -1 in a shape is any size."""
        return await self._told(protocol.model_metadata, self._services, model, version)

    async def model_ready(self, _request: Request, model: str, version: str | None) -> Response:
        """Tell whether a version can be asked: 404 if there is none, 503 if it cannot be loaded."""
        await self._lane.run(self._services.catalogue.version, model, version)
        ready = await self._edge.lanes.inference.run(self._services.inference.ready, model, version)
        return answer(schemas.ModelReady(name=model, ready=ready), 200 if ready else 503)

    async def config(self, _request: Request, model: str, version: str | None) -> Response:
        """Tell the model's configuration, as the peers' load generators read it."""
        return await self._told(protocol.model_config, self._services, self._edge.scheduler.batching, model, version)

    async def statistics(self, _request: Request, model: str, version: str | None) -> Response:
        """Count what a model has done since the service started."""
        return await self._told(protocol.statistics, self._services, self._edge.statistics, model, version)

    async def all_statistics(self) -> Response:
        """Count what every model has done since the service started."""
        return await self._told(protocol.statistics, self._services, self._edge.statistics, None, None)

    async def infer(self, request: Request, model: str, version: str | None) -> Response:
        """Predict from tensors in JSON, or in binary behind the JSON.

        Binary tensors follow the protocol's extension, with the header `Inference-Header-Content-Length`. Request
        bodies may be compressed (gzip, deflate); an answer is compressed if the request names exactly one of these.
        The header `X-Request-Timeout` (seconds) and the parameter `timeout` (microseconds) each set a deadline for the
        whole request; the parameter `priority` is 1 (first) to 9 (last), 5 if it is not given.
        """
        payload = await self._infer(request.scope["state"], request.receive, model, version)
        return Response(payload.body, headers={name.decode(): value.decode() for name, value in payload.headers})

    async def _told(self, tell: Callable[P, BaseModel], *args: P.args, **kwargs: P.kwargs) -> Response:
        return answer(await self._lane.run(tell, *args, **kwargs))


def _infer_description() -> Options:
    """What the infer route says of itself in the interface's description."""
    description = body(schemas.InferRequest)
    description["requestBody"]["content"] |= BYTES
    return {
        "response_model": schemas.InferResponse,
        "responses": responses(404, 413, 415, 504, others={200: {"content": BYTES}}),
        "openapi_extra": description,
    }

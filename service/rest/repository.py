"""`/v2/repository`: which models can be asked, and taking them out of service and back."""

import orjson
from fastapi import APIRouter, Request, Response

from api_schemas.rest import protocol as schemas
from service.edge import repository
from service.edge.context import EdgeContext
from service.edge.validation import validated
from service.rest.answers import JSON, Options, body, responses
from service.rest.bodies import parsed, read_body
from service.rest.coding import decompressed
from service.rest.head import Head
from service.rest.members import each_once
from service.rest.parameters import ModelName

LARGEST_WISH = 64 << 10
EMPTY = b"{}"


class RepositoryRoutes:
    """Index, load and unload; clients take no answer but 200 for a success."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._repository = edge.services.repository
        self._lane = edge.lanes.storage

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Inference protocol"])
        common: Options = {"methods": ["POST"], "responses": responses(404, 413)}
        wish = body(schemas.RepositoryRequest, required=False)
        router.add_api_route(
            "/v2/repository/index",
            self.index,
            response_model=list[schemas.ModelIndex],
            openapi_extra=body(schemas.IndexRequest, required=False),
            **common,
        )
        router.add_api_route("/v2/repository/models/{model:name}/load", self.load, openapi_extra=wish, **common)
        router.add_api_route("/v2/repository/models/{model:name}/unload", self.unload, openapi_extra=wish, **common)
        return router

    async def index(self, request: Request) -> Response:
        """List every version with its state; with `{"ready": true}` only those that can be asked."""
        wanted = await self._wish(request, schemas.IndexRequest)
        found = await self._lane.run(self._repository.index, ready=bool(wanted.ready))
        return Response(orjson.dumps([entry.model_dump() for entry in repository.index(found)]), media_type=JSON)

    async def load(self, request: Request, model: ModelName) -> Response:
        """Put a model in service, its newest version in memory and warm."""
        repository.check_load((await self._wish(request, schemas.RepositoryRequest)).parameters or {})
        await self._edge.lanes.bulk.run(self._repository.load, model)
        return Response(EMPTY, media_type=JSON)

    async def unload(self, request: Request, model: ModelName) -> Response:
        """Take a model out of service: what runs is answered, what comes is refused."""
        repository.check_unload((await self._wish(request, schemas.RepositoryRequest)).parameters or {})
        await self._lane.run(self._repository.unload, model)
        return Response(EMPTY, media_type=JSON)

    async def _wish(self, request: Request, schema: type[schemas.Wish]) -> schemas.Wish:
        """What the body says; nothing is said by an empty one, and any content type is taken, as everywhere in V2."""
        raw = decompressed(await read_body(request, LARGEST_WISH), Head(request.scope["headers"]), LARGEST_WISH)
        return validated(each_once(raw, parsed(raw or EMPTY)), schema)

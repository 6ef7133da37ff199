"""`/v1/models/{model}/aliases`: names that point at versions."""

from fastapi import APIRouter, Request, Response

from api_schemas.rest.registry import Alias, AliasRequest
from service.edge import model_views
from service.edge.context import EdgeContext
from service.rest.answers import answer, body, responses
from service.rest.bodies import read_json
from service.rest.parameters import AliasName, IdempotencyKey, ModelName

ALIAS = "/v1/models/{model:name}/aliases/{alias:name}"
LARGEST_ALIAS = 1 << 10


class AliasRoutes:
    """Points aliases, rolls them back, tells their story and forgets them."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._aliases = edge.services.aliases
        self._lane = edge.lanes.storage

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Models"])
        router.add_api_route(ALIAS, self.get, response_model=Alias, responses=responses(404), name="alias")
        router.add_api_route(
            ALIAS,
            self.point,
            methods=["PUT"],
            response_model=Alias,
            responses=responses(404, 413, 415, 422),
            openapi_extra=body(AliasRequest),
        )
        router.add_api_route(
            f"{ALIAS}:rollback",
            self.roll_back,
            methods=["POST"],
            response_model=Alias,
            responses=responses(404, 409, 422),
        )
        router.add_api_route(ALIAS, self.remove, methods=["DELETE"], status_code=204, responses=responses(404))
        return router

    async def get(self, model: ModelName, alias: AliasName) -> Response:
        """Show where an alias points, where `:rollback` would point it, and its last changes."""
        return answer(model_views.alias(await self._lane.run(self._aliases.get, model, alias)))

    async def point(self, request: Request, model: ModelName, alias: AliasName) -> Response:
        """Promote: point an alias at a version, in place of whatever it pointed at."""
        wanted = await read_json(request, AliasRequest, LARGEST_ALIAS, self._lane)
        return answer(model_views.alias(await self._lane.run(self._aliases.point, model, alias, wanted.version)))

    async def roll_back(self, model: ModelName, alias: AliasName, idempotency_key: IdempotencyKey = None) -> Response:
        """Point an alias where it pointed before; once more leads one step further back."""
        found = await self._lane.run(self._aliases.roll_back, model, alias, idempotency_key)
        return answer(model_views.alias(found))

    async def remove(self, model: ModelName, alias: AliasName) -> Response:
        """Forget an alias."""
        await self._lane.run(self._aliases.remove, model, alias)
        return Response(status_code=204)

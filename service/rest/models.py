"""`/v1/models`: what is published."""

from fastapi import APIRouter, Request, Response

from api_schemas.rest.models import AliasRequest, Model, ModelVersion
from api_schemas.rest.schema import Page
from service.edge import views
from service.edge.context import EdgeContext
from service.edge.versions import exact
from service.rest.answers import answer, body, responses
from service.rest.bodies import read_json
from service.rest.parameters import AliasName, ModelName, PageParameters, VersionReference

VERSION, ALIAS = "/versions/{version:name}", "/aliases/{alias:name}"
LARGEST_ALIAS = 1 << 10


class ModelRoutes:
    """Shows and removes models and versions, points aliases."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._catalogue = edge.services.catalogue
        self._lane = edge.lanes.storage

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Models"])
        one = "/v1/models/{model:name}"
        version, alias = one + VERSION, one + ALIAS
        found, kept = responses(404), responses(404, 409, 422)
        router.add_api_route("/v1/models", self.list, response_model=Page[Model], responses=responses(422))
        router.add_api_route(one, self.get, response_model=Model, responses=found)
        router.add_api_route(one, self.remove, methods=["DELETE"], status_code=204, responses=found)
        router.add_api_route(
            f"{one}/versions", self.versions, response_model=Page[ModelVersion], responses=responses(404, 422)
        )
        router.add_api_route(version, self.version, response_model=ModelVersion, responses=found)
        router.add_api_route(version, self.remove_version, methods=["DELETE"], status_code=204, responses=kept)
        router.add_api_route(
            alias,
            self.set_alias,
            methods=["PUT"],
            response_model=Model,
            responses=responses(404, 413, 415, 422),
            openapi_extra=body(AliasRequest),
        )
        router.add_api_route(alias, self.remove_alias, methods=["DELETE"], status_code=204, responses=found)
        return router

    async def list(self, page: PageParameters) -> Response:
        """List models, newest first."""
        return answer(views.page(await self._lane.run(self._catalogue.models, page), views.model))

    async def get(self, model: ModelName) -> Response:
        """Show one model with its newest version."""
        return answer(views.model(await self._lane.run(self._catalogue.model, model)))

    async def remove(self, model: ModelName) -> Response:
        """Remove a model with all its versions and aliases."""
        await self._lane.run(self._catalogue.remove_model, model)
        return Response(status_code=204)

    async def versions(self, model: ModelName, page: PageParameters) -> Response:
        """List a model's versions, newest first."""
        return answer(views.page(await self._lane.run(self._catalogue.versions, model, page), views.version))

    async def version(self, model: ModelName, version: VersionReference) -> Response:
        """Show one version: its spec, metrics and lineage."""
        return answer(views.version(await self._lane.run(self._catalogue.version, model, version)))

    async def remove_version(self, model: ModelName, version: VersionReference) -> Response:
        """Remove a version that no alias points at."""
        await self._lane.run(self._catalogue.remove_version, model, exact(version))
        return Response(status_code=204)

    async def set_alias(self, request: Request, model: ModelName, alias: AliasName) -> Response:
        """Point an alias at a version, in place of whatever it pointed at."""
        wanted = await read_json(request, AliasRequest, LARGEST_ALIAS, self._lane)
        return answer(views.model(await self._lane.run(self._catalogue.set_alias, model, alias, wanted.version)))

    async def remove_alias(self, model: ModelName, alias: AliasName) -> Response:
        """Forget an alias."""
        await self._lane.run(self._catalogue.remove_alias, model, alias)
        return Response(status_code=204)

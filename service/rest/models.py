"""`/v1/models`: what is published."""

from fastapi import APIRouter, Request, Response

from api_schemas.rest.models import Model, ModelVersion
from api_schemas.rest.registry import AnnotationChange, ModelChange
from api_schemas.rest.schema import Page
from service.edge import model_views, views
from service.edge.context import EdgeContext
from service.edge.model_changes import annotation_change, keeping
from service.edge.versions import exact
from service.rest.answers import Options, answer, body, responses
from service.rest.bodies import read_json
from service.rest.parameters import ModelName, PageParameters, VersionReference

VERSION = "/versions/{version:name}"
LARGEST_CHANGE = 128 << 10


class ModelRoutes:
    """Shows, annotates and removes models and versions."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._catalogue = edge.services.catalogue
        self._lane = edge.lanes.storage

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Models"])
        one = "/v1/models/{model:name}"
        version = one + VERSION
        found, kept = responses(404), responses(404, 409, 422)
        router.add_api_route("/v1/models", self.list, response_model=Page[Model], responses=responses(422))
        router.add_api_route(one, self.get, response_model=Model, responses=found)
        router.add_api_route(one, self.remove, methods=["DELETE"], status_code=204, responses=responses(404, 409))
        router.add_api_route(
            f"{one}/versions", self.versions, response_model=Page[ModelVersion], responses=responses(404, 422)
        )
        router.add_api_route(version, self.version, response_model=ModelVersion, responses=found)
        router.add_api_route(version, self.remove_version, methods=["DELETE"], status_code=204, responses=kept)
        patched: Options = {"methods": ["PATCH"], "responses": responses(404, 413, 415, 422)}
        of_model, of_version = body(ModelChange), body(AnnotationChange)
        router.add_api_route(one, self.annotate, response_model=Model, openapi_extra=of_model, **patched)
        router.add_api_route(
            version, self.annotate_version, response_model=ModelVersion, openapi_extra=of_version, **patched
        )
        return router

    async def list(self, page: PageParameters) -> Response:
        """List models, newest first."""
        return answer(views.page(await self._lane.run(self._catalogue.models, page), model_views.model))

    async def get(self, model: ModelName) -> Response:
        """Show one model with its newest version."""
        return answer(model_views.model(await self._lane.run(self._catalogue.model, model)))

    async def remove(self, model: ModelName) -> Response:
        """Remove a model with all its versions and aliases."""
        await self._lane.run(self._catalogue.remove_model, model)
        return Response(status_code=204)

    async def versions(self, model: ModelName, page: PageParameters) -> Response:
        """List a model's versions, newest first."""
        return answer(views.page(await self._lane.run(self._catalogue.versions, model, page), model_views.version))

    async def version(self, model: ModelName, version: VersionReference) -> Response:
        """Show one version: its spec, metrics and lineage, and what is said of it."""
        return answer(model_views.version(await self._lane.run(self._catalogue.described, model, version)))

    async def remove_version(self, model: ModelName, version: VersionReference) -> Response:
        """Remove a version that no alias points at."""
        await self._lane.run(self._catalogue.remove_version, model, exact(version))
        return Response(status_code=204)

    async def annotate(self, request: Request, model: ModelName) -> Response:
        """Change a model's notes, its tags, and how many versions are kept; what is left out stays."""
        wanted = await read_json(request, ModelChange, LARGEST_CHANGE, self._lane)
        annotate = self._catalogue.annotate_model
        found = await self._lane.run(annotate, model, annotation_change(wanted), keeping(wanted))
        return answer(model_views.model(found))

    async def annotate_version(self, request: Request, model: ModelName, version: VersionReference) -> Response:
        """Change a version's notes and tags; what is left out stays."""
        wanted = await read_json(request, AnnotationChange, LARGEST_CHANGE, self._lane)
        found = await self._lane.run(self._catalogue.annotate_version, model, version, annotation_change(wanted))
        return answer(model_views.version(found))

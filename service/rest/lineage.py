"""`.../lineage` of datasets and versions."""

from fastapi import APIRouter, Response

from api_schemas.rest.lineage import DatasetLineage, ModelVersionLineage
from service.edge import lineage_views
from service.edge.context import EdgeContext
from service.rest.answers import answer, responses
from service.rest.parameters import DatasetReference, ModelName, VersionReference


class LineageRoutes:
    """Tells what became of datasets, and where versions come from."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._lineage = edge.services.lineage
        self._lane = edge.lanes.storage

    def router(self) -> APIRouter:
        """The routes."""
        router, found = APIRouter(), responses(404)
        router.add_api_route(
            "/v1/datasets/{dataset:name}/lineage",
            self.of_dataset,
            response_model=DatasetLineage,
            responses=found,
            tags=["Datasets"],
        )
        router.add_api_route(
            "/v1/models/{model:name}/versions/{version:name}/lineage",
            self.of_version,
            response_model=ModelVersionLineage,
            responses=found,
            tags=["Models"],
        )
        return router

    async def of_dataset(self, dataset: DatasetReference) -> Response:
        """Show the jobs that trained on a dataset's content, and the models and versions that came of it."""
        return answer(lineage_views.of_dataset(await self._lane.run(self._lineage.of_dataset, dataset)))

    async def of_version(self, model: ModelName, version: VersionReference) -> Response:
        """Show a version's dataset, job and parent, the versions behind it, and the jobs that trained it again."""
        return answer(lineage_views.of_version(await self._lane.run(self._lineage.of_version, model, version)))

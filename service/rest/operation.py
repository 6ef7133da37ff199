"""`/metrics`: what the service counts of itself."""

from fastapi import APIRouter, Response

from service.edge.context import EdgeContext
from service.rest.answers import responses
from service.telemetry.metrics import CONTENT_TYPE

TEXT = {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}


class OperationRoutes:
    """For whoever runs the service."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Operation"])
        router.add_api_route("/metrics", self.metrics, response_class=Response, responses=responses(others={200: TEXT}))
        return router

    async def metrics(self) -> Response:
        """Counters and times for Prometheus."""
        text = await self._edge.lanes.storage.run(self._edge.metrics.text)
        return Response(text, headers={"Content-Type": CONTENT_TYPE})

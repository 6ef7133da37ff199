"""`/v1/datasets`."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api_schemas.rest.dataset_reports import Comparison, ComparisonRequest
from api_schemas.rest.datasets import Dataset, DatasetPreview
from api_schemas.rest.schema import NAME_PATTERN, Page
from service.domain import datasets as domain
from service.domain.datasets import Upload
from service.edge import dataset_views, views
from service.edge.context import EdgeContext
from service.errors import UnsupportedFormat
from service.rest.answers import Description, answer, body, created, location, responses
from service.rest.bodies import announced_size, bounded, chunks, read_json
from service.rest.multipart import LONGEST_OTHERS, FilePart
from service.rest.parameters import DatasetReference, IdempotencyKey, PageParameters
from service.rest.reading import ReadingParameters

FILE: Description = {
    "requestBody": {
        "required": True,
        "description": "The file as it is, or as the part `file` of a multipart body.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


class DatasetRoutes:
    """Uploads, shows and removes datasets."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._datasets = edge.services.datasets

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Datasets"])
        one = "/v1/datasets/{dataset:name}"
        there = {200: {"model": Dataset, "description": "It was there already."}}
        kept = responses(409, 413, 415, 422, 507, others=there)
        router.add_api_route(
            "/v1/datasets:preview",
            self.preview,
            methods=["POST"],
            response_model=DatasetPreview,
            responses=responses(413, 415, 422, 507),
            openapi_extra=FILE,
        )
        router.add_api_route(
            "/v1/datasets",
            self.create,
            methods=["POST"],
            status_code=201,
            response_model=Dataset,
            responses=kept,
            openapi_extra=FILE,
        )
        router.add_api_route("/v1/datasets", self.list, response_model=Page[Dataset], responses=responses(422))
        router.add_api_route(one, self.get, response_model=Dataset, responses=responses(404), name="dataset")
        router.add_api_route(one, self.remove, methods=["DELETE"], status_code=204, responses=responses(404, 409))
        router.add_api_route(
            f"{one}:compare",
            self.compare,
            methods=["POST"],
            response_model=Comparison,
            responses=responses(404, 422),
            openapi_extra=body(ComparisonRequest),
        )
        return router

    async def create(
        self,
        request: Request,
        name: Annotated[str, Query(pattern=NAME_PATTERN, description="The dataset's name.")],
        reading: ReadingParameters,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Upload a file and keep it as a dataset.

        The same content under the same name answers what is there, so an upload can safely be repeated.
        """
        async with self._upload(request) as upload:
            record, new = await self._edge.lanes.bulk.run(self._datasets.add, name, upload, reading, idempotency_key)
        return created(await self._view(record), location(request, "dataset", dataset=record.id), new=new)

    async def preview(
        self,
        request: Request,
        reading: ReadingParameters,
        name: Annotated[
            str | None, Query(pattern=NAME_PATTERN, description="As an upload has it; nothing is kept under it.")
        ] = None,
    ) -> Response:
        """Tell what would be understood of a file, and keep nothing; it takes what an upload takes."""
        del name
        async with self._upload(request) as upload:
            report = await self._edge.lanes.bulk.run(self._datasets.preview, upload, reading)
        return answer(dataset_views.preview(report))

    async def list(self, page: PageParameters) -> Response:
        """List datasets, newest first."""
        records = await self._edge.lanes.storage.run(self._datasets.list, page)
        return answer(views.page(records, dataset_views.listed))

    async def get(self, dataset: DatasetReference) -> Response:
        """Show one dataset."""
        return answer(await self._view(await self._edge.lanes.storage.run(self._datasets.get, dataset)))

    async def remove(self, dataset: DatasetReference) -> Response:
        """Remove a dataset that no unfinished job needs."""
        await self._edge.lanes.storage.run(self._datasets.remove, dataset)
        return Response(status_code=204)

    async def compare(self, request: Request, dataset: DatasetReference) -> Response:
        """Compare with another dataset: cases and groups that stand in both, and what only one of them has."""
        wanted = await read_json(request, ComparisonRequest, self._edge.max_body_bytes, self._edge.lanes.storage)
        found = await self._edge.lanes.bulk.run(self._datasets.compare, dataset, wanted.dataset)
        return answer(dataset_views.comparison(found))

    async def _view(self, record: domain.Dataset) -> Dataset:
        models = await self._edge.lanes.storage.run(self._edge.services.lineage.models_of, record.digest)
        return dataset_views.dataset(record, models)

    @asynccontextmanager
    async def _upload(self, request: Request) -> AsyncIterator[Upload]:
        """The body's file, on disk as long as the context lasts."""
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedFormat("Send the file as it is, without Content-Encoding.")
        content_type = request.headers.get("content-type")
        part = FilePart(content_type) if content_type and _is_multipart(content_type) else None
        async with self._spooled(request, part) as upload:
            if part is None:
                yield replace(upload, content_type=content_type)
            else:
                yield replace(upload, content_type=part.content_type, filename=part.filename)

    def _spooled(self, request: Request, part: FilePart | None) -> AbstractAsyncContextManager[Upload]:
        spool = self._edge.spool
        if part is None:
            spool.check_announced(announced_size(request))
            return spool.take(chunks(request))
        return spool.take(part.content(bounded(chunks(request), spool.limit + LONGEST_OTHERS)))


def _is_multipart(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/")

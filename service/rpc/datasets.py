"""The dataset methods of `wavetap.v1.TrainingService`."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from google.protobuf import empty_pb2

from api_schemas.generated import wavetap_pb2 as pb
from service.domain.datasets import ROLES, Dataset, Reading, Upload
from service.edge import dataset_views, views
from service.edge.context import EdgeContext
from service.errors import InvalidRequest
from service.rpc.http2.call import Call
from service.rpc.messages import message, page_request

Chunks = AsyncIterator[pb.UploadChunk]


class DatasetMethods:
    """Uploads, shows and removes datasets."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._datasets = edge.services.datasets
        self._lane = edge.lanes.storage

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {
            "CreateDataset": self.create,
            "PreviewDataset": self.preview,
            "ListDatasets": self.list,
            "GetDataset": self.get,
            "DeleteDataset": self.remove,
            "CompareDatasets": self.compare,
        }

    async def create(self, chunks: Chunks, _call: Call) -> pb.Dataset:
        """Keep the streamed file as a dataset."""
        header = await _header(chunks)
        async with self._upload(header, chunks) as upload:
            add = self._datasets.add
            key = header.idempotency_key or None
            record, _ = await self._edge.lanes.bulk.run(add, header.name, upload, _reading(header), key)
        return await self._message(record)

    async def preview(self, chunks: Chunks, _call: Call) -> pb.Dataset:
        """Tell what would be understood of the streamed file."""
        header = await _header(chunks)
        async with self._upload(header, chunks) as upload:
            report = await self._edge.lanes.bulk.run(self._datasets.preview, upload, _reading(header))
        return message(dataset_views.preview(report), pb.Dataset())

    async def list(self, request: pb.ListRequest, _call: Call) -> pb.DatasetPage:
        """List datasets, newest first."""
        records = await self._lane.run(self._datasets.list, page_request(request))
        return message(views.page(records, dataset_views.listed), pb.DatasetPage())

    async def get(self, request: pb.DatasetRequest, _call: Call) -> pb.Dataset:
        """Show one dataset."""
        return await self._message(await self._lane.run(self._datasets.get, request.dataset))

    async def remove(self, request: pb.DatasetRequest, _call: Call) -> empty_pb2.Empty:
        """Remove a dataset that no unfinished job needs."""
        await self._lane.run(self._datasets.remove, request.dataset)
        return empty_pb2.Empty()

    async def compare(self, request: pb.CompareDatasetsRequest, _call: Call) -> pb.DatasetComparison:
        """Compare two datasets: cases and groups that stand in both, and what only one of them has."""
        found = await self._edge.lanes.bulk.run(self._datasets.compare, request.dataset, request.other)
        return message(dataset_views.comparison(found), pb.DatasetComparison())

    async def _message(self, record: Dataset) -> pb.Dataset:
        models = await self._lane.run(self._edge.services.lineage.models_of, record.digest)
        return message(dataset_views.dataset(record, models), pb.Dataset())

    @asynccontextmanager
    async def _upload(self, header: pb.UploadHeader, chunks: Chunks) -> AsyncIterator[Upload]:
        async with self._edge.spool.take(_content(chunks)) as upload:
            yield replace(upload, content_type=header.content_type or None, filename=header.filename or None)


async def _header(chunks: Chunks) -> pb.UploadHeader:
    first = await anext(chunks, None)
    if first is None or not first.HasField("header"):
        raise InvalidRequest("The first message of an upload holds its header.")
    return first.header


async def _content(chunks: Chunks) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if chunk.HasField("header"):
            raise InvalidRequest("Only the first message of an upload holds a header.")
        yield chunk.content


def _reading(header: pb.UploadHeader) -> Reading:
    roles = {role: getattr(header, role) for role in ROLES if header.HasField(role)}
    return Reading(
        **roles,
        format=header.format or None,
        channels=tuple(header.channels),
        form=header.form or None,
        header=header.header if header.HasField("header") else None,
    )

"""`/v1/models/{model}/docs` and `/openapi.json`: what one model takes and gives, with commands that run."""

from collections.abc import Iterable
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api_schemas.rest.protocol import ModelMetadata
from service.domain.models import ModelVersion
from service.edge.context import EdgeContext
from service.edge.curl import commands
from service.edge.example import Example, example
from service.edge.protocol import model_metadata
from service.rest.answers import responses
from service.rest.model_openapi import model_openapi
from service.rest.parameters import ModelName

MODEL = "/v1/models/{model:name}"
Version = Annotated[str | None, Query(max_length=128, description="A number or an alias; by default the newest.")]
PAGE = {"description": "A page for people.", "content": {"text/html": {"schema": {"type": "string"}}}}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Names that were uploaded stand on the page: nothing on it may run or load."""
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}"
    "pre{background:#f4f4f4;padding:1rem;overflow:auto;max-height:24rem}"
)


class ModelPageRoutes:
    """A page and a description for each model."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Models"])
        router.add_api_route(f"{MODEL}/openapi.json", self.openapi, responses=responses(404))
        page = responses(404, others={200: PAGE})
        router.add_api_route(f"{MODEL}/docs", self.docs, response_class=Response, responses=page)
        return router

    async def openapi(self, request: Request, model: ModelName, version: Version = None) -> dict[str, Any]:
        """Describe one model in OpenAPI: its real shapes, the names of its channels and labels, and an example."""
        return model_openapi(await self._example(model, version), _base(request), keyed=not self._edge.access.open)

    async def docs(self, request: Request, model: ModelName, version: Version = None) -> Response:
        """Show one model to people: what it takes and gives, and commands that ask it."""
        shown = await self._example(model, version)
        number = str(shown.version.number)
        services = self._edge.services
        metadata = await self._edge.lanes.storage.run(model_metadata, services, model, number)
        asked = commands(shown, _base(request), keyed=not self._edge.access.open)
        return Response(_page(shown, metadata, asked), media_type="text/html", headers=HEADERS)

    async def _example(self, model: str, reference: str | None) -> Example:
        return await self._edge.lanes.storage.run(self._made, model, reference)

    def _made(self, model: str, reference: str | None) -> Example:
        return example(*self._edge.services.exports.pipeline(model, reference))


def _base(request: Request) -> str:
    """Where the caller reached the service; the gate has checked the Host."""
    return f"{request.url.scheme}://{request.headers['host']}"


def _page(shown: Example, metadata: ModelMetadata, asked: Iterable[tuple[str, str]]) -> str:
    version, signature = shown.version, shown.version.draft.signature
    title = f"{version.model}, version {version.number}"
    facts = {
        "Task": signature.task,
        "Channels": ", ".join(signature.channels),
        "Length": "any" if signature.length is None else signature.length,
        "Labels": ", ".join(signature.classes or ()) or None,
        "Horizon": signature.horizon,
        "Windows": _windows(version),
        "Quantiles": ", ".join(f"{quantile:g}" for quantile in signature.quantiles or ()) or None,
        "Metrics": ", ".join(f"{name} {value}" for name, value in version.draft.metrics.items()),
        "Published": version.created_at.isoformat(timespec="seconds"),
    }
    told = _table((name, value) for name, value in facts.items() if value is not None)
    shapes = _table(
        (way, tensor.name, tensor.datatype, ", ".join(map(str, tensor.shape)))
        for way, tensors in (("in", metadata.inputs), ("out", metadata.outputs))
        for tensor in tensors
    )
    blocks = "".join(f"<h2>{escape(name)}</h2><pre>{escape(command)}</pre>" for name, command in asked)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{escape(title)}</h1>{told}<h2>Tensors</h2>{shapes}{blocks}</html>"
    )


def _windows(version: ModelVersion) -> str | None:
    """How series are cut, and how many windows it was trained on."""
    signature, counted = version.draft.signature, version.draft.lineage.get("windows")
    if signature.window is None:
        return None
    apart = "" if signature.stride is None else f", one every {signature.stride}, their answers averaged"
    told = "" if counted is None else f" ({counted['training']} to train on, {counted['validation']} to validate on)"
    return f"of {signature.window} steps{apart}{told}"


def _table(rows: Iterable[Iterable[object]]) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{cells}</table>"

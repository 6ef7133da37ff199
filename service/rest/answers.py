"""How routes answer, and how their answers are described in the interface's description."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api_schemas.rest.problems import Problem
from service.rest.problems import MEDIA_TYPE

JSON = "application/json"
EVERYWHERE = (400, 401, 403, 500, 503)
"""What any route may answer: an odd request, no key, another site's page, a fault of ours, too much at once."""

Description = dict[str, Any]
"""A part of the interface's description."""
Options = dict[str, Any]
"""Keyword arguments of `add_api_route`."""
Responses = dict[int | str, Description]


def answer(view: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A view as JSON; numbers that are not finite are null."""
    return Response(view.model_dump_json(), status, dict(headers or {}), JSON)


def created(view: BaseModel, location: str, *, new: bool) -> Response:
    """201 with the place of what was made, or 200 if it was there before."""
    return answer(view, 201 if new else 200, {"Location": location})


def location(request: Request, name: str, **parameters: str) -> str:
    """The path of a route by its name."""
    return str(request.app.url_path_for(name, **parameters))


def responses(*problems: int, others: Mapping[int, Description] | None = None) -> Responses:
    """What a route may answer: the problems named, those of any route, and what is described apart."""
    described: Responses = {status: _problem(status) for status in sorted({*problems, *EVERYWHERE})}
    return described | dict(others or {})


def body(schema: type[BaseModel], *, required: bool = True) -> Description:
    """The description of a JSON body that a route reads by itself."""
    return {"requestBody": {"required": required, "content": {JSON: {"schema": reference(schema)}}}}


def reference(schema: type[BaseModel]) -> dict[str, str]:
    """Where a schema stands in the description; `description.py` puts it there."""
    return {"$ref": f"#/components/schemas/{schema.__name__}"}


def _problem(status: int) -> Description:
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": reference(Problem)}}}

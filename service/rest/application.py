"""The HTTP application: routes, errors, and the gate before them."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp

from service.edge.context import EdgeContext
from service.edge.validation import refusal
from service.errors import Code, InternalError, ServiceError
from service.release import release
from service.rest.aliases import AliasRoutes
from service.rest.asked import hold
from service.rest.datasets import DatasetRoutes
from service.rest.description import describe
from service.rest.exports import ExportRoutes
from service.rest.gate import Gate
from service.rest.infer import Infer
from service.rest.inference import InferenceRoutes
from service.rest.lineage import LineageRoutes
from service.rest.model_page import ModelPageRoutes
from service.rest.models import ModelRoutes
from service.rest.operation import OperationRoutes
from service.rest.parameters import know_segments
from service.rest.problems import CODES, HINTS, problem, problem_of, protocol_problem
from service.rest.repository import RepositoryRoutes
from service.rest.shortcut import Shortcut
from service.rest.training_jobs import TrainingJobRoutes
from service.rest.v2 import ProtocolRoutes

ROUTES = (
    DatasetRoutes,
    TrainingJobRoutes,
    ModelRoutes,
    AliasRoutes,
    LineageRoutes,
    ExportRoutes,
    ModelPageRoutes,
    InferenceRoutes,
    ProtocolRoutes,
    RepositoryRoutes,
    OperationRoutes,
)
PROTOCOL = "/v2"


def application(edge: EdgeContext) -> ASGIApp:
    """Everything that uvicorn serves."""
    return Gate(Shortcut(routes(edge), Infer(edge)), edge)


def routes(edge: EdgeContext) -> FastAPI:
    """The routes with their description, without the gate."""
    know_segments()
    routes = FastAPI(
        version=release(),
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        exception_handlers={
            ServiceError: _on_service_error,
            RequestValidationError: _on_invalid_parameters,
            HTTPException: _on_framework_error,
            Exception: _on_fault,
        },
    )
    routes.openapi = describe(routes)  # type: ignore[method-assign]  # the framework's own way to change it
    for resource in ROUTES:
        for route in resource(edge).router().routes:
            if isinstance(route, APIRoute):
                hold(route)
            routes.router.routes.append(route)
    return routes


async def _on_service_error(request: Request, error: ServiceError) -> Response:
    told = protocol_problem if request.url.path.startswith(PROTOCOL) else problem_of
    return told(error, request.state.request_id)


async def _on_invalid_parameters(request: Request, error: RequestValidationError) -> Response:
    faults = [{"loc": fault["loc"][1:], "msg": fault["msg"]} for fault in error.errors()]
    return await _on_service_error(request, refusal(faults))


async def _on_framework_error(request: Request, error: HTTPException) -> Response:
    """What the framework refuses by itself: no such route, no such method, a form it cannot read."""
    code = CODES.get(error.status_code, Code.UNKNOWN)
    message = HINTS.get(error.status_code, "The request cannot be taken.")
    headers = {"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    return problem(error.status_code, code, message, (), request.state.request_id, headers)


async def _on_fault(request: Request, _error: Exception) -> Response:
    """A fault of ours; the framework raises it again behind this, and the gate logs it."""
    return problem_of(InternalError("Something went wrong on our side."), request.state.request_id)


def _allowed(request: Request) -> str:
    """The methods of every route of the path; the framework names those of the first one only."""
    methods: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods
    return ", ".join(sorted(methods))

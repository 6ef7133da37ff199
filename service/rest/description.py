"""The interface's description (OpenAPI): FastAPI's, with the schemas of bodies that routes read by themselves."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api_schemas.rest.dataset_reports import ComparisonRequest
from api_schemas.rest.inference import EvaluateRequest, PredictRequest
from api_schemas.rest.problems import Problem
from api_schemas.rest.protocol import IndexRequest, InferRequest, RepositoryRequest
from api_schemas.rest.registry import AliasRequest, AnnotationChange, ModelChange
from api_schemas.rest.training_jobs import ResumeRequest, TrainingJobRequest
from service.rest import spec_description
from service.rest.answers import responses
from service.rest.asked import OURS
from service.rest.gate import PUBLIC

TITLE = "Wavetap"
SUMMARY = "Trains, serves and exports convolutional networks for time series."
DESCRIPTION = """
Upload a dataset, train a model on it, predict with it: over `/v1` in plain JSON, over `/v2` in the Open Inference
Protocol. Every error is a problem (RFC 9457) that names what was wrong and what would be accepted.
"""
TAGS = [
    {"name": "Datasets", "description": "Immutable, checked sets of series."},
    {"name": "Training jobs", "description": "From a dataset to a model version; they survive a restart."},
    {"name": "Models", "description": "Published versions, aliases and ONNX files."},
    {"name": "Predictions", "description": "Predictions and evaluations in plain JSON."},
    {"name": "Inference protocol", "description": "The Open Inference Protocol (V2), as KServe and Triton speak it."},
    {"name": "Operation", "description": "For whoever runs the service."},
]
READ_BY_ROUTES: tuple[type[BaseModel], ...] = (
    ComparisonRequest,
    TrainingJobRequest,
    ResumeRequest,
    AliasRequest,
    AnnotationChange,
    ModelChange,
    PredictRequest,
    EvaluateRequest,
    InferRequest,
    IndexRequest,
    RepositoryRequest,
    Problem,
)
KEY = {"type": "http", "scheme": "bearer", "description": "WAVETAP_API_KEY; on loopback without a key, none."}
REFERENCE = "#/components/schemas/{model}"


def describe(application: FastAPI) -> Callable[[], dict[str, Any]]:
    """A function that makes the description once, when it is first asked for."""

    def described() -> dict[str, Any]:
        if application.openapi_schema is None:
            application.openapi_schema = _description(application)
        return application.openapi_schema

    return described


def _description(application: FastAPI) -> dict[str, Any]:
    description = get_openapi(
        title=TITLE,
        version=application.version,
        summary=SUMMARY,
        description=DESCRIPTION.strip(),
        routes=application.routes,
        tags=TAGS,
    )
    _, definitions = models_json_schema([(schema, "validation") for schema in READ_BY_ROUTES], ref_template=REFERENCE)
    components = description.setdefault("components", {})
    schemas = {**components.get("schemas", {}), **definitions["$defs"], **spec_description.schemas()}
    spec_description.refine(schemas[TrainingJobRequest.__name__])
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {"key": KEY}
    description["security"] = [{"key": []}]
    for path in PUBLIC & description["paths"].keys():
        for operation in description["paths"][path].values():
            operation["security"] = []
    _without_framework_errors(description)
    _with_refusals(description)
    return description


def _with_refusals(description: dict[str, Any]) -> None:
    """Any of our routes refuses a query parameter that it does not know, or a body where it takes none."""
    for path, operations in description["paths"].items():
        if path.startswith(OURS):
            for operation in operations.values():
                operation["responses"].setdefault("422", responses(422)[422])


def _without_framework_errors(description: dict[str, Any]) -> None:
    """Our 422 is a problem like any other; FastAPI also adds its own shape where a route has parameters."""
    for operations in description["paths"].values():
        for operation in operations.values():
            answer = operation["responses"].get("422", {})
            if "HTTPValidationError" in str(answer):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        description["components"]["schemas"].pop(name, None)

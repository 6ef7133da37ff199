"""What REST takes about training jobs, the command line takes as well."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

import pytest

from api_schemas.rest.training_jobs import ResumeRequest, TrainingJobRequest
from service.bootstrap import openapi
from service.cli.connection import Priority
from service.cli.models import reproduce_model
from service.cli.resources import list_jobs, resume_job
from service.cli.train import train
from service.domain.jobs import HIGHEST_PRIORITY, LOWEST_PRIORITY

OTHERWISE = {
    "dataset": "file",
    "network": "spec",
    "preprocessing": "spec",
    "training": "spec",
    "idempotency-key": "key",
}
"""By what other name the command line takes it."""

PAGES = {"limit", "cursor"}
"""Which it reads to the last."""

SUBMISSION, COPY = "/v1/training-jobs", "/v1/models/{model}/versions/{version}:reproduce"


def parameters(path: str, method: str) -> set[str]:
    operation: dict[str, Any] = openapi()["paths"][path][method]
    return {each["name"] for each in operation.get("parameters", ()) if each["in"] != "path"}


@pytest.mark.parametrize(
    ("command", "taken"),
    [
        (train, {*TrainingJobRequest.model_fields, *parameters(SUBMISSION, "post")}),
        (resume_job, set(ResumeRequest.model_fields)),
        (list_jobs, parameters(SUBMISSION, "get") - PAGES),
        (reproduce_model, parameters(COPY, "post")),
    ],
)
def test_nothing_is_left_out(command: Callable[..., None], taken: set[str]) -> None:
    assert taken
    assert {OTHERWISE.get(name, name) for name in taken} <= set(inspect.signature(command).parameters)


def test_a_priority_has_the_same_bounds() -> None:
    assert get_origin(Priority) is Annotated
    option = get_args(Priority)[1]
    assert (option.min, option.max) == (LOWEST_PRIORITY, HIGHEST_PRIORITY)

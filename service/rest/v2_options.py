"""What a body of the inference protocol says besides its tensors: outputs, deadline, priority."""

from collections.abc import Mapping
from typing import Any

from api_schemas.rest.protocol import InferRequest, RequestOutput
from service.edge.datatypes import refusal
from service.edge.prediction import InferOptions, Wanted
from service.edge.shared_memory import refuse_shared_memory


def options_of(request: InferRequest) -> InferOptions:
    """The options, or InvalidRequest with the parameter that is none."""
    outputs = tuple([_wanted(output, f"/outputs/{index}") for index, output in enumerate(request.outputs or ())])
    parameters = request.parameters or {}
    return InferOptions(
        outputs,
        request.id or "",
        binary=_flag(parameters, "binary_data_output", "") or False,
        timeout_seconds=_timeout(parameters),
        priority=number(parameters, "priority", "", least=0),
    )


def number(parameters: Mapping[str, Any], name: str, pointer: str, least: int) -> int | None:
    """A parameter that is a whole number; None if it is not there."""
    value = parameters.get(name)
    if value is not None and (type(value) is not int or value < least):
        raise refusal(f"{pointer}/parameters/{name}", f"{name} is a whole number from {least}.")
    return value


def _wanted(output: RequestOutput, pointer: str) -> Wanted:
    parameters = output.parameters or {}
    refuse_shared_memory(parameters, pointer)
    classes = number(parameters, "classification", pointer, least=1)
    return Wanted(output.name, _flag(parameters, "binary_data", pointer), classes or 0)


def _timeout(parameters: Mapping[str, Any]) -> float | None:
    """Seconds; 0 stands for none, as with the peers."""
    microseconds = number(parameters, "timeout", "", least=0)
    return microseconds / 1e6 if microseconds else None


def _flag(parameters: Mapping[str, Any], name: str, pointer: str) -> bool | None:
    value = parameters.get(name)
    if value is not None and type(value) is not bool:
        raise refusal(f"{pointer}/parameters/{name}", f"{name} is true or false.")
    return value

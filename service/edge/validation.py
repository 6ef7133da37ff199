"""Values checked against schemas: both protocols refuse the same things at the same places."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from model.training.fields import unknown
from service.errors import DETAILS_LISTED, Detail, InvalidRequest

S = TypeVar("S", bound=BaseModel)

WORDS: Mapping[str, str] = dict.fromkeys(
    ("model_type", "model_attributes_type", "dict_type"), "Input should be a JSON object"
)
"""Instead of pydantic's, which name classes."""
LONGEST_NAMED = 60
"""Characters of a name that is told back."""


def validated(value: object, schema: type[S]) -> S:
    """The value as a schema, or InvalidRequest with the first faults; nothing of the value is echoed."""
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise refusal([_translated(fault, value, tuple(schema.model_fields)) for fault in faults]) from None


def _translated(fault: Any, value: object, known: Sequence[str]) -> dict[str, Any]:  # noqa: ANN401  # pydantic's own
    """A fault in the words of JSON, at a place that is in the body: pydantic also names branches of its unions."""
    if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
        name = str(fault["loc"][0])
        return {"loc": (name[:LONGEST_NAMED],), "msg": unknown("member", name, known).removesuffix(".")}
    place: list[int | str] = []
    for part in fault["loc"]:
        if isinstance(value, dict) and (part in value or fault["type"] == "missing"):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
        else:
            break
        place.append(part)
    return {"loc": tuple(place), "msg": WORDS.get(fault["type"], fault["msg"])}


def refusal(faults: list[Any]) -> InvalidRequest:
    """An error from pydantic's list of faults."""
    details = [Detail(pointer(fault["loc"]), f"{fault['msg']}.") for fault in faults[:DETAILS_LISTED]]
    where = f" at {details[0].pointer}" if details[0].pointer else ""
    return InvalidRequest(f"The request is not valid{where}: {details[0].detail}", *details)


def pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901) from a path of keys and indices."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)

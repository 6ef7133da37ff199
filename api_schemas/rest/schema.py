"""What every schema shares: strict types, no unknown members, and the pattern of names."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")

NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"

DEEPEST = 64

Name = Annotated[
    str,
    Field(
        pattern=NAME_PATTERN,
        description="1 to 128 letters, digits, dots, underscores and hyphens.",
        examples=["gestures"],
    ),
]


def _shallow(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what is nested so deep that a recursive reader could run out of stack."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return value
    raise PydanticCustomError("nested_too_deeply", "At most {deepest} levels may be nested", {"deepest": DEEPEST})


JsonObject = Annotated[dict[str, Any], AfterValidator(_shallow)]


class Schema(BaseModel):
    """A JSON object whose members are exactly the ones named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Page(Schema, Generic[Item]):
    """Some items of a collection, newest first."""

    items: list[Item]
    next_cursor: str | None = Field(description="Hand it back as `cursor` for the next page; null on the last.")


def example(content: dict[str, Any]) -> ConfigDict:
    """The configuration of a schema that shows one example in the interface's description."""
    return ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [content]})

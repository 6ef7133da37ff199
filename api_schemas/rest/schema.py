"""What every schema shares: strict types, no unknown members, and the pattern of names."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Item = TypeVar("Item")

NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"

Name = Annotated[
    str,
    Field(
        pattern=NAME_PATTERN,
        description="1 to 128 letters, digits, dots, underscores and hyphens.",
        examples=["gestures"],
    ),
]
JsonObject = dict[str, JsonValue]


class Schema(BaseModel):
    """A JSON object whose members are exactly the ones named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Page(Schema, Generic[Item]):
    """Some items of a collection, newest first."""

    items: list[Item]
    next_cursor: str | None = Field(description="Hand it back as `cursor` for the next page; null on the last.")


def example(content: dict[str, Any]) -> ConfigDict:
    """The configuration of a schema that shows one example in the interface's description."""
    return ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [content]})

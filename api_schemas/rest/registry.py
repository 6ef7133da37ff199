"""What is changed about models and versions: where aliases point, and what people say."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api_schemas.rest.schema import NAME_PATTERN, Name, Schema, example

Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Tags = Annotated[
    dict[Annotated[str, Field(pattern=NAME_PATTERN)], Annotated[Text, Field(max_length=256)] | None],
    Field(
        max_length=64,
        description="Tags to be set by their names; null takes one away, and those that are not named stay. "
        "A model or version has at most 64.",
    ),
]


class AliasRequest(Schema):
    """Where an alias shall point."""

    model_config = example({"version": 2})

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | Name = Field(
        description="A version's number, or another alias: where that one points now."
    )


class AliasChange(Schema):
    """One change of an alias."""

    sequence: int = Field(description="Counted from 1 for each alias.")
    move: Literal["set", "rollback", "remove"]
    version: int | None = Field(description="Where it pointed from then on; null where it was removed.")
    created_at: datetime


class Alias(Schema):
    """A name that points at a version."""

    model_config = example(
        {
            "model": "gestures",
            "alias": "production",
            "version": 2,
            "previous": 1,
            "history": [
                {"sequence": 2, "move": "set", "version": 2, "created_at": "2026-01-06T08:00:00Z"},
                {"sequence": 1, "move": "set", "version": 1, "created_at": "2026-01-05T12:00:09Z"},
            ],
        }
    )

    model: str
    alias: str
    version: int
    previous: int | None = Field(description="Where `:rollback` would point it; null if nowhere.")
    history: list[AliasChange] = Field(description="Its last changes, newest first.")


class AnnotationChange(Schema):
    """What is to be said of a model or a version; what is left out stays."""

    model_config = example({"notes": "Trained on the second half of May.", "tags": {"owner": "motion", "draft": None}})

    notes: Annotated[Text, Field(max_length=10_000)] | None = Field(
        default=None, description="Plain text; null leaves what is there."
    )
    tags: Tags = Field(default_factory=dict)


class ModelChange(AnnotationChange):
    """What is to be said of a model and how many of its versions are kept; what is left out stays."""

    model_config = example({"notes": "For the watch.", "tags": {"owner": "motion"}, "keep_versions": 10})

    keep_versions: int | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="Older versions are deleted unless an alias, a roll back or an unfinished job needs them; null "
        "leaves it to the service's setting.",
    )

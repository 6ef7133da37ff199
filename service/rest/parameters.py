"""Parameters that several routes take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, Path, Query
from starlette.convertors import register_url_convertor

from api_schemas.rest.schema import NAME_PATTERN
from service.domain.pages import LARGEST_PAGE, PageRequest

T = TypeVar("T")


@dataclass(frozen=True)
class Segment(Generic[T]):
    """A path's segment that matches a pattern; whatever else stands there leads to no route."""

    regex: str
    read: Callable[[str], T]

    def convert(self, value: str) -> T:
        """From the path."""
        return self.read(value)

    def to_string(self, value: T) -> str:
        """Into a path."""
        return str(value)


SEGMENTS: Mapping[str, Segment[Any]] = {
    "name": Segment(NAME_PATTERN.strip("^$"), str),
}
"""What `{model:name}` means in paths."""


def know_segments() -> None:
    """Teach the framework our segments."""
    for name, segment in SEGMENTS.items():
        register_url_convertor(name, segment)  # type: ignore[arg-type]  # it asks for no more than these three members


def _page(
    limit: Annotated[int | None, Query(ge=1, le=LARGEST_PAGE, description="How many items at most.")] = None,
    cursor: Annotated[str | None, Query(max_length=512, description="`next_cursor` of the previous page.")] = None,
) -> PageRequest:
    return PageRequest.parse(limit, cursor)


PageParameters = Annotated[PageRequest, Depends(_page)]
ModelName = Annotated[str, Path(description="The model's name.", examples=["gestures"])]
VersionReference = Annotated[str, Path(description="A version's number, or an alias.", examples=["1"])]
AliasName = Annotated[str, Path(description="The alias.", examples=["production"])]
JobId = Annotated[str, Path(description="The job's identifier.")]
DatasetReference = Annotated[str, Path(description="The dataset's identifier or name.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        description="1 to 255 visible characters of the client's choice: a repeated request with the same key and "
        "content answers what the first one made."
    ),
]

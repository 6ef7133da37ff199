"""What people say of models and versions: notes, and tags by their names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.errors import Detail, InvalidRequest

MOST_TAGS = 64


@dataclass(frozen=True)
class Annotations:
    """Notes in plain text, and tags: a name and a value each."""

    notes: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AnnotationChange:
    """What is to be said from now on: notes unless None, and tags, of which those that are None are taken away."""

    notes: str | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)


def annotated(present: Annotations, change: AnnotationChange) -> Annotations:
    """The annotations after a change; InvalidRequest if there would be too many tags."""
    merged = {**present.tags, **change.tags}
    tags = {name: value for name, value in merged.items() if value is not None}
    if len(tags) > MOST_TAGS:
        message = f"There are at most {MOST_TAGS} tags, not {len(tags)}."
        raise InvalidRequest(message, Detail("/tags", message))
    return Annotations(present.notes if change.notes is None else change.notes, tags)

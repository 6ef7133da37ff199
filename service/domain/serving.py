"""How a published version stands in the serving of this process, in the inference protocol's words."""

from dataclasses import dataclass
from enum import StrEnum


class ServingState(StrEnum):
    """The protocol's states of a model in a repository."""

    UNKNOWN = "UNKNOWN"
    READY = "READY"
    UNAVAILABLE = "UNAVAILABLE"
    LOADING = "LOADING"
    UNLOADING = "UNLOADING"


@dataclass(frozen=True)
class Standing:
    """A state, and where that is not READY the reason for it."""

    state: ServingState
    reason: str = ""


@dataclass(frozen=True)
class VersionStanding:
    """The standing of one version."""

    model: str
    number: int
    standing: Standing


READY = Standing(ServingState.READY)
"""In memory, or loaded as soon as somebody asks."""
LOADING = Standing(ServingState.LOADING, "It is being loaded.")
UNLOADED = Standing(ServingState.UNAVAILABLE, "It was unloaded.")
UNLOADING = Standing(ServingState.UNLOADING, "It was unloaded, and answers the last of its requests.")

"""Aliases: names that point at versions, and the story of where they pointed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AliasMove(StrEnum):
    """What happened to an alias."""

    SET = "set"
    """It was pointed at a version."""
    ROLLBACK = "rollback"
    """It went back to where it had pointed before."""
    REMOVE = "remove"
    """It was forgotten."""


@dataclass(frozen=True)
class AliasChange:
    """One entry of an alias's story; `version` is None where it was forgotten."""

    sequence: int
    move: AliasMove
    version: int | None
    created_at: datetime


@dataclass(frozen=True)
class Alias:
    """Where an alias points, where it would go back to, and its last changes, newest first."""

    model: str
    name: str
    version: int
    previous: int | None
    history: tuple[AliasChange, ...]

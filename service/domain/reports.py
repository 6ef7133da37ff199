"""What is told of a dataset: how its file was understood, and what is odd about it, with the place of the first."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

Certainty: TypeAlias = Literal["asked", "named", "guessed"]
"""How a column came by its role: by a parameter, by a usual name, or by what it holds."""


Form: TypeAlias = Literal["cases", "long", "wide"]
"""Whole cases as their format writes them, or tables with a row a step, or a row a case."""


class FindingKind(StrEnum):
    """What may be odd, the gravest first."""

    CONTRADICTION = "contradiction"
    DUPLICATE = "duplicate"
    LEAK = "leak"
    ONE_CASE = "one_case"
    ONE_LABEL = "one_label"
    UNBALANCED = "unbalanced"
    SINGLE_LABEL = "single_label"
    OUT_OF_ORDER = "out_of_order"
    REPEATED_ROW = "repeated_row"
    GAP = "gap"
    SHORT = "short"
    PADDING = "padding"
    MISSING = "missing"
    EMPTY_CASE = "empty_case"
    FLATTENED = "flattened"
    CONSTANT = "constant"
    FAR = "far"
    UNEVEN = "uneven"
    UNUSED = "unused"
    CHANNELS = "channels"
    LABELS = "labels"


@dataclass(frozen=True)
class Place:
    """Where something stands: rows count from 1 as the file's users count them, cases and steps from 0."""

    row: int | None = None
    column: str | None = None
    case: int | None = None
    channel: str | None = None
    step: int | None = None


@dataclass(frozen=True)
class Finding:
    """Something odd: how often, in one sentence, and where first; `other` is what the first equals, or differs from."""

    kind: FindingKind
    count: int
    detail: str
    first: Place
    other: Place | None = None


@dataclass(frozen=True)
class ChannelFacts:
    """A channel over all steps of all cases; the numbers are None where nothing was ever observed."""

    name: str
    missing: int
    constant: bool
    min: float | None
    max: float | None
    mean: float | None
    deviation: float | None


@dataclass(frozen=True)
class Role:
    """A column, or a pattern of columns, and what it was taken for; `others` could have been it too."""

    role: str
    column: str
    certainty: Certainty
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Understanding:
    """How the file was read; `parameters` ask for exactly this, `alternatives` say what else was possible."""

    form: Form
    columns: tuple[Role, ...]
    parameters: Mapping[str, str]
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One of two datasets that are compared."""

    id: str
    name: str
    digest: str
    cases: int


@dataclass(frozen=True)
class Comparison:
    """Two datasets side by side; findings are what keeps one from being judged by the other."""

    dataset: Side
    other: Side
    equal: bool
    shared_cases: int
    shared_groups: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Examination:
    """All of it: kept with the dataset, and shown before anything is kept."""

    reading: Understanding
    channels: tuple[ChannelFacts, ...]
    findings: tuple[Finding, ...]

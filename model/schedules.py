"""Learning-rate schedules: a frozen spec that gives the factor on the optimizer's base rate.

`progress` is the share of training done, from 0 to 1, so that a schedule does not depend on the batch size.
Reduce-on-plateau looks at the losses instead, and keeps what it needs in its own small state, which a checkpoint holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Protocol

from model.errors import InvalidSpec, told


class Schedule(Protocol):
    """A factor on the base learning rate."""

    kind: ClassVar[str]

    def factor(self, progress: float, history: tuple[float, ...]) -> float:
        """What multiplies the base rate: `progress` in [0, 1]; `history`: the monitored loss of each finished epoch."""


def _require(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidSpec(f"{name} is {told(value)}, but must lie between {low} and {high}", pointer=f"/{name}")


@dataclass(frozen=True)
class Constant:
    """Always 1."""

    kind: ClassVar[str] = "constant"

    def factor(self, progress: float, history: tuple[float, ...]) -> float:  # noqa: ARG002 - a schedule's signature
        return 1.0


@dataclass(frozen=True)
class Step:
    """Multiplied by `gamma` after each `every` share of training."""

    kind: ClassVar[str] = "step"
    every: float = 0.3
    gamma: float = 0.1

    def __post_init__(self) -> None:
        _require("every", self.every, 1e-6, 1.0)
        _require("gamma", self.gamma, 0.0, 1.0)

    def factor(self, progress: float, history: tuple[float, ...]) -> float:  # noqa: ARG002 - a schedule's signature
        return float(self.gamma ** math.floor(progress / self.every + 1e-9))


@dataclass(frozen=True)
class Cosine:
    """Loshchilov and Hutter 2017: half a cosine from 1 down to `floor`, after a linear warm-up."""

    kind: ClassVar[str] = "cosine"
    floor: float = 0.0
    warmup: float = 0.0

    def __post_init__(self) -> None:
        _require("floor", self.floor, 0.0, 1.0)
        _require("warmup", self.warmup, 0.0, 0.9)

    def factor(self, progress: float, history: tuple[float, ...]) -> float:  # noqa: ARG002 - a schedule's signature
        if progress < self.warmup:
            return progress / self.warmup
        share = (progress - self.warmup) / (1.0 - self.warmup)
        return self.floor + (1.0 - self.floor) * 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))


@dataclass(frozen=True)
class OneCycle:
    """Smith and Topin 2019: up from 1 / `start_divisor` to 1 over `rise`, then down to 1 / `end_divisor`, by
    cosines.
    """

    kind: ClassVar[str] = "one_cycle"
    rise: float = 0.3
    start_divisor: float = 25.0
    end_divisor: float = 1e4

    def __post_init__(self) -> None:
        _require("rise", self.rise, 1e-6, 0.99)
        _require("start_divisor", self.start_divisor, 1.0, 1e9)
        _require("end_divisor", self.end_divisor, 1.0, 1e9)

    def factor(self, progress: float, history: tuple[float, ...]) -> float:  # noqa: ARG002 - a schedule's signature
        low, share = 1.0 / self.start_divisor, progress / self.rise
        if progress >= self.rise:
            low, share = 1.0 / self.end_divisor, 1.0 - (progress - self.rise) / (1.0 - self.rise)
        return low + (1.0 - low) * 0.5 * (1.0 - math.cos(math.pi * max(0.0, min(share, 1.0))))


@dataclass(frozen=True)
class ReduceOnPlateau:
    """Multiplied by `gamma`, never below `floor`, each time `patience` epochs bring no lower loss."""

    kind: ClassVar[str] = "reduce_on_plateau"
    gamma: float = 0.5
    patience: int = 20
    floor: float = 0.01

    def __post_init__(self) -> None:
        _require("gamma", self.gamma, 0.0, 1.0)
        _require("patience", self.patience, 1, 1e6)
        _require("floor", self.floor, 0.0, 1.0)

    def factor(self, progress: float, history: tuple[float, ...]) -> float:  # noqa: ARG002 - a schedule's signature
        factor, best, waited = 1.0, math.inf, 0
        for loss in history:
            waited = 0 if loss < best else waited + 1
            best = min(best, loss)
            if waited >= self.patience:
                factor, waited = max(factor * self.gamma, self.floor), 0
        return factor


SCHEDULES: Mapping[str, type] = MappingProxyType(
    {spec.kind: spec for spec in (Constant, Step, Cosine, OneCycle, ReduceOnPlateau)}
)

"""Augmentation: changed copies of the cases in a batch, drawn anew whenever a batch is filled.

Strengths are in deviations of a channel, or in shares of a case's length. What stands behind a case's end stays zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Protocol

import numpy as np

from model.arrays import Array
from model.errors import InvalidSpec, told

KNOTS = 4
"""Places between which the speed of a warped time changes evenly."""


@dataclass(frozen=True, eq=False)
class Batch:
    """What is changed, in place.

    x: (n, L, C) float32 as the network sees it, scaled and finite, zero behind a case's end; lengths: (n,) int64
    values: of the C channels the first so many hold values; those behind them say what was observed
    targets: (n, 1, D) float32, or of classes (n, 1, 3) float32: the class, another one, and the other's share
    """

    x: Array
    lengths: Array
    values: int
    targets: Array
    classes: bool

    @property
    def behind(self) -> Array:
        """(n, L) bool: the steps behind each case's end."""
        beyond: Array = np.arange(self.x.shape[1]) >= self.lengths[:, None]
        return beyond


class Augmentation(Protocol):
    """A change of a batch; every random number comes from the generator."""

    kind: ClassVar[str]

    def apply(self, batch: Batch, generator: np.random.Generator) -> None:
        """Change the batch in place."""


@dataclass(frozen=True)
class Jitter:
    """Noise on every value."""

    kind: ClassVar[str] = "jitter"
    deviation: float = 0.05

    def __post_init__(self) -> None:
        _require("deviation", self.deviation, 10.0)

    def apply(self, batch: Batch, generator: np.random.Generator) -> None:
        noise = generator.standard_normal((*batch.x.shape[:2], batch.values), np.float32)
        noise *= np.float32(self.deviation)
        noise[batch.behind] = 0
        batch.x[..., : batch.values] += noise


@dataclass(frozen=True)
class Rescale:
    """A factor around one on every channel of every case."""

    kind: ClassVar[str] = "scaling"
    deviation: float = 0.1

    def __post_init__(self) -> None:
        _require("deviation", self.deviation, 10.0)

    def apply(self, batch: Batch, generator: np.random.Generator) -> None:
        drawn = generator.standard_normal((len(batch.x), 1, batch.values), np.float32)
        batch.x[..., : batch.values] *= 1 + np.float32(self.deviation) * drawn


@dataclass(frozen=True)
class Shift:
    """Every case earlier or later by up to a share of its length; its first or last step is repeated."""

    kind: ClassVar[str] = "shift"
    share: float = 0.1

    def __post_init__(self) -> None:
        _require("share", self.share, 1.0)

    def apply(self, batch: Batch, generator: np.random.Generator) -> None:
        x, lengths = batch.x, batch.lengths
        reach = np.floor(lengths * self.share).astype(np.int64)
        moved = np.arange(x.shape[1]) - generator.integers(-reach, reach + 1)[:, None]
        places = np.clip(moved, 0, lengths[:, None] - 1)
        x[...] = np.take_along_axis(x, places[..., None], axis=1)
        x[batch.behind] = 0


@dataclass(frozen=True)
class TimeWarp:
    """Time runs faster here and slower there: exp of a normal number at a few knots, and linearly between them."""

    kind: ClassVar[str] = "time_warp"
    deviation: float = 0.2

    def __post_init__(self) -> None:
        _require("deviation", self.deviation, 3.0)

    def apply(self, batch: Batch, generator: np.random.Generator) -> None:
        """The warped time of step t is the sum of all speeds up to it, brought to the case's own last step."""
        x, steps = batch.x, np.arange(batch.x.shape[1])
        last = batch.lengths[:, None] - 1
        knots = np.exp(self.deviation * generator.standard_normal((len(x), KNOTS)))
        along = np.minimum(steps / np.maximum(last, 1), 1.0) * (KNOTS - 1)
        left = np.minimum(along.astype(np.int64), KNOTS - 2)
        w = along - left
        speed = (1 - w) * np.take_along_axis(knots, left, axis=1) + w * np.take_along_axis(knots, left + 1, axis=1)
        speed[:, 0] = 0
        time = np.cumsum(speed, axis=1)
        time *= last / np.maximum(np.take_along_axis(time, last, axis=1), 1e-12)
        before = np.minimum(time.astype(np.int64), last)
        after = np.minimum(before + 1, last)
        share = np.clip(time - before, 0, 1)[..., None].astype(np.float32)
        warped = (1 - share) * np.take_along_axis(x, before[..., None], axis=1)
        warped += share * np.take_along_axis(x, after[..., None], axis=1)
        x[...] = warped
        x[batch.behind] = 0


@dataclass(frozen=True)
class Mixup:
    """Every case mixed with another of its batch, and their answers alike (Zhang et al. 2018).

    The share of the other is drawn from Beta(alpha, alpha), and is a half at most.
    """

    kind: ClassVar[str] = "mixup"
    alpha: float = 0.2

    def __post_init__(self) -> None:
        _require("alpha", self.alpha, 100.0)

    def apply(self, batch: Batch, generator: np.random.Generator) -> None:
        x, targets = batch.x, batch.targets
        partners = generator.permutation(len(x))
        drawn = generator.beta(self.alpha, self.alpha, len(x))
        share = np.minimum(drawn, 1 - drawn).astype(np.float32)[:, None, None]
        x[...] = (1 - share) * x + share * x[partners]
        np.maximum(batch.lengths, batch.lengths[partners], out=batch.lengths)
        if batch.classes:
            targets[..., 1] = targets[partners, ..., 0]
            targets[..., 2] = share[..., 0]
        else:
            targets[...] = (1 - share) * targets + share * targets[partners]


AUGMENTATIONS: Mapping[str, type] = MappingProxyType(
    {spec.kind: spec for spec in (Jitter, Rescale, Shift, TimeWarp, Mixup)}
)


def _require(name: str, value: object, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= high:
        raise InvalidSpec(f"{name} is {told(value)}, but must lie above 0 and up to {high:g}", pointer=f"/{name}")

"""Gradient clipping: a step is never longer than the gradients of an ordinary batch would make it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from model.layers.layer import require_between

if TYPE_CHECKING:
    from model.arrays import Array
    from model.optimizers import Optimizer
    from model.parameters import Layout

LEAST, MOST = 1e-12, 1e12


class Clipping(Protocol):
    """Shortens a gradient in place."""

    def clip(self, gradient: Array) -> None: ...


@dataclass(frozen=True)
class ClipNorm:
    """The whole gradient, scaled to a norm of at most `limit`: its direction stays (Pascanu et al. 2013)."""

    kind: ClassVar[str] = "clip_norm"
    limit: float = 1.0

    def __post_init__(self) -> None:
        require_between("limit", self.limit, LEAST, MOST)

    def around(self, optimizer: Optimizer, layout: Layout) -> Optimizer:  # noqa: ARG002 - a wrapping's signature
        return _Clipped(self, optimizer)

    def clip(self, gradient: Array) -> None:
        norm = length(gradient)
        if norm > self.limit:
            gradient *= gradient.dtype.type(self.limit / norm)


@dataclass(frozen=True)
class ClipValue:
    """Every number by itself, to at most `limit` in size."""

    kind: ClassVar[str] = "clip_value"
    limit: float = 1.0

    def __post_init__(self) -> None:
        require_between("limit", self.limit, LEAST, MOST)

    def around(self, optimizer: Optimizer, layout: Layout) -> Optimizer:  # noqa: ARG002 - a wrapping's signature
        return _Clipped(self, optimizer)

    def clip(self, gradient: Array) -> None:
        np.clip(gradient, -self.limit, self.limit, out=gradient)


def length(gradient: Array) -> float:
    """The Euclidean norm of a flat vector (P,), for numbers of any size."""
    largest = float(max(gradient.max(initial=0), -gradient.min(initial=0)))
    if not 0 < largest < np.inf:
        return largest
    scaled = gradient / gradient.dtype.type(largest)
    return largest * float(np.sqrt(np.dot(scaled, scaled)))


class _Clipped:
    def __init__(self, clipping: Clipping, optimizer: Optimizer) -> None:
        self._clipping, self._optimizer = clipping, optimizer
        self.moments = optimizer.moments

    @property
    def steps(self) -> int:
        return self._optimizer.steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self._optimizer.steps = steps

    def update(self, parameters: Array, gradient: Array, learning_rate: float | None = None) -> None:
        self._clipping.clip(gradient)
        self._optimizer.update(parameters, gradient, learning_rate)

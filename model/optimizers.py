"""Optimizers: a frozen spec, bound to one flat vector of parameters; a step is a handful of whole-vector operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from model.errors import InvalidSpec, told

if TYPE_CHECKING:
    from model.arrays import Array

LARGEST_RATE = 1e30
"""Far beyond any use, and within float32: it is for a training to find out that a rate diverges."""


def _require(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidSpec(f"{name} is {told(value)}, but must lie between {low} and {high}", pointer=f"/{name}")


class OptimizerSpec(Protocol):
    """`learning_rate` is the base rate; a schedule may give another at each step."""

    kind: ClassVar[str]

    @property
    def learning_rate(self) -> float: ...

    def bind(self, size: int, decayed: Array | None = None) -> Optimizer:
        """An optimizer of a flat vector (size,); decayed (size,): where weight decay applies, everywhere by default."""


class Optimizer(Protocol):
    """moments: the vectors to keep in a checkpoint, by name; steps: updates so far."""

    moments: dict[str, Array]
    steps: int

    def update(self, parameters: Array, gradient: Array, learning_rate: float | None = None) -> None:
        """Moves `parameters` (size,) in place; `gradient` may be overwritten."""


@dataclass(frozen=True)
class Sgd:
    """v = momentum v + g; w -= rate v (or rate (g + momentum v), Nesterov)."""

    kind: ClassVar[str] = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _require("learning_rate", self.learning_rate, 0.0, LARGEST_RATE)
        _require("momentum", self.momentum, 0.0, 1.0)
        _require("weight_decay", self.weight_decay, 0.0, 1e3)
        if self.nesterov and not self.momentum:
            raise InvalidSpec("nesterov needs a momentum above 0", pointer="/nesterov")

    def bind(self, size: int, decayed: Array | None = None) -> Optimizer:
        return _Sgd(self, size, decayed)


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba 2015. weight_decay here is L2, added to the gradient; AdamW decouples it."""

    kind: ClassVar[str] = "adam"
    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _require_adaptive(self)

    def bind(self, size: int, decayed: Array | None = None) -> Optimizer:
        return _Adam(self, size, decayed, decoupled=False)


@dataclass(frozen=True)
class AdamW:
    """Loshchilov and Hutter 2019: weights shrink by rate * weight_decay beside Adam's step."""

    kind: ClassVar[str] = "adamw"
    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        _require_adaptive(self)

    def bind(self, size: int, decayed: Array | None = None) -> Optimizer:
        return _Adam(self, size, decayed, decoupled=True)


@dataclass(frozen=True)
class RmsProp:
    """Tieleman and Hinton 2012: w -= rate g / (sqrt(mean of g^2) + epsilon).

    centered: by the deviation of g instead (Graves 2013). momentum: of what is subtracted.
    """

    kind: ClassVar[str] = "rmsprop"
    learning_rate: float = 1e-3
    decay: float = 0.9
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    momentum: float = 0.0
    centered: bool = False

    def __post_init__(self) -> None:
        _require("learning_rate", self.learning_rate, 0.0, LARGEST_RATE)
        _require("decay", self.decay, 0.0, 1.0)
        _require("momentum", self.momentum, 0.0, 1.0)
        _require("epsilon", self.epsilon, 1e-12, 1.0)
        _require("weight_decay", self.weight_decay, 0.0, 1e3)

    def bind(self, size: int, decayed: Array | None = None) -> Optimizer:
        return _RmsProp(self, size, decayed)


def _require_adaptive(spec: Adam | AdamW) -> None:
    _require("learning_rate", spec.learning_rate, 0.0, LARGEST_RATE)
    _require("beta1", spec.beta1, 0.0, 0.999999)
    _require("beta2", spec.beta2, 0.0, 0.999999)
    _require("epsilon", spec.epsilon, 1e-12, 1.0)
    _require("weight_decay", spec.weight_decay, 0.0, 1e3)


OPTIMIZERS: Mapping[str, type] = MappingProxyType({spec.kind: spec for spec in (Sgd, Adam, AdamW, RmsProp)})


def _decay(decayed: Array | None, size: int) -> Array:
    return np.ones(size, np.float32) if decayed is None else decayed


class _Sgd:
    def __init__(self, spec: Sgd, size: int, decayed: Array | None) -> None:
        self.spec, self.decayed, self.steps = spec, _decay(decayed, size), 0
        self.moments = {"velocity": np.zeros(size, np.float32)} if spec.momentum else {}
        self.scratch = np.zeros(size, np.float32)

    def update(self, parameters: Array, gradient: Array, learning_rate: float | None = None) -> None:
        spec, scratch = self.spec, self.scratch
        rate = np.float32(spec.learning_rate if learning_rate is None else learning_rate)
        self.steps += 1
        if spec.weight_decay:
            np.multiply(parameters, self.decayed, out=scratch)
            scratch *= np.float32(spec.weight_decay)
            gradient += scratch
        if spec.momentum:
            velocity = self.moments["velocity"]
            velocity *= np.float32(spec.momentum)
            velocity += gradient
            if spec.nesterov:
                np.multiply(velocity, np.float32(spec.momentum), out=scratch)
                gradient += scratch
            else:
                np.copyto(gradient, velocity)
        gradient *= rate
        parameters -= gradient


class _Adam:
    def __init__(self, spec: Adam | AdamW, size: int, decayed: Array | None, *, decoupled: bool) -> None:
        self.spec, self.decayed, self.decoupled, self.steps = spec, _decay(decayed, size), decoupled, 0
        self.moments = {"mean": np.zeros(size, np.float32), "square": np.zeros(size, np.float32)}
        self.scratch = np.zeros(size, np.float32)

    def update(self, parameters: Array, gradient: Array, learning_rate: float | None = None) -> None:
        spec, scratch = self.spec, self.scratch
        rate = spec.learning_rate if learning_rate is None else learning_rate
        self.steps += 1
        if spec.weight_decay:
            np.multiply(parameters, self.decayed, out=scratch)
            scratch *= np.float32(spec.weight_decay * (rate if self.decoupled else 1.0))
            if self.decoupled:
                parameters -= scratch
            else:
                gradient += scratch
        mean, square = self.moments["mean"], self.moments["square"]
        mean *= np.float32(spec.beta1)
        np.multiply(gradient, np.float32(1 - spec.beta1), out=scratch)
        mean += scratch
        square *= np.float32(spec.beta2)
        np.square(gradient, out=gradient)
        gradient *= np.float32(1 - spec.beta2)
        square += gradient
        # w -= rate * (m / c1) / (sqrt(v / c2) + eps), the corrections moved into two scalars
        correction1, correction2 = 1 - spec.beta1**self.steps, 1 - spec.beta2**self.steps
        np.sqrt(square, out=scratch)
        scratch += np.float32(spec.epsilon * correction2**0.5)
        np.divide(mean, scratch, out=scratch)
        scratch *= np.float32(rate * correction2**0.5 / correction1)
        parameters -= scratch


class _RmsProp:
    def __init__(self, spec: RmsProp, size: int, decayed: Array | None) -> None:
        self.spec, self.decayed, self.steps = spec, _decay(decayed, size), 0
        kept = {"square": True, "mean": spec.centered, "velocity": spec.momentum > 0}
        self.moments = {name: np.zeros(size, np.float32) for name, wanted in kept.items() if wanted}
        self.scratch = np.zeros(size, np.float32)

    def update(self, parameters: Array, gradient: Array, learning_rate: float | None = None) -> None:
        spec, scratch, square = self.spec, self.scratch, self.moments["square"]
        rate = spec.learning_rate if learning_rate is None else learning_rate
        self.steps += 1
        if spec.weight_decay:
            np.multiply(parameters, self.decayed, out=scratch)
            scratch *= np.float32(spec.weight_decay)
            gradient += scratch
        np.square(gradient, out=scratch)
        scratch *= np.float32(1 - spec.decay)
        square *= np.float32(spec.decay)
        square += scratch
        np.sqrt(self._spread(gradient), out=scratch)
        scratch += np.float32(spec.epsilon)
        gradient /= scratch
        if spec.momentum:
            velocity = self.moments["velocity"]
            velocity *= np.float32(spec.momentum)
            velocity += gradient
            np.copyto(gradient, velocity)
        gradient *= np.float32(rate)
        parameters -= gradient

    def _spread(self, gradient: Array) -> Array:
        """The mean square, or the variance, which rounding must not make negative."""
        square, scratch = self.moments["square"], self.scratch
        if not self.spec.centered:
            return square
        mean = self.moments["mean"]
        mean *= np.float32(self.spec.decay)
        np.multiply(gradient, np.float32(1 - self.spec.decay), out=scratch)
        mean += scratch
        np.square(mean, out=scratch)
        np.subtract(square, scratch, out=scratch)
        return np.clip(scratch, 0, np.inf, out=scratch)

"""Parameters: declared by name, held as one flat vector, seen through named views.

One vector of values and one of gradients make an optimizer a handful of whole-vector operations, a checkpoint one
array, and a data-parallel exchange one message.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.arrays import Array


@dataclass(frozen=True)
class Parameter:
    """A named array that a layer needs: its shape, how it starts, and whether weight decay applies.

    `fan_in` and `fan_out` count the inputs of one output and the outputs of one input, for the initializers.
    """

    name: str
    shape: tuple[int, ...]
    initializer: str = "zeros"
    fan_in: int = 1
    fan_out: int = 1
    decay: bool = False
    norms_of: str | None = None
    """Starts as the norms of another parameter (groups, K, C, F) for each output, instead of by its initializer."""

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def within(self, place: str) -> Parameter:
        """The same parameter, its name prefixed by the place of a layer that holds its owner."""
        measured = None if self.norms_of is None else f"{place}/{self.norms_of}"
        return replace(self, name=f"{place}/{self.name}", norms_of=measured)


def _uniform(parameter: Parameter, limit: float, generator: np.random.Generator) -> Array:
    return generator.uniform(-limit, limit, parameter.shape)


def _orthogonal(parameter: Parameter, generator: np.random.Generator) -> Array:
    """Rows (or columns, whichever are fewer) are orthonormal: Saxe et al. 2014, from the QR of a Gaussian matrix."""
    rows, columns = parameter.size // parameter.shape[-1], parameter.shape[-1]
    tall = generator.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(parameter.shape)


Initializer = Callable[[Parameter, "np.random.Generator"], "Array"]

INITIALIZERS: Mapping[str, Initializer] = MappingProxyType(
    {
        "zeros": lambda p, _: np.zeros(p.shape),
        "ones": lambda p, _: np.ones(p.shape),
        # He et al. 2015: variance 2 / fan_in
        "he_normal": lambda p, g: g.normal(0.0, math.sqrt(2.0 / p.fan_in), p.shape),
        "he_uniform": lambda p, g: _uniform(p, math.sqrt(6.0 / p.fan_in), g),
        # Glorot and Bengio 2010: variance 2 / (fan_in + fan_out)
        "glorot_normal": lambda p, g: g.normal(0.0, math.sqrt(2.0 / (p.fan_in + p.fan_out)), p.shape),
        "glorot_uniform": lambda p, g: _uniform(p, math.sqrt(6.0 / (p.fan_in + p.fan_out)), g),
        # LeCun et al. 1998: variance 1 / fan_in
        "lecun_normal": lambda p, g: g.normal(0.0, math.sqrt(1.0 / p.fan_in), p.shape),
        "lecun_uniform": lambda p, g: _uniform(p, math.sqrt(3.0 / p.fan_in), g),
        # Bai et al. 2018 (TCN): a narrow normal
        "narrow_normal": lambda p, g: g.normal(0.0, 0.01, p.shape),
        "orthogonal": _orthogonal,
    }
)


@dataclass(frozen=True)
class Layout:
    """Where each parameter stands in a flat vector."""

    parameters: tuple[Parameter, ...]

    @classmethod
    def of(cls, parameters: Iterable[Parameter]) -> Layout:
        return cls(tuple(parameters))

    @cached_property
    def size(self) -> int:
        return sum(parameter.size for parameter in self.parameters)

    @cached_property
    def places(self) -> Mapping[str, slice]:
        """The slice of the flat vector that holds each parameter, by name."""
        places, start = {}, 0
        for parameter in self.parameters:
            places[parameter.name] = slice(start, start + parameter.size)
            start += parameter.size
        return MappingProxyType(places)

    def views(self, flat: Array) -> dict[str, Array]:
        """Named views of a flat vector (size,), in their own shapes; they share its memory."""
        places = self.places
        return {parameter.name: flat[places[parameter.name]].reshape(parameter.shape) for parameter in self.parameters}

    def initialize(self, generator: np.random.Generator) -> Array:
        """A fresh flat vector (size,) float32, each parameter drawn by its own initializer, in order."""
        flat = np.empty(self.size, np.float32)
        views = self.views(flat)
        for parameter in self.parameters:
            if parameter.norms_of is None:
                views[parameter.name][...] = INITIALIZERS[parameter.initializer](parameter, generator)
            else:
                views[parameter.name][...] = np.sqrt(np.square(views[parameter.norms_of]).sum(axis=(1, 2))).ravel()
        return flat

    def decayed(self) -> Array:
        """(size,) float32: 1 where weight decay applies (kernels), 0 elsewhere (biases, gains, shifts)."""
        mask = np.zeros(self.size, np.float32)
        for parameter in self.parameters:
            mask[self.places[parameter.name]] = parameter.decay
        return mask

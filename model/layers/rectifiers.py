"""Rectifiers that let something through below zero."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from model.kernels import curves
from model.layers.layer import require_between
from model.layers.pointwise import Curve, bind_curve

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class LeakyRelu:
    """y = x above zero and slope * x below (Maas et al. 2013)."""

    kind: ClassVar[str] = "leaky_relu"
    slope: float = 0.01

    def __post_init__(self) -> None:
        require_between("slope", self.slope, 0.0, 1.0)

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        values, gradient = partial(curves.leak, slope=self.slope), partial(curves.leak_gradient, slope=self.slope)
        return bind_curve(Curve(values, gradient), x, binding)


@dataclass(frozen=True)
class Elu:
    """y = x above zero and alpha (exp(x) - 1) below (Clevert et al. 2016)."""

    kind: ClassVar[str] = "elu"
    alpha: float = 1.0

    def __post_init__(self) -> None:
        require_between("alpha", self.alpha, 0.0, 1e3)

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        values = partial(curves.exponential, alpha=self.alpha)
        gradient = partial(curves.exponential_gradient, alpha=self.alpha)
        return bind_curve(Curve(values, gradient), x, binding)

"""Layers that press every number into an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from model.kernels import curves
from model.layers.pointwise import Curve, bind_curve

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Tanh:
    """The hyperbolic tangent, within (-1, 1)."""

    kind: ClassVar[str] = "tanh"

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        return bind_curve(Curve(curves.tanh, curves.tanh_gradient), x, binding)


@dataclass(frozen=True)
class Sigmoid:
    """The logistic function, within (0, 1)."""

    kind: ClassVar[str] = "sigmoid"

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        return bind_curve(Curve(curves.sigmoid, curves.sigmoid_gradient, keeps_zero=False), x, binding)

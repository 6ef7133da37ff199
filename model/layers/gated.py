"""Layers that multiply each number by a smooth gate that opens as the number grows."""

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
class Gelu:
    """y = x Phi(x), with Phi the normal distribution (Hendrycks and Gimpel 2016): the exact one, not by tanh."""

    kind: ClassVar[str] = "gelu"

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        return bind_curve(Curve(curves.gelu), x, binding)


@dataclass(frozen=True)
class Silu:
    """y = x sigmoid(x), also called swish (Elfwing et al. 2018)."""

    kind: ClassVar[str] = "silu"

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        return bind_curve(Curve(curves.silu), x, binding)

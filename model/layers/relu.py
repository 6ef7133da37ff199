"""The rectified linear unit: y = max(x, 0), dx = dy where y > 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from model.kernels.activation import flags, rectify, rectify_gradient
from model.kernels.blocks import in_cache

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding, Stage
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Relu:
    """No options."""

    kind: ClassVar[str] = "relu"

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.in_place(x, retained=x.gradient is not None)
        binding.add(_Relu(x, y, binding), x, y, loose=(x, y))
        return y


class _Relu:
    def __init__(self, x: Activation, y: Activation, binding: Binding) -> None:
        self.x, self.y, self.binding = x, y, binding
        pieces = in_cache(slice(0, x.batch), x.length, x.channels)
        largest = max(piece.stop - piece.start for piece in pieces) * x.length * x.channels
        binding.reserve_scratch("columns", largest)
        binding.reserve_scratch("zeros", largest)

    def prepare(self) -> None:
        self.pieces = [in_cache(shard, self.x.length, self.x.channels) for shard in self.binding.shards]

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._rectify,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._gradient,)

    def _rectify(self, shard: int) -> None:
        for cases in self.pieces[shard]:
            y = self.y.values.steps[cases]
            zeros = self.binding.scratch("zeros", shard, y.size).reshape(y.shape)
            rectify(self.x.values.steps[cases], zeros, y)

    def _gradient(self, shard: int) -> None:
        if self.y.gradient is None:
            return
        for cases in self.pieces[shard]:
            dy = self.y.gradient.steps[cases]
            positive = flags(self.binding.scratch("columns", shard, dy.size), dy.shape)
            rectify_gradient(dy, self.y.values.steps[cases], positive)

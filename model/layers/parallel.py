"""Branches side by side over the same input, their channels concatenated in order (Szegedy et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.errors import InvalidSpec
from model.layers import sequence
from model.layers.residual import Split, fork

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding, Stage
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Parallel:
    """An empty branch passes its input on."""

    kind: ClassVar[str] = "parallel"
    branches: tuple[sequence.Layers, ...]

    def __post_init__(self) -> None:
        if not self.branches:
            raise InvalidSpec("branches is empty, but needs at least one branch", pointer="/branches")

    @property
    def sequences(self) -> tuple[sequence.Layers, ...]:
        return self.branches

    def _outputs(self, shape: Shape) -> list[Shape]:
        return [sequence.shapes(branch, shape, f"branches/{index}")[-1] for index, branch in enumerate(self.branches)]

    def output(self, shape: Shape) -> Shape:
        first, *others = outputs = self._outputs(shape)
        for index, other in enumerate(others, start=1):
            if (other.length, other.vector) != (first.length, first.vector):
                raise InvalidSpec(
                    f"branch 0 gives {first}, but branch {index} gives {other}; their lengths must be the same",
                    pointer=f"/branches/{index}",
                )
        return first._replace(channels=sum(output.channels for output in outputs))

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        for index, branch in enumerate(self.branches):
            found.extend(sequence.parameters(branch, shape, f"branches/{index}"))
        return tuple(found)

    def state(self, shape: Shape) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        for index, branch in enumerate(self.branches):
            found.extend(sequence.state(branch, shape, f"branches/{index}"))
        return tuple(found)

    def bind(self, x: Activation, binding: Binding) -> Activation:
        x.retained = True
        starts = [fork(x, binding) for _ in self.branches]
        binding.add(Split(x, starts, binding), x, *starts, forgets=(x, *starts))
        ends = [
            sequence.bind(branch, start, binding, f"branches/{index}")
            for index, (branch, start) in enumerate(zip(self.branches, starts, strict=True))
        ]
        y = binding.activation(self.output(x.shape), *ends, lengths=ends[0].lengths)
        binding.add(_Concatenate(ends, y, binding), *ends, y, forgets=(*ends, y))
        return y


class _Concatenate:
    def __init__(self, parts: list[Activation], y: Activation, binding: Binding) -> None:
        self.parts, self.y, self.shards = parts, y, binding.shards

    def prepare(self) -> None:
        ends = np.cumsum([part.channels for part in self.parts])
        self.channels = [slice(end - part.channels, end) for part, end in zip(self.parts, ends, strict=True)]

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._join,)

    def backward(self) -> tuple[Stage, ...]:
        return (self._part,)

    def _join(self, shard: int) -> None:
        cases = self.shards[shard]
        for part, channels in zip(self.parts, self.channels, strict=True):
            np.copyto(self.y.values.steps[cases, :, channels], part.values.steps[cases])

    def _part(self, shard: int) -> None:
        if self.y.gradient is None:
            return
        cases = self.shards[shard]
        for part, channels in zip(self.parts, self.channels, strict=True):
            if part.gradient is not None:
                np.copyto(part.gradient.steps[cases], self.y.gradient.steps[cases, :, channels])

"""Branches side by side over the same input, their channels concatenated in order (Szegedy et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.errors import InvalidSpec
from model.layers import sequence
from model.layers.residual import Split, fork

if TYPE_CHECKING:
    from model.activations import Activation, Storage
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
        before = len(binding.workshop.operations)
        starts = [fork(x, binding) for _ in self.branches]
        binding.add(Split(x, starts, binding), x, *starts, forgets=(x, *starts))
        ends = [
            sequence.bind(branch, start, binding, f"branches/{index}")
            for index, (branch, start) in enumerate(zip(self.branches, starts, strict=True))
        ]
        y = binding.activation(self.output(x.shape), *ends, lengths=ends[0].lengths)
        parts = [_Part.of(end, y, first, before) for end, first in zip(ends, _firsts(ends), strict=True)]
        binding.add(_Concatenate(parts, binding), *ends, y, forgets=(*ends, y), loose=(*ends, y))
        return y


def _firsts(ends: list[Activation]) -> list[int]:
    """The channel at which each begins."""
    return [sum(end.channels for end in ends[:index]) for index in range(len(ends))]


@dataclass(frozen=True, eq=False)
class _Part:
    """A branch's end and the channels of y that it becomes: pairs (end, whole) of storages, None where the end's
    storage is those channels of the whole already.
    """

    values: tuple[Storage, Storage] | None
    gradient: tuple[Storage, Storage] | None
    channels: slice

    @classmethod
    def of(cls, end: Activation, y: Activation, first: int, before: int) -> _Part:
        """before: the number of operations before the branches, which wrote what no branch made."""
        values, gradient = (end.values, y.values), None
        joined = _joins(*values, first, before)
        y.retained |= joined and bool(end.values.uses.kept)
        if end.gradient is not None and y.gradient is not None:
            pair = end.gradient, y.gradient
            gradient = None if _joins(*pair, first, before) else pair
        return cls(None if joined else values, gradient, slice(first, first + end.channels))


def _joins(part: Storage, whole: Storage, first: int, before: int) -> bool:
    """Lets the part be channels of the whole where a branch made it, and nobody takes it for one run of numbers."""
    uses = part.uses
    joins = min(uses.touched) > before and not uses.solid and not part.stands_in
    if joins:
        part.stand_in(whole, first)
    return joins


class _Concatenate:
    """Copies what could not be written, or read, where it belongs."""

    def __init__(self, parts: list[_Part], binding: Binding) -> None:
        self.parts, self.shards = parts, binding.shards

    def prepare(self) -> None:
        self.values = [(*part.values, part.channels) for part in self.parts if part.values is not None]
        self.gradients = [(*part.gradient, part.channels) for part in self.parts if part.gradient is not None]

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._join,) if self.values else ()

    def backward(self) -> tuple[Stage, ...]:
        return (self._part,) if self.gradients else ()

    def _join(self, shard: int) -> None:
        cases = self.shards[shard]
        for part, whole, channels in self.values:
            np.copyto(whole.steps[cases, :, channels], part.steps[cases])

    def _part(self, shard: int) -> None:
        cases = self.shards[shard]
        for part, whole, channels in self.gradients:
            np.copyto(part.steps[cases], whole.steps[cases, :, channels])

"""How a spec becomes operations: the seam between layers, which say what to compute, and the plan, which runs it.

Binding is done once per plan. A layer's `bind` declares its output's storage and its scratch needs and adds
operations; when all are known the storage is allocated and each operation prepares its views. From then on nothing is
allocated.

Work is cut into shards, slices of the batch that run at the same time on a thread each. An operation's pass is a
tuple of stages; within a stage a shard touches its own cases only, and between stages all shards meet (batch
statistics need that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from model.activations import Activation, Lengths, Storage
from model.memory import share

if TYPE_CHECKING:
    from model.arrays import Array, Floating
    from model.geometry import Shape

Stage = Callable[[int], None]


class Operation(Protocol):
    """A bound layer: views and buffers made once, then only calls with out=."""

    def prepare(self) -> None:
        """Makes every view; storage and scratch are allocated by now."""

    def refresh(self) -> None:
        """Recomputes what depends on parameters alone (a flipped kernel, a folded normalization)."""

    def forward(self) -> tuple[Stage, ...]:
        """The stages of the forward pass."""

    def backward(self) -> tuple[Stage, ...]:
        """The stages of the backward pass; none in an inference plan."""


@dataclass(frozen=True, eq=False)
class Weight:
    """A parameter as an operation sees it: its value, and where each shard writes its own gradient."""

    value: Array
    gradients: tuple[Array, ...]


@dataclass(eq=False)
class Workshop:
    """All that the operations of one plan share."""

    batch: int
    dtype: Floating
    training: bool
    shards: tuple[slice, ...]
    parameters: dict[str, Array]
    gradients: tuple[dict[str, Array], ...]
    state: dict[str, Array]
    generators: list[np.random.Generator]
    fast: bool = True
    operations: list[Operation] = field(default_factory=list)
    storages: list[Storage] = field(default_factory=list)
    lengths: list[Lengths] = field(default_factory=list)
    scratch_sizes: dict[str, int] = field(default_factory=dict)
    scratches: list[dict[str, Array]] = field(default_factory=list)
    silent: set[int] = field(default_factory=set)

    def allocate(self) -> None:
        """Makes the storage and the scratch, then every operation's views."""
        for storage in reversed(self.storages):
            uses = storage.uses
            if uses.remake is not None and uses.source is not None and uses.kept:
                uses.source.uses.kept.append(max(uses.kept))
        share(self.storages, len(self.operations), training=self.training)
        for storage in self.storages:
            storage.allocate(self.dtype)
        self.scratches = [
            {name: np.zeros(size, self.dtype) for name, size in self.scratch_sizes.items()} for _ in self.shards
        ]
        for operation in self.operations:
            operation.prepare()

    def dissolve(self) -> None:
        """Lets go of what knows this workshop itself, so that memory does not wait for a search for cycles."""
        self.operations.clear()
        self.storages.clear()

    def backward(self) -> Iterator[tuple[Stage, ...]]:
        """The stages of the backward pass, each operation's values made again before the first that reads them."""
        remade: dict[int, list[Stage]] = {}
        for storage in self.storages:
            if storage.uses.remake is not None and storage.uses.kept:
                remade.setdefault(max(storage.uses.kept), []).append(storage.uses.remake)
        for index in range(len(self.operations) - 1, -1, -1):
            yield from ((stage,) for stage in remade.get(index, ()))
            if index not in self.silent:
                yield self.operations[index].backward()


@dataclass(frozen=True, eq=False)
class Binding:
    """The plan's workshop, seen from one layer's place in the network."""

    workshop: Workshop
    place: str = ""

    def at(self, place: str) -> Binding:
        return replace(self, place=f"{self.place}{place}/")

    @property
    def training(self) -> bool:
        return self.workshop.training

    @property
    def learns(self) -> bool:
        """Whether the plan trains and parameters belong to this place."""
        return self.training and any(name.startswith(self.place) for name in self.workshop.parameters)

    @property
    def fast(self) -> bool:
        """Whether algorithms may be used that multiply less and round a little more."""
        return self.workshop.fast

    @property
    def shards(self) -> tuple[slice, ...]:
        return self.workshop.shards

    @property
    def dtype(self) -> Floating:
        return self.workshop.dtype

    def add(
        self,
        operation: Operation,
        *touched: Activation,
        forgets: tuple[Activation, ...] = (),
        loose: tuple[Activation, ...] = (),
    ) -> None:
        """Adds an operation, with every activation that it reads or writes.

        forgets: those whose values its backward pass does not read. loose: those that it reads and writes by their
        strides alone, so that they may become channels of a wider storage. Where none of all has a gradient there is no
        backward pass.
        """
        if not touched:
            raise TypeError("an operation is added with every activation that it reads or writes")
        index = len(self.workshop.operations)
        self.workshop.operations.append(operation)
        silent = all(activation.gradient is None for activation in touched)
        if silent:
            self.workshop.silent.add(index)
        for activation in touched:
            activation.values.uses.touched.append(index)
            if not silent and all(activation is not other for other in forgets):
                activation.values.uses.kept.append(index)
            if activation.gradient is not None:
                activation.gradient.uses.touched.append(index)
            if all(activation is not other for other in loose):
                activation.values.uses.solid.append(index)
                if activation.gradient is not None:
                    activation.gradient.uses.solid.append(index)

    def weight(self, name: str) -> Weight:
        full = self.place + name
        return Weight(self.workshop.parameters[full], tuple(views[full] for views in self.workshop.gradients))

    def state(self, name: str) -> Array:
        return self.workshop.state[self.place + name]

    def generator(self, shard: int) -> np.random.Generator:
        """The shard's own random numbers; looked up at each pass, because a plan's generators can be replaced."""
        return self.workshop.generators[shard]

    def storage(self, length: int, channels: int, *, of_gradient: bool = False) -> Storage:
        made = Storage(self.workshop.batch, length, channels, of_gradient=of_gradient)
        self.workshop.storages.append(made)
        return made

    def activation(
        self,
        shape: Shape,
        *before: Activation,
        lengths: Lengths | None = None,
        retained: bool = False,
    ) -> Activation:
        """A fresh output; it has a gradient when something wants one: an activation before it, or what learns here."""
        length = 1 if shape.vector else (shape.length or before[0].length)
        wanted = self.learns or any(x.gradient is not None for x in before)
        return Activation(
            shape._replace(length=None if shape.vector else length),
            self.storage(length, shape.channels),
            self.storage(length, shape.channels, of_gradient=True) if wanted else None,
            retained,
            lengths,
        )

    def in_place(self, x: Activation, *, keep_input: bool = False, retained: bool = False) -> Activation:
        """An output of x's shape: over x's own storage where no backward pass reads x, and always over its gradient."""
        values = self.storage(x.length, x.channels) if x.retained or keep_input else x.values.overwritten()
        gradient = x.gradient
        if gradient is None and self.learns:
            gradient = self.storage(x.length, x.channels, of_gradient=True)
        return Activation(x.shape, values, gradient, retained, x.lengths)

    def derive(self, lengths: Lengths | None, rule: Callable[[Array], Array], length: int) -> Lengths | None:
        """The lengths behind a layer that changes them."""
        if lengths is None:
            return None
        derived = lengths.derive(rule, length)
        self.workshop.lengths.append(derived)
        return derived

    def reserve_scratch(self, name: str, size: int) -> None:
        """Room for `size` numbers a shard, shared by all operations: its content does not outlive a stage."""
        sizes = self.workshop.scratch_sizes
        sizes[name] = max(sizes.get(name, 0), size)

    def scratch(self, name: str, shard: int, size: int) -> Array:
        return self.workshop.scratches[shard][name][:size]

"""compile(): a network becomes a plan, with every buffer and view made, for one batch size, one length and one purpose.

A plan owns mutable buffers, so it serves one caller at a time. Parameters and state are shared: several plans of one
network may point at the same vectors, which an optimizer moves in place.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from model.activations import Activation, Lengths, Storage
from model.binding import Binding, Stage, Workshop
from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers import sequence
from model.layers.layer import require_choice, require_positive
from model.layers.places import require_maskable
from model.team import Team

if TYPE_CHECKING:
    from model.arrays import Array, Floating
    from model.losses import LossSpec
    from model.network import Network

Mode = Literal["training", "inference"]


def compile(  # noqa: A001 - the field's word for it
    network: Network,
    *,
    batch: int,
    length: int,
    mode: Mode = "inference",
    loss: LossSpec | None = None,
    dtype: Floating = np.float32,
    masked: bool = False,
    threads: int = 1,
    parameters: Array | None = None,
    state: Array | None = None,
    input_gradient: bool = False,
    fast: bool = True,
) -> Plan:
    """A plan for `batch` cases of `length` steps.

    masked: cases differ in length, and `plan.lengths` tells each. threads: shards of the batch that run side by side;
    the result depends on their number in the last bits, never on timing. Each shard calls BLAS by itself, so BLAS
    should run one thread (OPENBLAS_NUM_THREADS=1, or threadpoolctl, as the service does). parameters, state: flat
    vectors to share with other plans, else the network's own (a copy when training). input_gradient: also compute the
    gradient by the input.
    """
    require_positive(batch=batch, length=length, threads=threads)
    require_choice("mode", mode, get_args(Mode))
    shape = Shape(network.channels, length)
    if network.length not in {None, length}:
        raise InvalidSpec(f"the network takes series of {network.length} steps, not of {length}")
    sequence.shapes(network.layers, shape)
    if masked:
        require_maskable(network.layers)
    return Plan(network, shape, batch, mode, loss, dtype, masked, threads, parameters, state, input_gradient, fast)


class Plan:
    """inputs (N, L, C), targets, weights (N,) and, when masked, lengths (N,) are written by the caller before each
    pass.
    """

    def __init__(
        self,
        network: Network,
        shape: Shape,
        batch: int,
        mode: Mode,
        loss: LossSpec | None,
        dtype: Floating,
        masked: bool,  # noqa: FBT001 - `compile` names it
        threads: int,
        parameters: Array | None,
        state: Array | None,
        input_gradient: bool,  # noqa: FBT001 - `compile` names it
        fast: bool,  # noqa: FBT001 - `compile` names it
    ) -> None:
        training = mode == "training"
        shards = _shards(batch, threads)
        self.network, self.batch, self.loss = network, batch, loss
        self.parameters = _own(
            network.parameters if parameters is None else parameters, dtype, copy=parameters is None and training
        )
        self.state = _own(network.state if state is None else state, dtype, copy=state is None and training)
        self._gradients = np.zeros((len(shards) if training else 0, network.layout.size), dtype)
        self.gradient = (
            self._gradients[0]
            if len(shards) == 1 and training
            else np.zeros(network.layout.size if training else 0, dtype)
        )
        self.workshop = Workshop(
            batch,
            dtype,
            training,
            shards,
            network.layout.views(self.parameters),
            tuple(network.layout.views(row) for row in self._gradients),
            network.state_layout.views(self.state),
            [np.random.default_rng([0, index]) for index in range(len(shards))],
            fast,
        )
        weakref.finalize(self, self.workshop.dissolve).atexit = False
        self._bind(shape, masked=masked, input_gradient=input_gradient)
        self.team = Team(len(shards))
        self.weights = np.ones(batch, dtype)
        outputs = self._outputs.values.steps
        self.targets = np.zeros(0) if loss is None else loss.targets_like(outputs)
        self._losses = np.zeros(len(shards), np.float64)
        self._scale = np.zeros((batch, self._outputs.length, 1), dtype)
        self._forward = _segments([operation.forward() for operation in self.workshop.operations])
        self._backward = _segments([(self._evaluate_loss,), *self.workshop.backward()]) if training else []
        self.refresh()

    def _bind(self, shape: Shape, *, masked: bool, input_gradient: bool) -> None:
        workshop, length = self.workshop, shape.length or 0
        lengths = Lengths.of(self.batch, length, workshop.dtype) if masked else None
        if lengths is not None:
            workshop.lengths.append(lengths)
        binding = Binding(workshop)
        source: Storage = binding.storage(length, shape.channels)
        wanted = input_gradient and workshop.training
        gradient = binding.storage(length, shape.channels, of_gradient=True) if wanted else None
        self._input = Activation(shape, source, gradient, retained=True, lengths=lengths)
        self._outputs = sequence.bind(self.network.layers, self._input, binding)
        for storage in (source, self._outputs.values):
            storage.uses.permanent, storage.uses.remake = True, None
        if gradient is not None:
            gradient.uses.permanent = True
        if self._outputs.gradient is not None:
            self._outputs.gradient.uses.touched.append(len(workshop.operations))
        workshop.allocate()
        self.inputs = source.steps
        self.lengths = None if lengths is None else lengths.counts

    @property
    def generators(self) -> Sequence[np.random.Generator]:
        """The random numbers of dropout, one generator a shard; replace them with `seed` or set their states."""
        return self.workshop.generators

    @generators.setter
    def generators(self, generators: Sequence[np.random.Generator]) -> None:
        if len(generators) != len(self.workshop.shards):
            raise ValueError(f"a plan of {len(self.workshop.shards)} shards needs as many generators")
        self.workshop.generators[:] = generators

    def refresh(self) -> None:
        """Recomputes what depends on parameters alone; an inference plan needs it after they have changed."""
        for operation in self.workshop.operations:
            operation.refresh()

    def forward(self) -> Array:
        """The outputs for the inputs: (N, K), or (N, L, K) from a network that answers step by step. A view: copy to
        keep.
        """
        for lengths in self.workshop.lengths:
            lengths.update()
        for segment in self._forward:
            self.team.run(segment)
        return self.outputs

    @property
    def outputs(self) -> Array:
        steps = self._outputs.values.steps
        return steps[:, 0] if self._outputs.shape.vector else steps

    def step(self) -> float:
        """The weighted mean loss of the inputs; afterwards `gradient` (P,) is its gradient by the parameters."""
        self.refresh()
        self.forward()
        return self.backward()

    def backward(self) -> float:
        """The loss of the last forward pass and its gradients."""
        if self.loss is None or not self.workshop.training:
            raise ValueError("a plan needs a loss and the training mode for a backward pass")
        self._weigh()
        for segment in self._backward:
            self.team.run(segment)
        if self.gradient is not self._gradients[0]:
            np.add.reduce(self._gradients, axis=0, out=self.gradient)
        return float(self._losses.sum())

    @property
    def input_gradient(self) -> Array:
        """(N, L, C): the gradient by the inputs, of a plan compiled with input_gradient."""
        if self._input.gradient is None:
            raise ValueError("the plan was compiled without input_gradient")
        return self._input.gradient.steps

    def evaluate(self) -> float:
        """The weighted mean loss of the last forward pass, without gradients."""
        if self.loss is None:
            raise ValueError("a plan needs a loss to evaluate")
        self._weigh()
        return self.loss.evaluate(self._outputs.values.steps, self.targets, self._scale, None)

    def _weigh(self) -> None:
        """Each row's weight, as a share of all rows; padded steps of step-by-step outputs weigh nothing."""
        self._scale[...] = self.weights[:, None, None]
        if self._outputs.lengths is not None and not self._outputs.shape.vector:
            self._scale *= self._outputs.lengths.mask
        total = self._scale.sum(dtype=np.float64)
        self._scale *= self._scale.dtype.type(1.0 / total if total > 0 else 0.0)

    def _evaluate_loss(self, shard: int) -> None:
        if self.loss is not None:
            cases, gradient = self.workshop.shards[shard], self._outputs.gradient
            self._losses[shard] = self.loss.evaluate(
                self._outputs.values.steps[cases],
                self.targets[cases],
                self._scale[cases],
                None if gradient is None else gradient.steps[cases],
            )

    @property
    def nbytes(self) -> int:
        """Memory of activations, gradients and scratch."""
        workshop = self.workshop
        stored = sum(storage.nbytes for storage in workshop.storages)
        scratch = sum(array.nbytes for scratches in workshop.scratches for array in scratches.values())
        return stored + scratch + self._gradients.nbytes

    def close(self) -> None:
        """Ends the plan's threads."""
        self.team.close()


def _own(flat: Array, dtype: Floating, *, copy: bool) -> Array:
    return flat.astype(dtype, copy=copy)


def _shards(batch: int, threads: int) -> tuple[slice, ...]:
    """Near-equal slices of the batch, one a thread and none of them empty."""
    count = max(1, min(threads, batch))
    edges = [batch * index // count for index in range(count + 1)]
    return tuple(slice(low, high) for low, high in pairwise(edges))


def _segments(passes: Sequence[tuple[Stage, ...]]) -> list[Callable[[int], None]]:
    """Stages joined into runs between meetings: shards meet only between the stages of one operation."""
    runs: list[list[Stage]] = [[]]
    for stages in passes:
        for index, stage in enumerate(stages):
            if index:
                runs.append([])
            runs[-1].append(stage)
    return [_run(tuple(run)) for run in runs if run]


def _run(stages: tuple[Stage, ...]) -> Callable[[int], None]:
    def run(shard: int) -> None:
        for stage in stages:
            stage(shard)

    return run

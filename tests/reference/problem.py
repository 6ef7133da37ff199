"""A network, its cases and a direction to differentiate in: solved by a plan, or by the slow truth, to the same answer.

The loss of a problem is <u, y> for random u, so its gradients are the transposed Jacobian times u: J'u.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from model.arrays import Array, Floating
from model.geometry import Shape
from model.layers import sequence
from model.layers.layer import LayerSpec
from model.network import Network
from model.plan import Plan, compile  # noqa: A004 - the field's word for it
from tests.reference import network as reference
from tests.reference.cases import Cases, Values


@dataclass(frozen=True)
class Projection:
    """The loss <targets, outputs>: its gradient by the outputs is the targets."""

    kind: ClassVar[str] = "projection"

    def targets_like(self, outputs: Array) -> Array:
        return np.zeros_like(outputs)

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        del weights
        if gradient is not None:
            gradient[...] = targets
        return float((outputs * targets).sum())


@dataclass(frozen=True)
class Answer:
    """outputs and dx: one array a case, (L_i, C); gradients by parameter name; loss = <u, outputs>."""

    outputs: Cases
    loss: float = 0.0
    dx: Cases = field(default_factory=list)
    gradients: Mapping[str, Array] = field(default_factory=dict)

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Everything by a name, to compare two answers."""
        yield from ((f"outputs of case {i}", y) for i, y in enumerate(self.outputs))
        yield from ((f"dx of case {i}", dx) for i, dx in enumerate(self.dx))
        yield from self.gradients.items()


@dataclass(frozen=True)
class Problem:
    """`masked` cases of several lengths, or cases of one length; arrays are drawn from `seed`."""

    layers: tuple[LayerSpec, ...]
    channels: int
    lengths: tuple[int, ...]
    masked: bool = False
    seed: int = 0

    @property
    def length(self) -> int:
        return max(self.lengths)

    def _draw(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *key])

    @cached_property
    def network(self) -> Network:
        """With no parameter at zero or one, and running statistics all positive."""
        made = Network.initialize(self.layers, self.channels, self.length, self._draw(0))
        parameters = (made.parameters + self._draw(1).normal(0, 0.4, made.parameters.size)).astype(np.float32)
        return made.with_parameters(parameters, self._draw(2).uniform(0.5, 1.5, made.state.size).astype(np.float32))

    @cached_property
    def cases(self) -> Cases:
        return [self._draw(3, i).standard_normal((length, self.channels)) for i, length in enumerate(self.lengths)]

    @property
    def predicted(self) -> list[Shape]:
        """The shape that the layers promise for each case."""
        return [sequence.shapes(self.layers, Shape(self.channels, length))[-1] for length in self.lengths]

    @cached_property
    def u(self) -> Cases:
        """What the outputs are projected on."""
        shapes = [(1 if shape.vector else shape.length or 0, shape.channels) for shape in self.predicted]
        return [self._draw(4, i).standard_normal(shape) for i, shape in enumerate(shapes)]

    def plan(
        self, mode: str = "training", dtype: Floating = np.float64, threads: int = 1, *, input_gradient: bool = True
    ) -> Plan:
        """A plan with the cases and u written into it, padding left at zero."""
        plan = compile(
            self.network,
            batch=len(self.lengths),
            length=self.length,
            mode="training" if mode == "training" else "inference",
            loss=Projection(),
            dtype=dtype,
            masked=self.masked,
            threads=threads,
            input_gradient=input_gradient and mode == "training",
        )
        write(plan.inputs, self.cases)
        write(plan.targets, self.u)
        if plan.lengths is not None:
            plan.lengths[...] = self.lengths
        self.reseed(plan)
        return plan

    def reseed(self, plan: Plan) -> None:
        """Dropout drops the same values again."""
        plan.generators = [self._draw(5, shard) for shard in range(len(plan.generators))]

    def answer(self, plan: Plan) -> Answer:
        """The outputs and all gradients of a training plan as it stands."""
        self.reseed(plan)
        loss = plan.step()
        gradients = self.network.layout.views(plan.gradient.copy())
        dx = [dx[:length].copy() for dx, length in zip(plan.input_gradient, self.lengths, strict=True)]
        return Answer(self.outputs(plan), loss, dx, gradients)

    def outputs(self, plan: Plan) -> Cases:
        """Each case's own steps of the last forward pass, copied."""
        steps = plan.outputs[:, None] if self.predicted[0].vector else plan.outputs
        return [y[: len(u)].copy() for y, u in zip(steps, self.u, strict=True)]

    def solve(self, dtype: Floating = np.float64, threads: int = 1) -> Answer:
        plan = self.plan(dtype=dtype, threads=threads)
        try:
            return self.answer(plan)
        finally:
            plan.close()

    def infer(self, dtype: Floating = np.float64, threads: int = 1) -> Answer:
        plan = self.plan("inference", dtype, threads)
        try:
            plan.forward()
            return Answer(self.outputs(plan))
        finally:
            plan.close()

    def truth(self, *, training: bool = True) -> Answer:
        """The same by the slow reference."""
        made = self.network
        parameters = made.layout.views(made.parameters.astype(np.float64))
        state = made.state_layout.views(made.state.astype(np.float64))
        values = Values(parameters, state, training, self._draw(5, 0))
        outputs, pullback = reference.run(self.layers, self.cases, values)
        if not training:
            return Answer(outputs)
        dx, gradients = pullback(self.u)
        loss = sum(float((y * u).sum()) for y, u in zip(outputs, self.u, strict=True))
        return Answer(outputs, loss, dx, gradients)

    def alone(self, case: int) -> Problem:
        """The same network and one of the cases, at its own length, unmasked."""
        single = replace(self, lengths=(self.lengths[case],), masked=False)
        vars(single).update(network=self.network, cases=[self.cases[case]], u=[self.u[case]])
        return single


def write(target: Array, cases: Cases) -> None:
    """The cases at the head of each row of target (N, L, C), zeros behind them."""
    target[...] = 0
    for row, x in zip(target, cases, strict=True):
        row[: len(x)] = x


def difference(a: Array, b: Array) -> float:
    """The largest difference, as a share of the largest value or of one."""
    if a.shape != b.shape:
        return np.inf
    scale = max(1.0, float(np.abs(b).max(initial=0)))
    return float(np.abs(a.astype(np.float64) - b).max(initial=0)) / scale


def disagreements(ours: Answer, theirs: Answer, tolerance: float) -> dict[str, float]:
    """Arrays that differ by more than the tolerance, or that one answer lacks."""
    left, right = dict(ours.arrays()), dict(theirs.arrays())
    found = dict.fromkeys(left.keys() ^ right.keys(), np.inf)
    found |= {name: difference(left[name], right[name]) for name in left.keys() & right.keys()}
    return {name: value for name, value in found.items() if not value <= tolerance}

"""The consensus of an ensemble, whose members answer side by side: the mean of their probabilities, or of their values.

z: (E, K) logits of E members for K classes, p = softmax(z) of each. y = log mean_e p_e is the ensemble's logits, since
softmax(y) = mean_e p_e. With w_e = p_e / sum p, the share that a member has in a class:
dz_e = w_e dy - p_e sum_k(w_e dy)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from model.errors import InvalidSpec
from model.layers.layer import require_choice, require_positive
from model.layers.mask import bind_mask

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding, Stage
    from model.geometry import Shape
    from model.parameters import Parameter


@dataclass(frozen=True)
class Consensus:
    """Of so many `members`, one after another in the channels; of: "logits", by their probabilities, or "values"."""

    kind: ClassVar[str] = "consensus"
    members: int
    of: Literal["logits", "values"] = "logits"

    def __post_init__(self) -> None:
        require_positive(members=self.members)
        require_choice("of", self.of, ("logits", "values"))

    def output(self, shape: Shape) -> Shape:
        if shape.channels % self.members:
            raise InvalidSpec(
                f"members is {self.members}, but gets {shape}, which {self.members} members cannot share evenly",
                pointer="/members",
            )
        return shape._replace(channels=shape.channels // self.members)

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        y = binding.activation(self.output(x.shape), x, lengths=x.lengths)
        operation = _OfLogits if self.of == "logits" else _OfValues
        binding.add(operation(self.members, x, y, binding), x, y, forgets=(x, y))
        return bind_mask(y, binding)


class _OfValues:
    def __init__(self, members: int, x: Activation, y: Activation, binding: Binding) -> None:
        self.members, self.x, self.y, self.shards = members, x, y, binding.shards

    def prepare(self) -> None:
        pass

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._mean,)

    def backward(self) -> tuple[Stage, ...]:
        return () if self.x.gradient is None else (self._gradient,)

    def _mean(self, shard: int) -> None:
        cases = self.shards[shard]
        np.mean(_by_member(self.x.values.steps[cases], self.members), axis=2, out=self.y.values.steps[cases])

    def _gradient(self, shard: int) -> None:
        if self.x.gradient is None or self.y.gradient is None:
            return
        cases = self.shards[shard]
        dx, dy = _by_member(self.x.gradient.steps[cases], self.members), self.y.gradient.steps[cases]
        np.divide(dy[:, :, None], self.members, out=dx)


class _OfLogits:
    """logs and shares: (N, L, E, K), log p and p on the way forward, then w in the place of log p."""

    def __init__(self, members: int, x: Activation, y: Activation, binding: Binding) -> None:
        self.members, self.x, self.y, self.binding = members, x, y, binding

    def prepare(self) -> None:
        x, dtype = self.x, self.binding.dtype
        shape = (x.batch, x.length, self.members, self.y.channels)
        self.logs, self.shares = np.zeros(shape, dtype), np.zeros(shape, dtype)
        self.totals = np.zeros((*shape[:3], 1), dtype)
        self.top = np.zeros((*shape[:2], shape[3]), dtype)

    def refresh(self) -> None:
        pass

    def forward(self) -> tuple[Stage, ...]:
        return (self._agree,)

    def backward(self) -> tuple[Stage, ...]:
        return () if self.x.gradient is None else (self._gradient,)

    def _agree(self, shard: int) -> None:
        cases = self.binding.shards[shard]
        z, y = _by_member(self.x.values.steps[cases], self.members), self.y.values.steps[cases]
        logs, shares, totals, top = self.logs[cases], self.shares[cases], self.totals[cases], self.top[cases]
        np.maximum.reduce(z, axis=3, keepdims=True, out=totals)
        np.subtract(z, totals, out=logs)
        np.exp(logs, out=shares)
        np.add.reduce(shares, axis=3, keepdims=True, out=totals)
        np.divide(shares, totals, out=shares)
        np.log(totals, out=totals)
        np.subtract(logs, totals, out=logs)
        # y = log sum_e exp(log p_e) - log E, with the greatest taken out first
        np.maximum.reduce(logs, axis=2, out=top)
        np.subtract(logs, top[:, :, None], out=logs)
        np.exp(logs, out=logs)
        np.add.reduce(logs, axis=2, out=y)
        np.divide(logs, y[:, :, None], out=logs)
        np.log(y, out=y)
        np.add(y, top, out=y)
        np.subtract(y, self.binding.dtype(math.log(self.members)), out=y)

    def _gradient(self, shard: int) -> None:
        if self.x.gradient is None or self.y.gradient is None:
            return
        cases = self.binding.shards[shard]
        dz, dy = _by_member(self.x.gradient.steps[cases], self.members), self.y.gradient.steps[cases]
        shares, totals = self.shares[cases], self.totals[cases]
        np.multiply(self.logs[cases], dy[:, :, None], out=dz)
        np.add.reduce(dz, axis=3, keepdims=True, out=totals)
        np.multiply(shares, totals, out=shares)
        np.subtract(dz, shares, out=dz)


def _by_member(x: Array, members: int) -> Array:
    """(n, L, E K) as (n, L, E, K), a view."""
    view: Array = x.reshape(*x.shape[:2], members, -1)
    return view

"""Squeeze and excitation: the gate is run by the caller's table, and the product's two gradients are written out."""

from __future__ import annotations

from model.layers.squeeze_excitation import SqueezeExcitation
from tests.reference.cases import Cases, Gradients, Pullback, Values
from tests.reference.structure import Run


def squeeze_excitation(spec: SqueezeExcitation, cases: Cases, values: Values, run: Run) -> tuple[Cases, Pullback]:
    """y = x g(x) for each case (L, C) and its gate (1, C): what comes back does so through both."""
    gates, back = run(spec.gate(cases[0].shape[1]), cases, values, "gate")

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        through_gates, gradients = back([sum(dy * x).reshape(1, -1) for dy, x in zip(dys, cases, strict=True)])
        beside = [dy * gate for dy, gate in zip(dys, gates, strict=True)]
        return [a + b for a, b in zip(beside, through_gates, strict=True)], gradients

    return [x * gate for x, gate in zip(cases, gates, strict=True)], pullback

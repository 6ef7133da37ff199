"""Layers that rearrange or hold others: flatten, and the containers, whose parts the caller's table runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.geometry import Shape
from model.layers.flatten import Flatten
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.residual import Residual
from tests.reference.cases import Cases, Gradients, Pullback, Values, each

Run = Callable[[tuple[LayerSpec, ...], Cases, Values, str], tuple[Cases, Pullback]]
"""Runs layers named by a group (layers, shortcut, branches/0) one after another."""


def flatten(_spec: Flatten, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    return each(cases, lambda x: (x.reshape(1, -1), lambda dy: dy.reshape(x.shape)))


def residual(spec: Residual, cases: Cases, values: Values, run: Run) -> tuple[Cases, Pullback]:
    """body(x) + shortcut(x); dx is the sum of what both send back. The shortcut is run first."""
    shortcut = spec.shortcut_for(Shape(cases[0].shape[1], max(len(x) for x in cases)))
    beside, beside_back = run(shortcut, cases, values, "shortcut")
    body, body_back = run(spec.layers, cases, values, "layers")

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        dx_body, gradients = body_back(dys)
        dx_beside, more = beside_back(dys)
        return [a + b for a, b in zip(dx_body, dx_beside, strict=True)], gradients | more

    return [a + b for a, b in zip(body, beside, strict=True)], pullback


def parallel(spec: Parallel, cases: Cases, values: Values, run: Run) -> tuple[Cases, Pullback]:
    """The channels of the branches, in order."""
    results = [run(branch, cases, values, f"branches/{index}") for index, branch in enumerate(spec.branches)]
    ends = np.cumsum([ys[0].shape[1] for ys, _ in results])[:-1]

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        parts = [np.split(dy, ends, axis=1) for dy in dys]
        backs = [back([part[index] for part in parts]) for index, (_, back) in enumerate(results)]
        gradients = {name: gradient for _, found in backs for name, gradient in found.items()}
        return [np.sum(dxs, axis=0) for dxs in zip(*(dx for dx, _ in backs), strict=True)], gradients

    return [np.concatenate(ys, axis=1) for ys in zip(*(ys for ys, _ in results), strict=True)], pullback

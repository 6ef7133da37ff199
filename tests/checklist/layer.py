"""One convolution layer run on plain arrays in float64: what goes in, what comes out, and its three gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from model.layers.conv1d import Conv1d
from model.network import Network
from model.plan import Plan, compile  # noqa: A004 - the field's word for it
from tests.reference.problem import Projection

P = 3
SIGNAL = np.array([2.0, -1.0, 0.5, 3.0, 4.0, -2.0, 1.5, 0.25, -3.0, 1.0, 2.5])
"""m = 11."""
KERNEL = np.array([1.0, 2.0, 4.0, -3.0, 0.5, -1.0, 7.0])
"""n = 2 P + 1 = 7, asymmetric: a layer that reverses it cannot go unseen."""


@dataclass(frozen=True)
class Result:
    """y (T, F), dx (L, C), dw (K, C / groups, F), db as the layer holds it (empty without bias)."""

    y: Array
    dx: Array
    dw: Array
    db: Array


def plan_of(layer: Conv1d, x: Array, w: Array | None = None, b: Array | None = None) -> Plan:
    """A training plan of one case x (L, C), its kernel w (K, C / groups, F) and bias b in place."""
    network = Network.initialize((layer,), x.shape[1], len(x), np.random.default_rng(0))
    plan = compile(
        network, batch=1, length=len(x), mode="training", loss=Projection(), dtype=np.float64, input_gradient=True
    )
    views = network.layout.views(plan.parameters)
    if w is not None:
        views["layers/0/kernel"][...] = w.reshape(*w.shape[:2], layer.groups, -1).transpose(2, 0, 1, 3)
    if b is not None:
        views["layers/0/bias"][...] = b
    plan.inputs[0] = x
    return plan


def run(layer: Conv1d, x: Array, w: Array | None = None, b: Array | None = None, dy: Array | None = None) -> Result:
    """The layer on one case, with the gradients for dy (T, F), ones by default."""
    plan = plan_of(layer, x, w, b)
    plan.targets[...] = 1 if dy is None else dy
    plan.step()
    gradients = plan.network.layout.views(plan.gradient)
    dw = gradients["layers/0/kernel"].transpose(1, 2, 0, 3).reshape(layer.kernel, -1, layer.out_channels)
    return Result(plan.outputs[0], plan.input_gradient[0], dw, gradients.get("layers/0/bias", np.zeros(0)))


def single(x: Array, w: Array, dy: Array | None = None, *, padding: object = "same", stride: int = 1) -> Result:
    """A layer of one channel and one kernel that CONVOLVES x (m,) with w (n,): it holds w reversed. All results 1-D."""
    layer = Conv1d(1, len(w), stride=stride, padding=padding, bias=False)
    found = run(layer, x[:, None], w[::-1, None, None], dy=None if dy is None else dy[:, None])
    return Result(found.y[:, 0], found.dx[:, 0], found.dw[::-1, 0, 0], found.db)

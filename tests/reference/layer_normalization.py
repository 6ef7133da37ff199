"""Layer normalization, one step after another, its gradient through mean and variance by their Jacobian."""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.layers.layer_normalization import LayerNormalization
from tests.reference.cases import Cases, Gradients, Pullback, Values


def layer_normalization(spec: LayerNormalization, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    gain, shift = values.parameters["gain"], values.parameters["shift"]
    standards = [[standardize(step, spec.epsilon) for step in x] for x in cases]
    ys = [np.stack([gain * z + shift for z, _ in steps]) for steps in standards]

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        dxs, d_gain, d_shift = [], np.zeros_like(gain), np.zeros_like(shift)
        for steps, dy in zip(standards, dys, strict=True):
            dxs.append(np.stack([jacobian.T @ (gain * row) for (_, jacobian), row in zip(steps, dy, strict=True)]))
            d_gain += sum(z * row for (z, _), row in zip(steps, dy, strict=True))
            d_shift += sum(dy)
        return dxs, {"gain": d_gain, "shift": d_shift}

    return ys, pullback


def standardize(x: Array, epsilon: float) -> tuple[Array, Array]:
    """z = (x - mean) / deviation of one step (C,), and its Jacobian dz_i / dx_j (C, C)."""
    count = len(x)
    mean = sum(x) / count
    deviation = np.sqrt(sum((x - mean) ** 2) / count + epsilon)
    z = (x - mean) / deviation
    centring = np.eye(count) - 1 / count
    return z, centring / deviation - np.outer(z, z) / (count * deviation)

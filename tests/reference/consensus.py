"""The consensus of an ensemble from its definition, one step after another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.arrays import Array
from model.layers.consensus import Consensus
from tests.reference.cases import Cases, Pullback, Values, each


def consensus(spec: Consensus, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    def of_case(x: Array) -> tuple[Array, Callable[[Array], Array]]:
        pairs = [of_step(spec, step.reshape(spec.members, -1)) for step in x]
        y = np.stack([answer for answer, _ in pairs])

        def back(dy: Array) -> Array:
            return np.stack(
                [np.einsum("k,kec->ec", d, slopes).ravel() for d, (_, slopes) in zip(dy, pairs, strict=True)]
            )

        return y, back

    return each(cases, of_case)


def of_step(spec: Consensus, z: Array) -> tuple[Array, Array]:
    """y (K,) of one step (E, K), and its Jacobian (K, E, K)."""
    members, classes = z.shape
    slopes = np.zeros((classes, members, classes))
    if spec.of == "values":
        for k in range(classes):
            slopes[k, :, k] = 1 / members
        return z.mean(axis=0), slopes
    powers = np.exp(z)
    p = powers / powers.sum(axis=1, keepdims=True)
    total = p.sum(axis=0)
    for e in range(members):
        softmax_jacobian = np.diag(p[e]) - np.outer(p[e], p[e])
        slopes[:, e] = softmax_jacobian / total[:, None]
    return np.log(total / members), slopes

"""Element-wise layers, from their definition and the derivative beside it."""

from __future__ import annotations

import numpy as np

from model.layers.dropout import Dropout
from model.layers.relu import Relu
from tests.reference.cases import Cases, Gradients, Pullback, Values, each


def relu(_spec: Relu, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    return each(cases, lambda x: (np.where(x > 0, x, 0.0), lambda dy: np.where(x > 0, dy, 0.0)))


def dropout(spec: Dropout, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    """A value stays when its uniform number reaches `rate`: one number a value, or a channel when spatial."""
    if not values.training or spec.rate == 0:
        return cases, lambda dys: (dys, {})
    steps, channels = max(len(x) for x in cases), cases[0].shape[1]
    uniform = values.generator.random((len(cases), 1 if spec.spatial else steps, channels), dtype=np.float32)
    kept = np.floor(uniform + np.float32(1 - spec.rate)) / (1 - spec.rate)
    factors = [case[: len(x)] for case, x in zip(kept, cases, strict=True)]

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        return [dy * factor for dy, factor in zip(dys, factors, strict=True)], {}

    return [x * factor for x, factor in zip(cases, factors, strict=True)], pullback

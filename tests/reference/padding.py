"""The padding layer from numpy.pad itself, case by case; its pullback from numpy.pad of one step after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from model.arrays import Array
from model.layers.pad import Pad
from tests.reference.cases import Cases, Pullback, Values, each

CHOICES: dict[str, Callable[[Array], tuple[int, ...]]] = {
    "maximum": lambda x: (int(np.argmax(x)),),
    "minimum": lambda x: (int(np.argmin(x)),),
    "median": lambda x: tuple(int(np.argsort(x)[place]) for place in ((len(x) - 1) // 2, len(x) // 2)),
}


def pad(spec: Pad, cases: Cases, _values: Values) -> tuple[Cases, Pullback]:
    def of_case(x: Array) -> tuple[Array, Callable[[Array], Array]]:
        y = np.stack([padded(spec, channel) for channel in x.T], axis=1)
        jacobians = [jacobian(spec, channel) for channel in x.T]
        return y, lambda dy: np.stack([jac.T @ row for jac, row in zip(jacobians, dy.T, strict=True)], axis=1)

    return each(cases, of_case)


def padded(spec: Pad, x: Array) -> Array:
    """One channel (L,), padded."""
    if isinstance(spec.constant_values, str):
        length = len(x) if spec.stat_length is None else spec.stat_length
        chosen = {"first": x[:1], "mean": x[:length], "median": x[:length]}[spec.constant_values]
        value = np.median(chosen) if spec.constant_values == "median" else chosen.mean()
        return np.pad(x, spec.width, "constant", constant_values=value)
    return np.pad(x, spec.width, spec.mode, **options(spec))


def options(spec: Pad) -> dict[str, Any]:
    names = {
        "constant": ("constant_values",),
        "linear_ramp": ("end_values",),
        "reflect": ("reflect_type",),
        "symmetric": ("reflect_type",),
        **dict.fromkeys(("maximum", "mean", "median", "minimum"), ("stat_length",)),
    }
    return {name: getattr(spec, name) for name in names.get(spec.mode, ())}


def jacobian(spec: Pad, x: Array) -> Array:
    """(L + left + right, L): a column for each step. What chooses steps is constant where it does not choose."""
    statistic = spec.constant_values if isinstance(spec.constant_values, str) else spec.mode
    if statistic not in CHOICES:
        nothing = padded(spec, np.zeros_like(x))
        return np.stack([padded(spec, unit) - nothing for unit in np.eye(len(x))], axis=1)
    left, right = spec.width if isinstance(spec.width, tuple) else (spec.width, spec.width)
    stat = spec.stat_length if isinstance(spec.stat_length, tuple) else (spec.stat_length,) * 2
    lengths = [len(x) if each is None else min(each, len(x)) for each in stat]
    starts = (0, 0) if spec.mode == "constant" else (0, len(x) - lengths[1])
    rows = []
    for start, length in zip(starts, lengths, strict=True):
        row = np.zeros(len(x))
        chosen = CHOICES[statistic](x[start : start + length])
        np.add.at(row, [start + place for place in chosen], 1 / len(chosen))
        rows.append(row)
    return np.concatenate([np.tile(rows[0], (left, 1)), np.eye(len(x)), np.tile(rows[1], (right, 1))])

"""Normalizations, each gradient through the mean and the variance step by step."""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.layers.batch_normalization import BatchNormalization
from tests.reference.cases import Cases, Gradients, Pullback, Values


def standardize(rows: Array, epsilon: float) -> tuple[Array, Array]:
    """(rows - mean) / deviation and the deviation, over the first axis."""
    mean = sum(rows) / len(rows)
    variance = sum((row - mean) ** 2 for row in rows) / len(rows)
    deviation = np.sqrt(variance + epsilon)
    return (rows - mean) / deviation, deviation


def standardize_pullback(dz: Array, z: Array, deviation: Array) -> Array:
    """dx of z = (x - mean) / deviation, where mean and deviation depend on x too."""
    count = len(z)
    centred = z * deviation
    d_variance = -0.5 * sum(dz * centred) / deviation**3
    d_mean = -sum(dz) / deviation - 2 * d_variance * sum(centred) / count
    return dz / deviation + 2 * d_variance * centred / count + d_mean / count


def batch_normalization(spec: BatchNormalization, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    """Over all steps of all cases in training, by the running statistics in inference."""
    gain, shift = values.parameters["gain"], values.parameters["shift"]
    ends = np.cumsum([len(x) for x in cases])[:-1]
    rows = np.concatenate(cases)
    if values.training:
        z, deviation = standardize(rows, spec.epsilon)
    else:
        deviation = np.sqrt(values.state["variance"] + spec.epsilon)
        z = (rows - values.state["mean"]) / deviation

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        dy = np.concatenate(dys)
        dz = dy * gain
        dx = standardize_pullback(dz, z, deviation) if values.training else dz / deviation
        return np.split(dx, ends), {"gain": sum(dy * z), "shift": sum(dy)}

    return np.split(z * gain + shift, ends), pullback


def running_statistics(spec: BatchNormalization, cases: Cases, values: Values) -> tuple[Array, Array]:
    """Mean and variance after one training step: the unbiased variance of the batch moves the running one."""
    rows, keep = np.concatenate(cases), spec.momentum
    mean = keep * values.state["mean"] + (1 - keep) * rows.mean(axis=0)
    unbiased = rows.var(axis=0) * len(rows) / max(len(rows) - 1, 1)
    return mean, keep * values.state["variance"] + (1 - keep) * unbiased

"""Convolution layers as sums written out, one product at a time, in float64."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from model.arrays import Array
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.pad import Pad
from tests.reference.cases import Cases, Gradients, Pullback, Values
from tests.reference.padding import pad


def padding(spec: Conv1d) -> tuple[int, int]:
    """Zeros on both sides, from the definition of each mode."""
    reach = (spec.kernel - 1) * spec.dilation
    named = {"valid": (0, 0), "same": (reach // 2, reach - reach // 2), "causal": (reach, 0), "full": (reach, reach)}
    if isinstance(spec.padding, str):
        return named[spec.padding]
    return (spec.padding, spec.padding) if isinstance(spec.padding, int) else spec.padding


def places(spec: Conv1d, length: int) -> list[tuple[int, int, int]]:
    """Every (output step, tap, input step) where the tap falls on a real step."""
    left, right = padding(spec)
    span = length + left + right - (spec.kernel - 1) * spec.dilation
    found = []
    for t, k in product(range(output_length(spec, length)), range(spec.kernel)):
        i = t * spec.stride + k * spec.dilation - left
        assert -left <= i < length + right
        assert t * spec.stride < span
        if 0 <= i < length:
            found.append((t, k, i))
    return found


def output_length(spec: Conv1d, length: int) -> int:
    """Windows counted one by one."""
    left, right = padding(spec)
    last_start = length + left + right - (spec.kernel - 1) * spec.dilation - 1
    return len(range(0, last_start + 1, spec.stride))


def conv1d(spec: Conv1d, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    """A convolution behind its padding, by the kernel that its parameters make."""
    if spec.padding_mode != "zeros":
        return behind_padding(spec, cases, values)
    if spec.weight_normalization:
        return weight_normalized(spec, cases, values)
    return correlation(spec, cases, values)


def behind_padding(spec: Conv1d, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    """The padding layer, then a convolution that needs none."""
    padded, fold = pad(Pad(padding(spec), spec.padding_mode), cases, values)
    ys, back = conv1d(replace(spec, padding="valid", padding_mode="zeros"), padded, values)

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        d_padded, gradients = back(dys)
        return fold(d_padded)[0], gradients

    return ys, pullback


def weight_normalized(spec: Conv1d, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    """w = g v / |v| for each output; the Jacobian of v / |v| is (1 - u u') / |v|, with u = v / |v|."""
    direction, gain = values.parameters["direction"], values.parameters["gain"]
    groups, taps, inputs, outputs = direction.shape
    kernel = np.zeros_like(direction)
    for g, f in product(range(groups), range(outputs)):
        v = direction[g, :, :, f]
        kernel[g, :, :, f] = gain[g * outputs + f] * v / np.sqrt((v * v).sum())
    ys, back = correlation(spec, cases, replace(values, parameters={**values.parameters, "kernel": kernel}))

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        dxs, gradients = back(dys)
        dw = gradients.pop("kernel")
        d_direction, d_gain = np.zeros_like(direction), np.zeros_like(gain)
        for g, f in product(range(groups), range(outputs)):
            v, d = direction[g, :, :, f].ravel(), dw[g, :, :, f].ravel()
            length = np.sqrt(v @ v)
            unit, place = v / length, g * outputs + f
            d_gain[place] = d @ unit
            jacobian = (np.eye(len(v)) - np.outer(unit, unit)) / length
            d_direction[g, :, :, f] = (gain[place] * jacobian.T @ d).reshape(taps, inputs)
        return dxs, gradients | {"direction": d_direction, "gain": d_gain}

    return ys, pullback


def correlation(spec: Conv1d, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    """y[t, f] = b[f] + sum_k sum_c x[t s + k d - left, c] w[k, c, f], each group over its own channels."""
    w, b = values.parameters["kernel"], values.parameters.get("bias")
    groups, _, inputs, outputs = w.shape
    terms = list(product(range(groups), range(inputs), range(outputs)))

    def forward(x: Array) -> Array:
        y = np.zeros((output_length(spec, len(x)), groups * outputs))
        for t, k, i in places(spec, len(x)):
            for g, c, f in terms:
                y[t, g * outputs + f] += x[i, g * inputs + c] * w[g, k, c, f]
        return y if b is None else y + b

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        dw, dxs = np.zeros_like(w), [np.zeros_like(x) for x in cases]
        for x, dx, dy in zip(cases, dxs, dys, strict=True):
            for t, k, i in places(spec, len(x)):
                for g, c, f in terms:
                    dw[g, k, c, f] += x[i, g * inputs + c] * dy[t, g * outputs + f]
                    dx[i, g * inputs + c] += w[g, k, c, f] * dy[t, g * outputs + f]
        if b is None:
            return dxs, {"kernel": dw}
        untied = b.ndim > 1
        return dxs, {"kernel": dw, "bias": sum(dys) if untied else sum(dy.sum(axis=0) for dy in dys)}

    return [forward(x) for x in cases], pullback


def dense(spec: Dense, cases: Cases, values: Values) -> tuple[Cases, Pullback]:
    """y = x w + b at each step."""
    w, b = values.parameters["kernel"][0, 0], values.parameters.get("bias", np.zeros(spec.units))

    def forward(x: Array) -> Array:
        y = np.zeros((len(x), spec.units))
        for t, f in product(range(len(x)), range(spec.units)):
            y[t, f] = b[f] + sum(x[t, c] * w[c, f] for c in range(len(w)))
        return y

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        dw, dxs = np.zeros_like(w), [np.zeros_like(x) for x in cases]
        for x, dx, dy in zip(cases, dxs, dys, strict=True):
            for t, c, f in product(range(len(x)), *map(range, w.shape)):
                dw[c, f] += x[t, c] * dy[t, f]
                dx[t, c] += w[c, f] * dy[t, f]
        gradients = {"kernel": dw[None, None]}
        return dxs, gradients | ({"bias": sum(dy.sum(axis=0) for dy in dys)} if spec.bias else {})

    return [forward(x) for x in cases], pullback

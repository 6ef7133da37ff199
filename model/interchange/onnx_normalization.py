"""Normalization layers in ONNX operators."""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.geometry import Shape
from model.interchange.onnx_signal import Signal, Site, masked
from model.layers.batch_normalization import BatchNormalization
from model.layers.layer_normalization import LayerNormalization


def batch_normalization(spec: BatchNormalization, x: Signal, site: Site) -> Signal:
    """The affine map that the running statistics come to; ONNX's own operator where they are to be seen."""
    graph = site.graph
    if not site.folded:
        vectors = (graph.constant(site.array(name)) for name in ("gain", "shift", "mean", "variance"))
        y = graph.op("BatchNormalization", x.value, *vectors, epsilon=float(spec.epsilon))
        return masked(graph, Signal(y, x.shape, x.padding))
    scale, offset = (graph.constant(_beside(each, x.shape)) for each in affine(spec, site))
    y = graph.op("Add", graph.op("Mul", x.value, scale), offset)
    return masked(graph, Signal(y, x.shape, x.padding))


def affine(spec: BatchNormalization, site: Site) -> tuple[Array, Array]:
    """Scale and offset (C,) float64 that the running statistics come to."""
    gain, shift, mean, variance = (
        site.array(name).astype(np.float64) for name in ("gain", "shift", "mean", "variance")
    )
    scale = gain / np.sqrt(variance + spec.epsilon)
    return scale, shift - mean * scale


def layer_normalization(spec: LayerNormalization, x: Signal, site: Site) -> Signal:
    """Mean and variance over the channels of each step; ONNX's own operator normalizes the innermost axes alone."""
    graph = site.graph
    gain, shift = (graph.constant(_beside(site.array(name), x.shape)) for name in ("gain", "shift"))
    centred = graph.op("Sub", x.value, graph.reduce("ReduceMean", x.value, 1))
    variance = graph.reduce("ReduceMean", graph.op("Mul", centred, centred), 1)
    deviation = graph.op("Sqrt", graph.op("Add", variance, graph.number(spec.epsilon)))
    y = graph.op("Add", graph.op("Mul", graph.op("Div", centred, deviation), gain), shift)
    return masked(graph, Signal(y, x.shape, x.padding))


def _beside(values: Array, shape: Shape) -> Array:
    """One value a channel (C,) as float32 that spreads over (N, C) or (N, C, L)."""
    return (values if shape.vector else values[:, None]).astype(np.float32)

"""One emitter for each kind of layer: what the layer computes at inference, in ONNX operators.

Kernels are cross-correlations here as there (checklist F9), so no kernel is flipped; they only change from
(groups, K, C / groups, F / groups) to ONNX's (F, C / groups, K).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from onnx import TensorProto

from model.arrays import Array
from model.geometry import Shape, pad_widths
from model.interchange.onnx_graph import Graph, Name
from model.interchange.onnx_signal import Signal, Site, hidden, masked, places_of, slid
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.dropout import Dropout
from model.layers.flatten import Flatten
from model.layers.global_pooling import GlobalAveragePool, GlobalMaxPool, LastStep
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.pooling import AveragePool, MaxPool
from model.layers.relu import Relu
from model.layers.residual import Residual

Emitter: TypeAlias = Callable[[Any, Signal, Site], Signal]
"""Takes a layer's spec, its input and its site, and answers its output; the table below gives each its own spec."""


def emit(layers: Sequence[LayerSpec], x: Signal, site: Site, group: str = "layers") -> Signal:
    """Emit layers one after another; a normalization behind a convolution is folded into its kernel."""
    index = 0
    while index < len(layers):
        layer, here = layers[index], site.at(f"{group}/{index}")
        following = layers[index + 1] if index + 1 < len(layers) else None
        if isinstance(layer, Conv1d) and isinstance(following, BatchNormalization) and layer.bias != "untied":
            x = _normalized_conv1d(layer, following, x, here, site.at(f"{group}/{index + 1}"))
            index += 2
        else:
            x = EMITTERS[layer.kind](layer, x, here)
            index += 1
    return x


def _conv1d(spec: Conv1d, x: Signal, site: Site) -> Signal:
    tied = spec.bias is True
    y = _convolve(spec, x, site.graph, site.array("kernel"), site.array("bias") if tied else None)
    if spec.bias == "untied":
        y = site.graph.op("Add", y, site.graph.constant(site.array("bias").T[None]))
    return _slid_signal(spec, x, site, y)


def _normalized_conv1d(spec: Conv1d, normalization: BatchNormalization, x: Signal, site: Site, behind: Site) -> Signal:
    """W' = w * scale and b' = (b - mean) * scale + shift, with scale = gain / sqrt(variance + epsilon)."""
    scale, offset = _affine(normalization, behind)
    kernel = site.array("kernel") * scale.reshape(spec.groups, 1, 1, -1)
    bias = (site.array("bias") * scale if spec.bias else 0.0) + offset
    return _slid_signal(spec, x, site, _convolve(spec, x, site.graph, kernel, bias))


def _convolve(spec: Conv1d, x: Signal, graph: Graph, kernel: Array, bias: Array | None) -> Name:
    groups, size, inputs, outputs = kernel.shape
    w = kernel.transpose(0, 3, 2, 1).reshape(groups * outputs, inputs, size).astype(np.float32)
    operands = [x.value, graph.constant(w)]
    if bias is not None:
        operands.append(graph.constant(bias.astype(np.float32)))
    return graph.op(
        "Conv",
        *operands,
        kernel_shape=[size],
        strides=[spec.stride],
        dilations=[spec.dilation],
        pads=list(spec.widths),
        group=groups,
    )


def _slid_signal(spec: Conv1d, x: Signal, site: Site, y: Name) -> Signal:
    padding = slid(site.graph, x.padding, spec.kernel, spec.stride, spec.dilation, spec.widths)
    return masked(site.graph, Signal(y, spec.output(x.shape), padding))


def _affine(spec: BatchNormalization, site: Site) -> tuple[Array, Array]:
    """Scale and offset (C,) float64 that the running statistics come to."""
    gain, shift, mean, variance = (
        site.array(name).astype(np.float64) for name in ("gain", "shift", "mean", "variance")
    )
    scale = gain / np.sqrt(variance + spec.epsilon)
    return scale, shift - mean * scale


def _batch_normalization(spec: BatchNormalization, x: Signal, site: Site) -> Signal:
    graph = site.graph
    scale, offset = (graph.constant(_beside(each, x.shape)) for each in _affine(spec, site))
    y = graph.op("Add", graph.op("Mul", x.value, scale), offset)
    return masked(graph, Signal(y, x.shape, x.padding))


def _dense(spec: Dense, x: Signal, site: Site) -> Signal:
    """A matrix product over a vector, a convolution of one step over series."""
    graph, kernel = site.graph, site.array("kernel")
    bias = site.array("bias") if spec.bias else None
    if x.shape.vector:
        operands = [x.value, graph.constant(kernel[0, 0])] + ([] if bias is None else [graph.constant(bias)])
        return Signal(graph.op("Gemm", *operands), spec.output(x.shape))
    y = _convolve(Conv1d(spec.units, 1, padding="valid"), x, graph, kernel, bias)
    return masked(graph, Signal(y, spec.output(x.shape), x.padding))


def _relu(_spec: Relu, x: Signal, site: Site) -> Signal:
    return Signal(site.graph.op("Relu", x.value), x.shape, x.padding)


def _dropout(_spec: Dropout, x: Signal, _site: Site) -> Signal:
    return x


def _max_pool(spec: MaxPool, x: Signal, site: Site) -> Signal:
    return _pooled(spec, x, site, _pool("MaxPool", spec, hidden(site.graph, x), site.graph))


def _average_pool(spec: AveragePool, x: Signal, site: Site) -> Signal:
    """The mean over the steps that are there: where lengths differ, the sum divided by the sum of the mask."""
    graph = site.graph
    if x.padding is None:
        return _pooled(spec, x, site, _pool("AveragePool", spec, x.value, graph, count_include_pad=0))
    share = _pool("AveragePool", spec, graph.cast(x.padding.mask, TensorProto.FLOAT), graph, count_include_pad=1)
    mean = _pool("AveragePool", spec, x.value, graph, count_include_pad=1)
    least = graph.number(0.5 / spec.size)
    return _pooled(spec, x, site, graph.op("Div", mean, graph.op("Max", share, least)))


def _pool(kind: str, spec: MaxPool | AveragePool, value: Name, graph: Graph, **attributes: int) -> Name:
    pads, stride = list(pad_widths(spec.padding, spec.size)), spec.stride or spec.size
    return graph.op(kind, value, kernel_shape=[spec.size], strides=[stride], pads=pads, **attributes)


def _pooled(spec: MaxPool | AveragePool, x: Signal, site: Site, y: Name) -> Signal:
    widths = pad_widths(spec.padding, spec.size)
    padding = slid(site.graph, x.padding, spec.size, spec.stride or spec.size, 1, widths)
    return masked(site.graph, Signal(y, spec.output(x.shape), padding))


def _global_average_pool(spec: GlobalAveragePool, x: Signal, site: Site) -> Signal:
    graph = site.graph
    if x.padding is None:
        return Signal(graph.reduce("ReduceMean", x.value, 2, keep=False), spec.output(x.shape))
    count = graph.cast(graph.op("Max", x.padding.lengths, graph.integers(1)), TensorProto.FLOAT)
    mean = graph.op("Div", graph.reduce("ReduceSum", x.value, 2), count)
    return Signal(graph.op("Squeeze", mean, graph.integers(2)), spec.output(x.shape))


def _global_max_pool(spec: GlobalMaxPool, x: Signal, site: Site) -> Signal:
    value = site.graph.reduce("ReduceMax", hidden(site.graph, x), 2, keep=False)
    return Signal(value, spec.output(x.shape))


def _last_step(spec: LastStep, x: Signal, site: Site) -> Signal:
    """The last valid step: where lengths differ, the one step that a mask of it leaves in the sum."""
    graph = site.graph
    if x.padding is None:
        return Signal(graph.op("Gather", x.value, graph.index(-1), axis=2), spec.output(x.shape))
    last = graph.op("Max", graph.op("Sub", x.padding.lengths, graph.integers(1)), graph.integers(0))
    chosen = graph.cast(graph.op("Equal", places_of(graph, x.padding.steps), last), TensorProto.FLOAT)
    value = graph.reduce("ReduceSum", graph.op("Mul", x.value, chosen), 2, keep=False)
    return Signal(value, spec.output(x.shape))


def _flatten(spec: Flatten, x: Signal, site: Site) -> Signal:
    """Steps outermost, channels within a step, as the network's dense layers expect."""
    y = spec.output(x.shape)
    steps_first = site.graph.op("Transpose", x.value, perm=[0, 2, 1])
    return Signal(site.graph.op("Reshape", steps_first, site.graph.integers(0, y.channels)), y)


def _residual(spec: Residual, x: Signal, site: Site) -> Signal:
    body = emit(spec.layers, x, site)
    beside = emit(spec.shortcut_for(x.shape), x, site, "shortcut")
    return Signal(site.graph.op("Add", body.value, beside.value), body.shape, body.padding)


def _parallel(spec: Parallel, x: Signal, site: Site) -> Signal:
    ends = [emit(branch, x, site, f"branches/{index}") for index, branch in enumerate(spec.branches)]
    value = site.graph.op("Concat", *(end.value for end in ends), axis=1)
    return Signal(value, spec.output(x.shape), ends[0].padding)


def _beside(values: Array, shape: Shape) -> Array:
    """One value a channel (C,) as float32 that spreads over (N, C) or (N, C, L)."""
    return (values if shape.vector else values[:, None]).astype(np.float32)


EMITTERS: Mapping[str, Emitter] = MappingProxyType(
    {
        Conv1d.kind: _conv1d,
        Dense.kind: _dense,
        BatchNormalization.kind: _batch_normalization,
        Relu.kind: _relu,
        Dropout.kind: _dropout,
        MaxPool.kind: _max_pool,
        AveragePool.kind: _average_pool,
        GlobalMaxPool.kind: _global_max_pool,
        GlobalAveragePool.kind: _global_average_pool,
        LastStep.kind: _last_step,
        Flatten.kind: _flatten,
        Residual.kind: _residual,
        Parallel.kind: _parallel,
    }
)

"""Convolutions and dense layers in ONNX operators.

Kernels are cross-correlations here as there (checklist F9), so no kernel is flipped; they only change from
(groups, K, C / groups, F / groups) to ONNX's (F, C / groups, K).
"""

from __future__ import annotations

import numpy as np

from model.arrays import Array
from model.interchange.onnx_graph import Graph, Name
from model.interchange.onnx_normalization import affine
from model.interchange.onnx_padding import pad
from model.interchange.onnx_signal import Signal, Site, masked, slid
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.weight_normalization import normalized


def conv1d(spec: Conv1d, x: Signal, site: Site) -> Signal:
    """A Conv; an untied bias, one a kernel and step, becomes an Add behind it."""
    spec, x = _unpadded(spec, x, site)
    tied = spec.bias is True
    y = _convolve(spec, x, site.graph, _kernel(spec, site), site.array("bias") if tied else None)
    if spec.bias == "untied":
        y = site.graph.op("Add", y, site.graph.constant(site.array("bias").T[None]))
    return _slid_signal(spec, x, site, y)


def normalized_conv1d(spec: Conv1d, normalization: BatchNormalization, x: Signal, site: Site, behind: Site) -> Signal:
    """W' = w * scale and b' = (b - mean) * scale + shift, with scale = gain / sqrt(variance + epsilon)."""
    spec, x = _unpadded(spec, x, site)
    scale, offset = affine(normalization, behind)
    kernel = _kernel(spec, site) * scale.reshape(spec.groups, 1, 1, -1)
    bias = (site.array("bias") * scale if spec.bias else 0.0) + offset
    return _slid_signal(spec, x, site, _convolve(spec, x, site.graph, kernel, bias))


def dense(spec: Dense, x: Signal, site: Site) -> Signal:
    """A matrix product over a vector, a convolution of one step over series."""
    graph, kernel = site.graph, site.array("kernel")
    bias = site.array("bias") if spec.bias else None
    if x.shape.vector:
        operands = [x.value, graph.constant(kernel[0, 0])] + ([] if bias is None else [graph.constant(bias)])
        return Signal(graph.op("Gemm", *operands), spec.output(x.shape))
    y = _convolve(Conv1d(spec.units, 1, padding="valid"), x, graph, kernel, bias)
    return masked(graph, Signal(y, spec.output(x.shape), x.padding))


def handcrafted_filters(spec: HandcraftedFilters, x: Signal, site: Site) -> Signal:
    """One Conv, every filter repeated for each channel."""
    kernel = spec.kernel
    longest, filters = kernel.shape
    convolution = Conv1d(filters, longest, bias=False)
    repeated = np.repeat(kernel[None, :, None, :], x.shape.channels, axis=2)
    return _slid_signal(convolution, x, site, _convolve(convolution, x, site.graph, repeated, None))


def _unpadded(spec: Conv1d, x: Signal, site: Site) -> tuple[Conv1d, Signal]:
    """Padding that is not of zeros, written out before the convolution."""
    return (spec, x) if spec.padding_mode == "zeros" else (spec.unpadded, pad(spec.pad, x, site))


def _kernel(spec: Conv1d, site: Site) -> Array:
    """(groups, K, C / groups, F / groups), as the stored parameters make it."""
    if spec.weight_normalization:
        return normalized(site.array("direction"), site.array("gain"))
    return site.array("kernel")


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

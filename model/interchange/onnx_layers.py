"""One emitter for each kind of layer: what it computes at inference, in ONNX operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from model.interchange import onnx_convolutions as convolutions
from model.interchange import onnx_normalization as normalization
from model.interchange import onnx_pointwise as pointwise
from model.interchange import onnx_pooling as pooling
from model.interchange.onnx_padding import pad
from model.interchange.onnx_signal import Signal, Site
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.projection import Projection
from model.layers.residual import Residual
from model.layers.squeeze_excitation import SqueezeExcitation

Emitter: TypeAlias = Callable[[Any, Signal, Site], Signal]
"""Takes a layer's spec, its input and its site, and answers its output; the table below gives each its own spec."""


def emit(layers: Sequence[LayerSpec], x: Signal, site: Site, group: str = "layers") -> Signal:
    """Emit layers one after another; a normalization behind a convolution is folded into its kernel where it may be."""
    index = 0
    while index < len(layers):
        layer, here = layers[index], site.at(f"{group}/{index}")
        following = layers[index + 1] if index + 1 < len(layers) else None
        behind = following if isinstance(following, BatchNormalization) and site.folded else None
        if isinstance(layer, Conv1d) and layer.bias != "untied" and behind is not None:
            x = convolutions.normalized_conv1d(layer, behind, x, here, site.at(f"{group}/{index + 1}"))
            index += 2
        else:
            x = EMITTERS[layer.kind](layer, x, here)
            index += 1
    return x


def _projection(spec: Projection, x: Signal, site: Site) -> Signal:
    return emit(spec.layers(x.shape.channels), x, site)


def _residual(spec: Residual, x: Signal, site: Site) -> Signal:
    body = emit(spec.layers, x, site)
    beside = emit(spec.shortcut_for(x.shape), x, site, "shortcut")
    return Signal(site.graph.op("Add", body.value, beside.value), body.shape, body.padding)


def _squeeze_excitation(spec: SqueezeExcitation, x: Signal, site: Site) -> Signal:
    gate = emit(spec.gate(x.shape.channels), x, site, "gate")
    factors = site.graph.op("Unsqueeze", gate.value, site.graph.integers(2))
    return Signal(site.graph.op("Mul", x.value, factors), x.shape, x.padding)


def _parallel(spec: Parallel, x: Signal, site: Site) -> Signal:
    ends = [emit(branch, x, site, f"branches/{index}") for index, branch in enumerate(spec.branches)]
    value = site.graph.op("Concat", *(end.value for end in ends), axis=1)
    return Signal(value, spec.output(x.shape), ends[0].padding)


EMITTERS: Mapping[str, Emitter] = MappingProxyType(
    {
        "conv1d": convolutions.conv1d,
        "handcrafted_filters": convolutions.handcrafted_filters,
        "dense": convolutions.dense,
        "batch_normalization": normalization.batch_normalization,
        "layer_normalization": normalization.layer_normalization,
        "relu": pointwise.relu,
        "leaky_relu": pointwise.leaky_relu,
        "elu": pointwise.elu,
        "gelu": pointwise.gelu,
        "silu": pointwise.silu,
        "tanh": pointwise.tanh,
        "sigmoid": pointwise.sigmoid,
        "softmax": pointwise.softmax,
        "dropout": pointwise.dropout,
        "pad": pad,
        "max_pool": pooling.max_pool,
        "average_pool": pooling.average_pool,
        "global_max_pool": pooling.global_max_pool,
        "global_average_pool": pooling.global_average_pool,
        "last_step": pooling.last_step,
        "flatten": pooling.flatten,
        "squeeze_excitation": _squeeze_excitation,
        "projection": _projection,
        "residual": _residual,
        "parallel": _parallel,
        "consensus": pointwise.consensus,
    }
)

"""A network of closures: every layer is a pure function that returns its outputs and its pullback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model.layers.batch_normalization import BatchNormalization
from model.layers.consensus import Consensus
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.dropout import Dropout
from model.layers.flatten import Flatten
from model.layers.gated import Gelu, Silu
from model.layers.global_pooling import GlobalAveragePool, GlobalMaxPool, LastStep
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.layer import LayerSpec
from model.layers.layer_normalization import LayerNormalization
from model.layers.pad import Pad
from model.layers.parallel import Parallel
from model.layers.pooling import AveragePool, MaxPool
from model.layers.projection import Projection
from model.layers.rectifiers import Elu, LeakyRelu
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.layers.softmax import Softmax
from model.layers.squashing import Sigmoid, Tanh
from model.layers.squeeze_excitation import SqueezeExcitation
from tests.reference import (
    activation,
    consensus,
    convolution,
    curves,
    handcrafted,
    layer_normalization,
    normalization,
    padding,
    pooling,
    squeeze_excitation,
    structure,
)
from tests.reference.cases import Cases, Gradients, Pullback, Values
from tests.reference.gate import Gate, gate

Truth = Callable[[Any, Cases, Values], tuple[Cases, Pullback]]


def run(layers: tuple[LayerSpec, ...], cases: Cases, values: Values, group: str = "layers") -> tuple[Cases, Pullback]:
    """The layers one after another; gradients are named as a network's layout names them."""
    pullbacks: list[tuple[str, Pullback]] = []
    for index, layer in enumerate(layers):
        place = f"{group}/{index}"
        cases, back = TRUTHS[type(layer)](layer, cases, values.at(place))
        pullbacks.append((place, back))

    def pullback(dys: Cases) -> tuple[Cases, Gradients]:
        gradients: Gradients = {}
        for place, back in reversed(pullbacks):
            dys, found = back(dys)
            gradients |= {f"{place}/{name}": gradient for name, gradient in found.items()}
        return dys, gradients

    return cases, pullback


TRUTHS: Mapping[type, Truth] = {
    Conv1d: convolution.conv1d,
    Dense: convolution.dense,
    BatchNormalization: normalization.batch_normalization,
    LayerNormalization: layer_normalization.layer_normalization,
    Relu: activation.relu,
    LeakyRelu: curves.pointwise(curves.leaky_relu),
    Elu: curves.pointwise(curves.elu),
    Gelu: curves.pointwise(curves.gelu),
    Silu: curves.pointwise(curves.silu),
    Tanh: curves.pointwise(curves.tanh),
    Sigmoid: curves.pointwise(curves.sigmoid),
    Softmax: curves.softmax,
    Dropout: activation.dropout,
    HandcraftedFilters: handcrafted.handcrafted_filters,
    Pad: padding.pad,
    MaxPool: pooling.max_pool,
    AveragePool: pooling.average_pool,
    GlobalMaxPool: pooling.global_max_pool,
    GlobalAveragePool: pooling.global_average_pool,
    LastStep: pooling.last_step,
    Flatten: structure.flatten,
    SqueezeExcitation: lambda spec, cases, values: squeeze_excitation.squeeze_excitation(spec, cases, values, run),
    Projection: lambda spec, cases, values: run(spec.layers(cases[0].shape[1]), cases, values),
    Residual: lambda spec, cases, values: structure.residual(spec, cases, values, run),
    Parallel: lambda spec, cases, values: structure.parallel(spec, cases, values, run),
    Consensus: consensus.consensus,
    Gate: gate,
}

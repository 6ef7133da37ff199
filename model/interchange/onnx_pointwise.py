"""Layers that map each number by itself, or the channels of each step, in ONNX operators."""

from __future__ import annotations

import math
from dataclasses import replace

from model.interchange.onnx_graph import Name
from model.interchange.onnx_signal import Signal, Site, masked
from model.layers.consensus import Consensus
from model.layers.dropout import Dropout
from model.layers.gated import Gelu, Silu
from model.layers.rectifiers import Elu, LeakyRelu
from model.layers.relu import Relu
from model.layers.softmax import Softmax
from model.layers.squashing import Sigmoid, Tanh


def relu(_spec: Relu, x: Signal, site: Site) -> Signal:
    """A Relu."""
    return _mapped(x, site.graph.op("Relu", x.value))


def leaky_relu(spec: LeakyRelu, x: Signal, site: Site) -> Signal:
    """A LeakyRelu, whose alpha is our slope."""
    return _mapped(x, site.graph.op("LeakyRelu", x.value, alpha=float(spec.slope)))


def elu(spec: Elu, x: Signal, site: Site) -> Signal:
    """An Elu."""
    return _mapped(x, site.graph.op("Elu", x.value, alpha=float(spec.alpha)))


def gelu(_spec: Gelu, x: Signal, site: Site) -> Signal:
    """X (1 + erf(x / sqrt 2)) / 2, as ONNX has a Gelu of its own from opset 20 on only."""
    graph = site.graph
    erf = graph.op("Erf", graph.op("Mul", x.value, graph.number(math.sqrt(0.5))))
    share = graph.op("Mul", graph.op("Add", erf, graph.number(1.0)), graph.number(0.5))
    return _mapped(x, graph.op("Mul", x.value, share))


def silu(_spec: Silu, x: Signal, site: Site) -> Signal:
    """X sigmoid(x)."""
    return _mapped(x, site.graph.op("Mul", x.value, site.graph.op("Sigmoid", x.value)))


def tanh(_spec: Tanh, x: Signal, site: Site) -> Signal:
    """A Tanh."""
    return _mapped(x, site.graph.op("Tanh", x.value))


def sigmoid(_spec: Sigmoid, x: Signal, site: Site) -> Signal:
    """Half at zero, so padding is set to zero again."""
    return masked(site.graph, _mapped(x, site.graph.op("Sigmoid", x.value)))


def softmax(_spec: Softmax, x: Signal, site: Site) -> Signal:
    """Shares among the channels of each step; those of padding are set to zero again."""
    return masked(site.graph, _mapped(x, site.graph.op("Softmax", x.value, axis=1)))


def consensus(spec: Consensus, x: Signal, site: Site) -> Signal:
    """log(mean of softmax), or the mean, over the members."""
    graph, shape = site.graph, spec.output(x.shape)
    sizes = (0, spec.members, shape.channels) if shape.vector else (0, spec.members, shape.channels, -1)
    members = graph.op("Reshape", x.value, graph.integers(*sizes))
    if spec.of == "values":
        return Signal(graph.reduce("ReduceMean", members, 1, keep=False), shape, x.padding)
    total = graph.reduce("ReduceLogSumExp", graph.op("LogSoftmax", members, axis=2), 1, keep=False)
    y = graph.op("Sub", total, graph.number(math.log(spec.members)))
    return masked(graph, Signal(y, shape, x.padding))


def dropout(_spec: Dropout, x: Signal, _site: Site) -> Signal:
    """Nothing, as in every inference."""
    return x


def _mapped(x: Signal, value: Name) -> Signal:
    return replace(x, value=value)

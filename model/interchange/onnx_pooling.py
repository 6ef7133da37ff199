"""Poolings, and what else makes fewer steps of many, in ONNX operators; padded steps are never seen."""

from __future__ import annotations

from onnx import TensorProto

from model.geometry import pad_widths
from model.interchange.onnx_graph import Graph, Name
from model.interchange.onnx_signal import Signal, Site, hidden, masked, places_of, slid
from model.layers.flatten import Flatten
from model.layers.global_pooling import GlobalAveragePool, GlobalMaxPool, LastStep
from model.layers.pooling import AveragePool, MaxPool


def max_pool(spec: MaxPool, x: Signal, site: Site) -> Signal:
    """A MaxPool; its padding is below every value."""
    return _pooled(spec, x, site, _pool("MaxPool", spec, hidden(site.graph, x), site.graph))


def average_pool(spec: AveragePool, x: Signal, site: Site) -> Signal:
    """The mean over the steps that are there: where lengths differ, the sum divided by the sum of the mask."""
    graph = site.graph
    if x.padding is None:
        return _pooled(spec, x, site, _pool("AveragePool", spec, x.value, graph, count_include_pad=0))
    share = _pool("AveragePool", spec, graph.cast(x.padding.mask, TensorProto.FLOAT), graph, count_include_pad=1)
    mean = _pool("AveragePool", spec, x.value, graph, count_include_pad=1)
    least = graph.number(0.5 / spec.size)
    return _pooled(spec, x, site, graph.op("Div", mean, graph.op("Max", share, least)))


def global_average_pool(spec: GlobalAveragePool, x: Signal, site: Site) -> Signal:
    """The mean over the valid steps."""
    graph = site.graph
    if x.padding is None:
        return Signal(graph.reduce("ReduceMean", x.value, 2, keep=False), spec.output(x.shape))
    count = graph.cast(graph.op("Max", x.padding.lengths, graph.integers(1)), TensorProto.FLOAT)
    mean = graph.op("Div", graph.reduce("ReduceSum", x.value, 2), count)
    return Signal(graph.op("Squeeze", mean, graph.integers(2)), spec.output(x.shape))


def global_max_pool(spec: GlobalMaxPool, x: Signal, site: Site) -> Signal:
    """The greatest valid value."""
    value = site.graph.reduce("ReduceMax", hidden(site.graph, x), 2, keep=False)
    return Signal(value, spec.output(x.shape))


def last_step(spec: LastStep, x: Signal, site: Site) -> Signal:
    """The last valid step: where lengths differ, the one step that a mask of it leaves in the sum."""
    graph = site.graph
    if x.padding is None:
        return Signal(graph.op("Gather", x.value, graph.index(-1), axis=2), spec.output(x.shape))
    last = graph.op("Max", graph.op("Sub", x.padding.lengths, graph.integers(1)), graph.integers(0))
    chosen = graph.cast(graph.op("Equal", places_of(graph, x.padding.steps), last), TensorProto.FLOAT)
    value = graph.reduce("ReduceSum", graph.op("Mul", x.value, chosen), 2, keep=False)
    return Signal(value, spec.output(x.shape))


def flatten(spec: Flatten, x: Signal, site: Site) -> Signal:
    """Steps outermost, channels within a step, as the network's dense layers expect."""
    y = spec.output(x.shape)
    steps_first = site.graph.op("Transpose", x.value, perm=[0, 2, 1])
    return Signal(site.graph.op("Reshape", steps_first, site.graph.integers(0, y.channels)), y)


def _pool(kind: str, spec: MaxPool | AveragePool, value: Name, graph: Graph, **attributes: int) -> Name:
    pads, stride = list(pad_widths(spec.padding, spec.size)), spec.stride or spec.size
    return graph.op(kind, value, kernel_shape=[spec.size], strides=[stride], pads=pads, **attributes)


def _pooled(spec: MaxPool | AveragePool, x: Signal, site: Site, y: Name) -> Signal:
    widths = pad_widths(spec.padding, spec.size)
    padding = slid(site.graph, x.padding, spec.size, spec.stride or spec.size, 1, widths)
    return masked(site.graph, Signal(y, spec.output(x.shape), padding))

"""What flows between the emitters of layers: a value of the graph, its shape, and which of its steps are padding.

ONNX lays series out as (batch, channels, length). Where lengths differ, each value carries the lengths of its cases and
a mask of ones and zeros; both follow the same rules as in a plan, as operators of the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from onnx import TensorProto

from model.arrays import Array
from model.geometry import Shape, extent
from model.interchange.onnx_graph import Graph, Name

LOWEST = float(np.finfo(np.float32).min)


@dataclass(frozen=True)
class Padding:
    """lengths: (N, 1, 1) int64, valid steps of each case; steps: (1,) int64, steps of all; mask: (N, 1, L) bool."""

    lengths: Name
    steps: Name
    mask: Name


@dataclass(frozen=True)
class Signal:
    """A value (N, C, L), or (N, C) where `shape` is a vector's; steps behind a case's length are zero."""

    value: Name
    shape: Shape
    padding: Padding | None = None


@dataclass(frozen=True, eq=False)
class Site:
    """Where a layer is emitted: the graph, and the layer's own parameters and statistics by name.

    folded: whether batch normalization goes into the kernels before it, or stays an operator of its own.
    """

    graph: Graph
    arrays: Mapping[str, Array]
    place: str = ""
    folded: bool = True

    def at(self, place: str) -> Site:
        """The site of a layer inside this one."""
        return replace(self, place=f"{self.place}{place}/")

    def array(self, name: str) -> Array:
        """A parameter or statistic of the layer."""
        return self.arrays[self.place + name]


def padding_of(graph: Graph, lengths: Name, steps: Name) -> Padding:
    """Which steps are valid: those before the end of their case."""
    return Padding(lengths, steps, graph.op("Less", places_of(graph, steps), lengths))


def places_of(graph: Graph, steps: Name) -> Name:
    """(L,) int64: 0, 1, ... for as many steps."""
    return graph.op("Range", graph.index(0), graph.op("Squeeze", steps), graph.index(1))


def slid(
    graph: Graph, padding: Padding | None, kernel: int, stride: int, dilation: int, widths: tuple[int, int]
) -> Padding | None:
    """The padding behind a sliding window, by the rule of `geometry.window_count`."""
    spread = widths[0] + widths[1] - extent(kernel, dilation)
    if padding is None or (stride == 1 and spread == -1):
        return padding

    def count(lengths: Name) -> Name:
        # floor((lengths + spread) / stride) + 1, kept from dividing what is negative, as Div rounds towards zero
        room = graph.op("Max", graph.op("Add", lengths, graph.integers(spread + stride)), graph.integers(0))
        return graph.op("Div", room, graph.integers(stride))

    return padding_of(graph, count(padding.lengths), count(padding.steps))


def masked(graph: Graph, signal: Signal) -> Signal:
    """The signal with its padded steps set to zero; nothing is done where all steps are valid."""
    if signal.padding is None or signal.shape.vector:
        return signal
    ones = graph.cast(signal.padding.mask, TensorProto.FLOAT)
    return replace(signal, value=graph.op("Mul", signal.value, ones))


def hidden(graph: Graph, signal: Signal) -> Name:
    """The value with its padded steps below every other, so that no maximum is one of them."""
    if signal.padding is None:
        return signal.value
    return graph.op("Where", signal.padding.mask, signal.value, graph.number(LOWEST))

"""The padding layer in ONNX operators: the same choice of steps as in a plan, computed by the graph for any length.

ONNX's own Pad knows a few of the modes, none of them beyond the length of the series, and no case's own end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from model.interchange.onnx_graph import Graph, Name
from model.interchange.onnx_signal import Signal, Site, masked, padding_of
from model.layers.pad import Pad, ends


@dataclass(frozen=True)
class _Places:
    """at: (L,) int64, 0 for a case's first step; length: (1,) or (N, 1, 1), and at least 1; before, behind: bool."""

    at: Name
    length: Name
    before: Name
    behind: Name


def pad(spec: Pad, x: Signal, site: Site) -> Signal:
    """Each end as its mode says; where lengths differ, at the case's own end."""
    if not any(spec.widths):
        return x
    if spec.statistic is not None:
        return Signal(_filled(spec, spec.statistic, x, site.graph), spec.output(x.shape))
    graph, more = site.graph, site.graph.integers(sum(spec.widths))
    padding = None
    if x.padding is not None:
        seen = graph.cast(graph.op("Greater", x.padding.lengths, graph.integers(0)), TensorProto.INT64)
        lengths = graph.op("Add", x.padding.lengths, graph.op("Mul", seen, more))
        padding = padding_of(graph, lengths, graph.op("Add", x.padding.steps, more))
    return masked(graph, Signal(_extended(spec, x, graph), spec.output(x.shape), padding))


def _extended(spec: Pad, x: Signal, graph: Graph) -> Name:
    """A linear mode."""
    places = _places(spec, x, graph)
    first = graph.op("Gather", x.value, graph.integers(0), axis=2)
    if spec.mode == "wrap":
        return _taken(x, graph.op("Mod", places.at, places.length), graph)
    if spec.mode in {"reflect", "symmetric"}:
        return _mirrored(spec, x, places, first, graph)
    last_step = graph.op("Sub", places.length, graph.integers(1))
    inside = graph.op("Max", graph.op("Min", places.at, last_step), graph.integers(0))
    held = _taken(x, inside, graph)
    if spec.mode == "edge":
        return held
    if spec.constant_values == "first":
        return graph.op("Where", graph.op("Or", places.before, places.behind), first, held)
    if spec.mode == "constant":
        left, right = (graph.number(value) for value in ends(spec.constant_values))
        return graph.op("Where", places.before, left, graph.op("Where", places.behind, right, held))
    return _ramped(spec, held, places, graph)


def _places(spec: Pad, x: Signal, graph: Graph) -> _Places:
    left, right = spec.widths
    steps = graph.op("Shape", x.value, start=2, end=3) if x.shape.length is None else graph.integers(x.shape.length)
    count = graph.op("Squeeze", graph.op("Add", steps, graph.integers(right)))
    at = graph.op("Range", graph.index(-left), count, graph.index(1))
    length = steps if x.padding is None else graph.op("Max", x.padding.lengths, graph.integers(1))
    return _Places(at, length, graph.op("Less", at, graph.integers(0)), graph.op("GreaterOrEqual", at, length))


def _taken(x: Signal, steps: Name, graph: Graph) -> Name:
    """The values at these steps, (L,) of every case or (N, 1, L) of each."""
    if x.padding is None:
        return graph.op("Gather", x.value, steps, axis=2)
    ones = graph.constant(np.ones((1, x.shape.channels, 1), np.int64))
    return graph.op("GatherElements", x.value, graph.op("Mul", steps, ones), axis=2)


def _mirrored(spec: Pad, x: Signal, places: _Places, first: Name, graph: Graph) -> Name:
    """A period is the series forwards and backwards; odd mirrors also turn it upside down, and add what it rose by."""
    two, one = graph.integers(2), graph.integers(1)
    double = graph.op("Mul", places.length, two)
    if spec.mode == "reflect":
        period = turning = graph.op("Max", graph.op("Sub", double, two), one)
    else:
        period, turning = double, graph.op("Sub", double, one)
    within = graph.op("Mod", places.at, period)
    back = graph.op("GreaterOrEqual", within, places.length)
    held = _taken(x, graph.op("Where", back, graph.op("Sub", turning, within), within), graph)
    if spec.reflect_type == "even":
        return held
    turns = graph.op("Div", graph.op("Sub", places.at, within), period)
    rises = graph.cast(graph.op("Mul", turns, two), TensorProto.FLOAT)
    last = _taken(x, graph.op("Sub", places.length, one), graph)
    turned = graph.op("Where", back, graph.op("Sub", graph.op("Mul", last, graph.number(2.0)), held), held)
    return graph.op("Add", turned, graph.op("Mul", rises, graph.op("Sub", last, first)))


def _ramped(spec: Pad, held: Name, places: _Places, graph: Graph) -> Name:
    """Towards an end's number in even steps: share * held + (1 - share) * number."""
    left, right = (max(width, 1) for width in spec.widths)
    numbers = ends(spec.end_values)
    share_left = graph.cast(graph.op("Add", places.at, graph.integers(left)), TensorProto.FLOAT)
    outermost = graph.op("Add", places.length, graph.integers(right - 1))
    share_right = graph.cast(graph.op("Sub", outermost, places.at), TensorProto.FLOAT)
    y = held
    for where, share, width, number in (
        (places.before, share_left, left, numbers[0]),
        (places.behind, share_right, right, numbers[1]),
    ):
        part = graph.op("Div", share, graph.number(width))
        rest = graph.op("Mul", graph.op("Sub", graph.number(1.0), part), graph.number(number))
        y = graph.op("Where", where, graph.op("Add", graph.op("Mul", held, part), rest), y)
    return y


def _filled(spec: Pad, statistic: str, x: Signal, graph: Graph) -> Name:
    """One value for each end of each channel; Slice stops at the series' own ends, and Expand cannot make no steps."""
    left, right = spec.widths
    length = np.iinfo(np.int64).max if spec.stat_length is None else spec.stat_length
    stat_left, stat_right = ends(length)
    start = (graph.integers(0), graph.integers(stat_left))
    end = start if spec.mode == "constant" else (graph.integers(-stat_right), graph.integers(np.iinfo(np.int64).max))

    def fill(low: Name, high: Name, width: int) -> list[Name]:
        if not width:
            return []
        window = graph.op("Slice", x.value, low, high, graph.integers(2))
        return [graph.op("Expand", _statistic(statistic, window, graph), graph.integers(1, 1, width))]

    return graph.op("Concat", *fill(*start, left), x.value, *fill(*end, right), axis=2)


def _statistic(statistic: str, window: Name, graph: Graph) -> Name:
    """(N, C, 1) of a window (N, C, w)."""
    if statistic != "median":
        return graph.reduce(
            {"mean": "ReduceMean", "maximum": "ReduceMax", "minimum": "ReduceMin"}[statistic], window, 2
        )
    count, two = graph.op("Shape", window, start=2, end=3), graph.integers(2)
    least_first = graph.op("TopK", window, count, axis=2, largest=0, unread=1)
    below = graph.op("Div", graph.op("Sub", count, graph.integers(1)), two)
    middle = (graph.op("Gather", least_first, place, axis=2) for place in (below, graph.op("Div", count, two)))
    return graph.op("Mul", graph.op("Add", *middle), graph.number(0.5))

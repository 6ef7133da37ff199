"""Scaling, missing values, windows and padding as ONNX operators, so that a graph takes series as they are measured.

Every step does what `model.data.scaling` and `model.data.filling` do, for (N, C, L) with NaN where a value is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto

from model.geometry import Shape
from model.interchange.onnx_graph import Graph, Name
from model.interchange.onnx_signal import LOWEST, Padding, Signal, padding_of, places_of

if TYPE_CHECKING:
    from model.data.scaling import Missing, Preprocessing, Scaling
    from model.pipeline import Pipeline

TIME = 2
"""The axis of steps."""


def laid_out(graph: Graph, series: Name, pipeline: Pipeline) -> tuple[Name, Padding | None]:
    """Whole series (N, C, L), or the last window of each, as long as the network takes them, and where they end."""
    channels = len(pipeline.channels)
    padding = None
    if pipeline.masked:
        padding = padding_of(graph, ends(graph, series), steps_of(graph, series))
    if pipeline.window is not None:
        return _last_window(graph, series, channels, pipeline.window, padding), None
    if padding is not None and pipeline.length is not None:
        whole = graph.op(
            "Reshape", extended(graph, series, pipeline.length), graph.integers(0, channels, pipeline.length)
        )
        return whole, padding_of(graph, padding.lengths, graph.integers(pipeline.length))
    return series, padding


def prepared(graph: Graph, series: Name, padding: Padding | None, pipeline: Pipeline) -> Signal:
    """What the network sees of raw series (N, C, L): finite, scaled, and zero where a case has ended."""
    preprocessing = pipeline.preprocessing
    observed = graph.op("Not", graph.op("IsNaN", series))
    scaled = SCALINGS[preprocessing.scaling](graph, series, observed, preprocessing)
    filled = FILLINGS[preprocessing.missing](graph, scaled, observed, preprocessing)
    if preprocessing.missing == "mask":
        filled = graph.op("Concat", filled, graph.cast(observed, TensorProto.FLOAT), axis=1)
    if padding is not None:
        filled = graph.op("Where", padding.mask, filled, graph.number(0))
    return Signal(filled, Shape(pipeline.network.channels, pipeline.length), padding)


def ends(graph: Graph, series: Name) -> Name:
    """(N, 1, 1) int64: a case ends with the last step that any channel observes; it keeps one step at least."""
    observed = graph.cast(graph.op("Not", graph.op("IsNaN", series)), TensorProto.INT64)
    anything = graph.reduce("ReduceMax", observed, 1)
    ordinals = graph.op("Add", places_of(graph, steps_of(graph, series)), graph.integers(1))
    last = graph.reduce("ReduceMax", graph.op("Mul", anything, ordinals), TIME)
    return graph.op("Max", last, graph.integers(1))


def _last_window(graph: Graph, series: Name, channels: int, window: int, padding: Padding | None) -> Name:
    """The last `window` steps of each case (N, C, window)."""
    if padding is None:
        cut = graph.op("Slice", series, graph.integers(-window), graph.integers(2**62), graph.integers(TIME))
        return graph.op("Reshape", cut, graph.integers(0, channels, window))
    start = graph.op("Max", graph.op("Sub", padding.lengths, graph.integers(window)), graph.integers(0))
    places = graph.op("Add", start, graph.constant(np.arange(window)))
    return graph.op("GatherElements", series, graph.op("Expand", places, graph.integers(1, channels, 1)), axis=TIME)


def extended(graph: Graph, series: Name, length: int) -> Name:
    """Series padded by missing values to a length, unless they are longer."""
    room = graph.op("Max", graph.op("Sub", graph.integers(length), steps_of(graph, series)), graph.integers(0))
    pads = graph.op("Concat", graph.integers(0, 0, 0, 0, 0), room, axis=0)
    return graph.op("Pad", series, pads, graph.number(np.nan))


def _unscaled(_graph: Graph, x: Name, _observed: Name, _fitted: Preprocessing) -> Name:
    return x


def _scaled_by_channel(graph: Graph, x: Name, _observed: Name, fitted: Preprocessing) -> Name:
    """By what was measured over the training split."""
    centred = graph.op("Sub", x, graph.constant(fitted.mean[:, None]))
    return graph.op("Div", centred, graph.constant(fitted.deviation[:, None]))


def _scaled_by_instance(graph: Graph, x: Name, observed: Name, _fitted: Preprocessing) -> Name:
    """By the moments of each case's channels over its observed steps, summed in float64; a constant is divided by 1."""
    zero = graph.number(0)
    count = graph.reduce("ReduceSum", graph.cast(observed, TensorProto.DOUBLE), TIME)
    count = graph.op("Max", count, graph.constant(np.array(1.0)))
    total = graph.reduce("ReduceSum", graph.cast(graph.op("Where", observed, x, zero), TensorProto.DOUBLE), TIME)
    mean = graph.cast(graph.op("Div", total, count), TensorProto.FLOAT)
    centred = graph.op("Sub", x, mean)
    wide = graph.cast(graph.op("Where", observed, centred, zero), TensorProto.DOUBLE)
    squares = graph.reduce("ReduceSum", graph.op("Mul", wide, wide), TIME)
    deviation = graph.cast(graph.op("Sqrt", graph.op("Div", squares, count)), TensorProto.FLOAT)
    highest = graph.reduce("ReduceMax", graph.op("Where", observed, x, graph.number(LOWEST)), TIME)
    lowest = graph.reduce("ReduceMin", graph.op("Where", observed, x, graph.number(-LOWEST)), TIME)
    varying = graph.op("And", graph.op("Greater", highest, lowest), graph.op("Greater", deviation, zero))
    return graph.op("Div", centred, graph.op("Where", varying, deviation, graph.number(1)))


def _zero(graph: Graph, x: Name, observed: Name, _fitted: Preprocessing) -> Name:
    return graph.op("Where", observed, x, graph.number(0))


def _interpolated(graph: Graph, x: Name, observed: Name, fitted: Preprocessing) -> Name:
    """Linear between observed neighbours, the nearest beyond the first and the last, in time linear in L.

    Within each channel, `behind` counts the observed steps up to each step. Observed steps first, then gaps, both in
    order, is a permutation of the steps: its head is the list of observed places, in which a gap with `behind` b looks
    up its neighbours at b - 1 and b, each kept within the list.
    """
    one, nothing = graph.integers(1), graph.integers(0)
    flags = graph.cast(observed, TensorProto.INT64)
    behind = graph.op("CumSum", flags, graph.index(TIME))
    total = graph.reduce("ReduceSum", flags, TIME)
    places = graph.op("Expand", places_of(graph, steps_of(graph, x)), graph.op("Shape", x))
    gaps = graph.op("Add", total, graph.op("Sub", places, behind))
    order = graph.op("Where", observed, graph.op("Sub", behind, one), gaps)
    listed = graph.op("ScatterElements", places, order, places, axis=TIME)
    final = graph.op("Sub", total, one)
    left = _looked_up(graph, listed, graph.op("Sub", behind, one))
    right = _looked_up(graph, listed, graph.op("Min", behind, final))
    span = graph.cast(graph.op("Max", graph.op("Sub", right, left), one), TensorProto.FLOAT)
    beyond = graph.op("Equal", left, right)
    ahead = graph.op("Where", beyond, nothing, graph.op("Sub", places, left))
    w = graph.op("Div", graph.cast(ahead, TensorProto.FLOAT), span)
    before, after = (graph.op("GatherElements", x, each, axis=TIME) for each in (left, right))
    rest = graph.op("Sub", graph.number(1), w)
    blend = graph.op("Add", graph.op("Mul", rest, before), graph.op("Mul", w, after))
    unobserved = fitted.mean if fitted.scaling == "none" else np.zeros_like(fitted.mean)
    known = graph.op("Greater", total, nothing)
    return graph.op("Where", observed, x, graph.op("Where", known, blend, graph.constant(unobserved[:, None])))


def _looked_up(graph: Graph, listed: Name, ordinal: Name) -> Name:
    """The place of an observed step by its ordinal, the first where the ordinal is below it."""
    return graph.op("GatherElements", listed, graph.op("Max", ordinal, graph.integers(0)), axis=TIME)


def steps_of(graph: Graph, series: Name) -> Name:
    """(1,) int64: how many steps the array has."""
    return graph.op("Slice", graph.op("Shape", series), graph.integers(TIME), graph.integers(TIME + 1))


Scale = Callable[[Graph, Name, Name, "Preprocessing"], Name]

SCALINGS: Mapping[Scaling, Scale] = MappingProxyType(
    {
        "none": _unscaled,
        "channel": _scaled_by_channel,
        "robust": _scaled_by_channel,
        "instance": _scaled_by_instance,
    }
)
FILLINGS: Mapping[Missing, Scale] = MappingProxyType(
    {"interpolate": _interpolated, "zero": _zero, "mask": _interpolated}
)

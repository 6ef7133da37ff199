"""Windows of long series as ONNX operators: cut before the network sees them, and their answers averaged behind it.

Every step does what `model.data.windows.cover` and `means` do. A graph has as many windows for each case as the longest
array it is given needs: a case that ends earlier repeats its last window, and the repetitions count for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onnx import TensorProto

from model.interchange.onnx_graph import Graph, Name
from model.interchange.onnx_preprocessing import TIME, ends, extended, steps_of
from model.interchange.onnx_signal import Padding, padding_of, places_of

if TYPE_CHECKING:
    from model.pipeline import Pipeline


@dataclass(frozen=True)
class Windows:
    """series: (N K, C, W), the windows of each case one behind another; padding: of each, where the pipeline masks.

    count: (1,) int64, K; valid: (N, K, 1) float32, one for a window and zero for a repetition
    """

    series: Name
    padding: Padding | None
    count: Name
    valid: Name


def cut(graph: Graph, series: Name, pipeline: Pipeline) -> Windows | None:
    """All windows of raw series (N, C, L); None where they are taken whole, or forecast from their last window."""
    windowing = pipeline.windowing
    if windowing is None or windowing.horizon:
        return None
    window, stride = graph.integers(windowing.window), graph.integers(windowing.stride)
    one, nothing = graph.integers(1), graph.integers(0)
    lengths = ends(graph, series)
    width = graph.op("Min", steps_of(graph, series), window)
    if pipeline.masked:
        series, width = extended(graph, series, windowing.window), window
    else:
        lengths = graph.op("Max", lengths, width)
    if pipeline.length is not None:
        width = window

    def windows_of(steps: Name) -> Name:
        """As many as `Windowing.counts` says, for any shape."""
        room = graph.op("Max", graph.op("Sub", steps, window), nothing)
        up = graph.op("Sub", graph.op("Add", room, stride), one)
        return graph.op("Add", graph.op("Div", up, stride), one)

    count = windows_of(steps_of(graph, series))
    ordinals = places_of(graph, count)
    last = graph.op("Max", graph.op("Sub", lengths, window), nothing)
    starts = graph.op("Min", graph.op("Mul", ordinals, stride), last)
    valid = graph.cast(graph.op("Less", ordinals, windows_of(lengths)), TensorProto.FLOAT)
    padding = None
    if pipeline.masked:
        within = graph.op("Expand", graph.op("Min", lengths, window), graph.op("Shape", starts))
        padding = padding_of(graph, graph.op("Reshape", within, graph.integers(-1, 1, 1)), width)
    stacked = _gathered(graph, series, starts, width, len(pipeline.channels))
    return Windows(stacked, padding, count, graph.op("Transpose", valid, perm=[0, 2, 1]))


def averaged(graph: Graph, values: Name, windows: Windows | None, width: int) -> Name:
    """(N K, D) of windows -> (N, D), the mean of each case's; as they are where nothing was cut."""
    if windows is None:
        return values
    shape = graph.op("Concat", graph.integers(-1), windows.count, graph.integers(width), axis=0)
    each = graph.op("Mul", graph.op("Reshape", values, shape), windows.valid)
    total = graph.reduce("ReduceSum", each, 1, keep=False)
    mean = graph.op("Div", total, graph.reduce("ReduceSum", windows.valid, 1, keep=False))
    return graph.op("Reshape", mean, graph.integers(-1, width))


def _gathered(graph: Graph, series: Name, starts: Name, width: Name, channels: int) -> Name:
    """(N, C, L) and starts (N, 1, K) -> (N K, C, W)."""
    begins = graph.op("Unsqueeze", starts, graph.integers(TIME + 1))
    places = graph.op("Reshape", graph.op("Add", begins, places_of(graph, width)), graph.integers(0, 1, -1))
    every = graph.op("Expand", places, graph.integers(1, channels, 1))
    taken = graph.op("GatherElements", series, every, axis=TIME)
    apart = graph.op("Concat", graph.integers(0, channels, -1), width, axis=0)
    stacked = graph.op("Transpose", graph.op("Reshape", taken, apart), perm=[0, 2, 1, 3])
    return graph.op("Reshape", stacked, graph.op("Concat", graph.integers(-1, channels), width, axis=0))

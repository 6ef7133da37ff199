"""A pipeline as one ONNX file: preprocessing, network and head, runnable wherever ONNX runs.

The graph takes `series` (batch, channels, length) float32 as measured, NaN where a value is missing, and answers by the
names of the inference protocol. The batch is free, all data is inside the file, and equal pipelines give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper

from model.errors import ExportRefused
from model.interchange.onnx_graph import Graph, Name
from model.interchange.onnx_layers import emit
from model.interchange.onnx_preprocessing import laid_out, prepared
from model.interchange.onnx_signal import Site
from model.interchange.onnx_verification import TOLERANCE, verify
from model.interchange.onnx_windows import Windows, averaged, cut
from model.pipeline import answer_names, median

if TYPE_CHECKING:
    from model.pipeline import Pipeline

__all__ = ["INPUT", "TOLERANCE", "export", "verify"]

INPUT = "series"
LOWEST_OPSET, HIGHEST_OPSET = 17, 28
"""The oldest opset with all that is needed, and the newest that was tried."""
LARGEST_FILE = (1 << 31) - 1
"""protobuf's limit; beyond it ONNX needs external data, which no file of ours has."""


def export(pipeline: Pipeline, *, opset: int = LOWEST_OPSET, folded: bool = True) -> bytes:
    """The pipeline as an ONNX model, checked by ONNX's own rules; ExportRefused where that is not possible.

    folded: whether batch normalization goes into the kernels before it, which is faster, or stays to be seen.
    """
    if not LOWEST_OPSET <= opset <= HIGHEST_OPSET:
        raise ExportRefused(f"There is no export to opset {opset}; {LOWEST_OPSET} to {HIGHEST_OPSET} are written.")
    graph = Graph(opset)
    network = pipeline.network
    arrays = {**network.layout.views(network.parameters), **network.state_layout.views(network.state)}
    windows = cut(graph, INPUT, pipeline)
    series, padding = laid_out(graph, INPUT, pipeline) if windows is None else (windows.series, windows.padding)
    seen = prepared(graph, series, padding, pipeline)
    logits = emit(network.layers, seen, Site(graph, arrays, folded=folded))
    outputs = _answers(graph, logits.value, pipeline, windows)
    graph.drop_unread(output.name for output in outputs)
    model = _model(graph, outputs, pipeline)
    if model.ByteSize() > LARGEST_FILE:
        raise ExportRefused(f"The model takes {model.ByteSize()} bytes; an ONNX file holds at most {LARGEST_FILE}.")
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return model.SerializeToString(deterministic=True)


def _answers(graph: Graph, outputs: Name, pipeline: Pipeline, windows: Windows | None) -> list[onnx.ValueInfoProto]:
    """Turn the head's outputs into the task's answers, of windows into the mean of a case's, and declare these."""
    if pipeline.classes is not None:
        if pipeline.temperature != 1:
            outputs = graph.op("Div", outputs, graph.number(pipeline.temperature))
        probabilities = averaged(graph, graph.op("Softmax", outputs, axis=1), windows, len(pipeline.classes))
        place = graph.op("ArgMax", probabilities, axis=1, keepdims=0)
        label = graph.op("Gather", graph.texts(pipeline.classes), place, axis=0)
        return [
            _output(graph, "probabilities", probabilities, TensorProto.FLOAT, len(pipeline.classes)),
            _output(graph, "label", label, TensorProto.STRING),
        ]
    name = "value" if pipeline.horizon is None else "forecast"
    count = len(pipeline.quantiles or (None,))
    width = pipeline.network.output_width // count
    if pipeline.quantiles is None:
        return [_values(graph, name, averaged(graph, _in_units(graph, outputs, pipeline), windows, width), pipeline)]
    spread = graph.op("Reshape", outputs, graph.integers(0, -1, count))
    rising = graph.op("TopK", spread, graph.integers(count), unread=1, axis=2, largest=0, sorted=1)
    each = [
        averaged(
            graph, _in_units(graph, graph.op("Gather", rising, graph.index(place), axis=2), pipeline), windows, width
        )
        for place in range(count)
    ]
    middle = median(pipeline.quantiles)
    values = each if middle is None else [each[middle], *each]
    names = answer_names(name, pipeline.quantiles)
    return [_values(graph, output, value, pipeline) for output, value in zip(names, values, strict=True)]


def _in_units(graph: Graph, values: Name, pipeline: Pipeline) -> Name:
    """(N, D) in the targets' own units."""
    if pipeline.target_mean is None or pipeline.target_deviation is None:
        return values
    scaled = graph.op("Mul", values, graph.constant(pipeline.target_deviation))
    return graph.op("Add", scaled, graph.constant(pipeline.target_mean))


def _values(graph: Graph, name: str, values: Name, pipeline: Pipeline) -> onnx.ValueInfoProto:
    """(N, D) under its public name, in the shape that clients see."""
    if pipeline.horizon is not None:
        sizes = (len(pipeline.channels), pipeline.horizon)
        return _output(graph, name, graph.op("Reshape", values, graph.integers(0, *sizes)), TensorProto.FLOAT, *sizes)
    width = pipeline.network.output_width // len(pipeline.quantiles or (None,))
    if width > 1:
        return _output(graph, name, values, TensorProto.FLOAT, width)
    return _output(graph, name, graph.op("Squeeze", values, graph.integers(1)), TensorProto.FLOAT)


def _output(graph: Graph, name: str, value: Name, kind: int, *sizes: int) -> onnx.ValueInfoProto:
    """Give a value its public name, and declare it with a free batch."""
    graph.nodes.append(helper.make_node("Identity", [value], [name], name=name))
    return helper.make_tensor_value_info(name, kind, ["batch", *sizes])


def _model(graph: Graph, outputs: list[onnx.ValueInfoProto], pipeline: Pipeline) -> onnx.ModelProto:
    fixed = None if pipeline.masked or pipeline.window is not None else pipeline.length
    shape: list[str | int | None] = ["batch", len(pipeline.channels), "length" if fixed is None else fixed]
    series = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape)
    body = helper.make_graph(graph.nodes, "wavetap", [series], outputs, graph.initializers)
    opset = helper.make_opsetid("", graph.opset)
    lineage = pipeline.metadata.get("lineage")
    model = helper.make_model(
        body,
        opset_imports=[opset],
        ir_version=helper.find_min_ir_version_for([opset]),
        producer_name="wavetap",
        producer_version=str(lineage.get("code_version", "")) if isinstance(lineage, Mapping) else "",
    )
    helper.set_model_props(model, _properties(pipeline))
    return model


def _properties(pipeline: Pipeline) -> dict[str, str]:
    """What the file says of itself: each property is a text, or JSON."""
    fitted = pipeline.preprocessing
    preprocessing = {
        "scaling": fitted.scaling,
        "missing": fitted.missing,
        "mean": np.asarray(fitted.mean).tolist(),
        "deviation": np.asarray(fitted.deviation).tolist(),
    }
    properties: dict[str, object] = {
        "channels": pipeline.channels,
        "labels": pipeline.classes,
        "horizon": pipeline.horizon,
        "window": pipeline.window,
        "stride": pipeline.stride,
        "quantiles": pipeline.quantiles,
        "temperature": pipeline.temperature,
        "masked": pipeline.masked,
        "preprocessing": preprocessing,
        "lineage": pipeline.metadata.get("lineage"),
    }
    texts: dict[str, str] = {"task": pipeline.task}
    for name, value in properties.items():
        if value is not None:
            texts[name] = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return texts

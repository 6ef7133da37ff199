"""The same network in each framework: ours, a PyTorch module with our parameters, and an ONNX Runtime session.

Each is checked against ours before it is timed: parameters are as many, and outputs or loss agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper
from torch import nn

from benchmarks.shapes import CLASSES, SeriesShape
from benchmarks.torch_models import MODELS, parameters
from model.arrays import Array
from model.geometry import Shape
from model.interchange.onnx_graph import Graph
from model.interchange.onnx_layers import emit
from model.interchange.onnx_signal import Signal, Site
from model.layers.dense import Dense
from model.network import Network
from model.recipes import build

TOLERANCE = 2e-3
"""Of the largest output: both sides round, in another order."""
OPSET = 17


@dataclass(frozen=True, eq=False)
class Problem:
    """x: (N, C, L) float32, channels first as clients send them; labels: (N,) int64."""

    network: Network
    x: Array
    labels: Array


def problem(recipe: str, shape: SeriesShape) -> Problem:
    """A recipe with a head, over random series, always the same."""
    generator = np.random.default_rng(0)
    layers = (*build(recipe), Dense(CLASSES))
    network = Network.initialize(layers, shape.channels, shape.length, generator)
    x = generator.standard_normal((shape.batch, shape.channels, shape.length), np.float32)
    return Problem(network, x, generator.integers(0, CLASSES, shape.batch))


def module(recipe: str, network: Network) -> nn.Module:
    """The PyTorch twin with the network's parameters."""
    made = MODELS[recipe](network.channels, CLASSES)
    theirs = parameters(made)
    ours = list(network.layout.views(network.parameters).values())
    if sum(p.numel() for p in theirs) != network.parameters.size or len(theirs) != len(ours):
        raise ValueError(
            f"{recipe} has {network.parameters.size} parameters here and {sum(p.numel() for p in theirs)} there"
        )
    with torch.no_grad():
        for parameter, array in zip(theirs, ours, strict=True):
            parameter.copy_(torch.from_numpy(as_theirs(array)).reshape(parameter.shape))
    return made


def as_theirs(array: Array) -> Array:
    """Kernels (groups, K, C / groups, F / groups) as (F, C / groups, K); other arrays as they are."""
    if array.ndim != 4:  # noqa: PLR2004 - not a kernel
        return np.ascontiguousarray(array)
    groups, kernel, inputs, outputs = array.shape
    return np.ascontiguousarray(array.transpose(0, 3, 2, 1).reshape(groups * outputs, inputs, kernel))


def session(network: Network, threads: int) -> onnxruntime.InferenceSession:
    """The network alone, as our exporter writes it, with all optimizations of the runtime."""
    graph = Graph(OPSET)
    arrays = {**network.layout.views(network.parameters), **network.state_layout.views(network.state)}
    shape = Shape(network.channels, network.length)
    outputs = emit(network.layers, Signal("x", shape), Site(graph, arrays))
    body = helper.make_graph(
        graph.nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", network.channels, "length"])],
        [helper.make_tensor_value_info(outputs.value, TensorProto.FLOAT, ["batch", CLASSES])],
        graph.initializers,
    )
    opset = helper.make_opsetid("", OPSET)
    made = helper.make_model(body, opset_imports=[opset], ir_version=helper.find_min_ir_version_for([opset]))
    onnx.checker.check_model(made)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])


def agree(ours: Array, theirs: Array, what: str) -> None:
    """Refuses to time what does not compute the same."""
    largest = float(np.abs(ours - theirs).max() / max(float(np.abs(theirs).max()), 1e-6))
    if not largest < TOLERANCE:
        raise ValueError(f"{what} differs by {largest:.1e} of its largest value; what differs is not compared")

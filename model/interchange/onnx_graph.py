"""An ONNX graph under construction: nodes and constants, each made once however often it is asked for.

Equal constants share one initializer, and equal nodes (the same operator over the same inputs) one output: emitters
need not remember what others have computed already. Names count upwards, so the same calls give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model.arrays import Array

Name: TypeAlias = str
"""What a value is called in the graph."""
Attribute: TypeAlias = int | float | list[int]

AXES_ARE_INPUTS: Mapping[str, int] = MappingProxyType(
    {"ReduceSum": 13, "ReduceMax": 18, "ReduceMin": 18, "ReduceMean": 18, "ReduceSumSquare": 18, "ReduceLogSumExp": 18}
)
"""From which opset on a reduction takes its axes as an input."""


class Graph:
    """Collects the nodes and initializers of one graph."""

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._known: dict[tuple[object, ...], Name] = {}

    def op(self, kind: str, *inputs: Name, unread: int = 0, **attributes: Attribute) -> Name:
        """The output of an operator over named values; an empty name leaves an optional input out.

        unread: outputs behind the first that the operator has, and nobody reads.
        """
        key = (kind, inputs, repr(sorted(attributes.items())))
        if key not in self._known:
            name = self._known[key] = f"{kind}_{len(self.nodes)}"
            others = [f"{name}_{index}" for index in range(unread)]
            node = helper.make_node(kind, list(inputs), [name, *others], name=name)
            node.attribute.extend(helper.make_attribute(each, value) for each, value in sorted(attributes.items()))
            self.nodes.append(node)
        return self._known[key]

    def reduce(self, kind: str, x: Name, axis: int, *, keep: bool = True) -> Name:
        """A reduction over one axis, as the opset writes it."""
        if self.opset >= AXES_ARE_INPUTS[kind]:
            return self.op(kind, x, self.integers(axis), keepdims=int(keep))
        return self.op(kind, x, axes=[axis], keepdims=int(keep))

    def cast(self, x: Name, to: int) -> Name:
        """The same values in another type of TensorProto's."""
        return self.op("Cast", x, to=to)

    def constant(self, value: Array) -> Name:
        """An initializer with these values."""
        array = np.asarray(value, order="C")
        key = ("", array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            name = self._known[key] = f"constant_{len(self.initializers)}"
            self.initializers.append(numpy_helper.from_array(array, name))
        return self._known[key]

    def number(self, value: float) -> Name:
        """A float32 without dimensions."""
        return self.constant(np.array(value, np.float32))

    def index(self, value: int) -> Name:
        """An int64 without dimensions."""
        return self.constant(np.array(value, np.int64))

    def integers(self, *values: int) -> Name:
        """(n,) int64."""
        return self.constant(np.array(values, np.int64))

    def texts(self, values: tuple[str, ...]) -> Name:
        """(n,) texts."""
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.array(values, dtype=object), name))
        return name

    def drop_unread(self, outputs: Iterable[Name]) -> None:
        """Leave out every node and initializer that none of the outputs stands on."""
        read = set(outputs)
        kept = []
        for node in reversed(self.nodes):
            if not read.isdisjoint(node.output):
                read.update(node.input)
                kept.append(node)
        self.nodes = kept[::-1]
        self.initializers = [each for each in self.initializers if each.name in read]

"""One convolution: forward and the gradients by its input, kernel and bias, beside PyTorch eager."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import shapes
from benchmarks.contenders import agree, as_theirs
from benchmarks.given_gradient import GivenGradient
from benchmarks.measurement import EAGER, OURS, Measurements, side_by_side
from benchmarks.shapes import LayerShape
from model.layers.conv1d import Conv1d
from model.network import Network
from model.plan import Plan
from model.plan import compile as compile_plan

SECONDS = {True: 0.6, False: 2.0}


def measure(threads: int, *, quick: bool) -> Measurements:
    """Every layer of the run."""
    for shape in shapes.layers(quick=quick):
        ours = _ours(shape, threads)
        theirs = _Theirs.of(shape, ours)
        ours.step()
        theirs.step()
        _agree(ours, theirs, str(shape))
        timing = side_by_side({OURS: ours.step, EAGER: theirs.step}, SECONDS[quick])
        ours.close()
        yield timing.measurement("layers", "conv1d", str(shape), threads, shape.batch)


def _ours(shape: LayerShape, threads: int) -> Plan:
    generator = np.random.default_rng(0)
    spec = Conv1d(shape.outputs, shape.kernel, shape.stride, dilation=shape.dilation, groups=shape.groups)
    network = Network.initialize((spec,), shape.inputs, shape.length, generator)
    plan = compile_plan(
        network,
        batch=shape.batch,
        length=shape.length,
        mode="training",
        loss=GivenGradient(),
        threads=threads,
        input_gradient=True,
    )
    plan.inputs[...] = generator.standard_normal(plan.inputs.shape)
    plan.targets[...] = generator.standard_normal(plan.targets.shape)
    return plan


@dataclass(frozen=True, eq=False)
class _Theirs:
    """The layer, its input and the gradient by its output, channels first."""

    layer: nn.Conv1d
    x: Tensor
    dy: Tensor

    @classmethod
    def of(cls, shape: LayerShape, plan: Plan) -> _Theirs:
        """Padding "same" where PyTorch has it; where it has not, with a stride, the same widths as a number."""
        layer = nn.Conv1d(
            shape.inputs,
            shape.outputs,
            shape.kernel,
            shape.stride,
            padding="same" if shape.stride == 1 else shape.kernel // 2,
            dilation=shape.dilation,
            groups=shape.groups,
        )
        arrays = plan.network.layout.views(plan.parameters)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(as_theirs(arrays["layers/0/kernel"])))
        return cls(layer, _channels_first(plan.inputs).requires_grad_(), _channels_first(plan.targets))

    def step(self) -> None:
        """Forward and backward."""
        self.layer.zero_grad()
        self.x.grad = None
        self.layer(self.x).backward(self.dy)


def _channels_first(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array.transpose(0, 2, 1)))


def _agree(ours: Plan, theirs: _Theirs, what: str) -> None:
    dx, dw = theirs.x.grad, theirs.layer.weight.grad
    if dx is None or dw is None:
        raise ValueError("PyTorch gave no gradient")
    agree(ours.input_gradient, dx.numpy().transpose(0, 2, 1), f"dx of {what}")
    kernel = ours.network.layout.views(ours.gradient)["layers/0/kernel"]
    agree(as_theirs(kernel), dw.numpy(), f"dw of {what}")

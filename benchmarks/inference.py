"""Inference: the same network in ONNX Runtime and in PyTorch, from the same (batch, channels, length) array."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks import shapes
from benchmarks.contenders import Problem, agree, module, problem, session
from benchmarks.measurement import EAGER, OURS, RUNTIME, Measurements, side_by_side
from model.arrays import Array
from model.plan import Plan
from model.plan import compile as compile_plan

SECONDS = {True: 0.6, False: 1.5}


def measure(threads: int, *, quick: bool) -> Measurements:
    """Every recipe and batch of the run."""
    for recipe, shape in shapes.inference(quick=quick):
        given = problem(recipe, shape)
        plan = compile_plan(given.network, batch=shape.batch, length=shape.length, threads=threads)
        ours, runtime, pytorch = (
            in_wavetap(plan, given),
            in_onnx_runtime(given, threads),
            in_pytorch(recipe, given),
        )
        agree(ours(), runtime(), f"{recipe} {shape} in ONNX Runtime")
        agree(ours(), pytorch().numpy(), f"{recipe} {shape} in PyTorch")
        timing = side_by_side({OURS: ours, RUNTIME: runtime, EAGER: pytorch}, SECONDS[quick])
        plan.close()
        yield timing.measurement("inference", recipe, str(shape), threads, shape.batch)


def in_wavetap(plan: Plan, given: Problem) -> Callable[[], Array]:
    """Turning the input channels last is part of our time."""

    def run() -> Array:
        plan.inputs[...] = given.x.transpose(0, 2, 1)
        return plan.forward()

    return run


def in_onnx_runtime(given: Problem, threads: int) -> Callable[[], Array]:
    """As its documentation does it."""
    runtime = session(given.network, threads)

    def run() -> Array:
        outputs: Array = runtime.run(None, {"x": given.x})[0]
        return outputs

    return run


def in_pytorch(recipe: str, given: Problem) -> Callable[[], Tensor]:
    """The module in eval mode, eagerly."""
    net = module(recipe, given.network).eval()
    x = torch.from_numpy(given.x)

    def run() -> Tensor:
        with torch.inference_mode():
            outputs: Tensor = net(x)
        return outputs

    return run

"""A whole training step: forward, loss, backward and Adam, beside PyTorch eager and, for some shapes, torch.compile."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks import shapes
from benchmarks.contenders import Problem, agree, module, problem
from benchmarks.measurement import COMPILED, EAGER, OURS, Measurements, Run, side_by_side
from model.losses import SoftmaxCrossEntropy
from model.optimizers import Adam
from model.plan import Plan
from model.plan import compile as compile_plan

SECONDS = {True: 1.0, False: 3.0}


@dataclass(frozen=True, eq=False)
class Ours:
    """A bound plan and optimizer."""

    plan: Plan
    step: Run


def our_step(given: Problem, threads: int) -> Ours:
    """As the trainer does it."""
    batch, _, length = given.x.shape
    plan = compile_plan(
        given.network, batch=batch, length=length, mode="training", loss=SoftmaxCrossEntropy(), threads=threads
    )
    plan.inputs[...] = given.x.transpose(0, 2, 1)
    plan.targets[...] = given.labels[:, None]
    optimizer = Adam().bind(plan.parameters.size)

    def step() -> float:
        loss = plan.step()
        optimizer.update(plan.parameters, plan.gradient)
        return loss

    return Ours(plan, step)


def their_step(net: nn.Module, given: Problem, *, compiled: bool = False) -> Run:
    """As PyTorch's tutorials do it; the compiled one with the fused optimizer besides."""
    net.train()
    x, labels = torch.from_numpy(given.x), torch.from_numpy(given.labels)
    optimizer = torch.optim.Adam(net.parameters(), fused=True if compiled else None)
    called = torch.compile(net) if compiled else net

    def step() -> float:
        optimizer.zero_grad()
        loss = functional.cross_entropy(called(x), labels)
        torch.autograd.backward(loss)
        optimizer.step()
        return float(loss.detach())

    return step


def measure(threads: int, *, quick: bool) -> Measurements:
    """Against eager."""
    for recipe, shape in shapes.training(quick=quick):
        given = problem(recipe, shape)
        ours, theirs = our_step(given, threads), their_step(module(recipe, given.network), given)
        _agree(ours, theirs, f"{recipe} {shape}")
        timing = side_by_side({OURS: ours.step, EAGER: theirs}, SECONDS[quick])
        ours.plan.close()
        yield timing.measurement("training", recipe, str(shape), threads, shape.batch)


def measure_compiled(threads: int, *, quick: bool) -> Measurements:
    """Against torch.compile, with eager beside it; what compiling took is noted."""
    for recipe, shape in shapes.compiled(quick=quick):
        given = problem(recipe, shape)
        torch.compiler.reset()
        ours = our_step(given, threads)
        compiled = their_step(module(recipe, given.network), given, compiled=True)
        start = time.perf_counter()
        _agree(ours, compiled, f"{recipe} {shape}")
        seconds = time.perf_counter() - start
        eager = their_step(module(recipe, given.network), given)
        timing = side_by_side({OURS: ours.step, EAGER: eager, COMPILED: compiled}, SECONDS[quick])
        ours.plan.close()
        notes = {"seconds to compile": seconds}
        yield timing.measurement("compiled", recipe, str(shape), threads, shape.batch, notes)


def _agree(ours: Ours, theirs: Run, what: str) -> None:
    """The loss of two steps: the second one's tells that the gradients agree."""
    for step in (1, 2):
        agree(np.asarray(ours.step()), np.asarray(theirs()), f"the loss of step {step} of {what}")

"""Peak memory of a training step, in a process of its own for each framework.

Measured is the growth of the resident set: its peak over three steps (VmHWM, reset before) less what was resident when
all was imported, the data stood ready and one step of a tiny series had brought in the framework's code. Network,
optimizer, gradients, activations and caches are all in it.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import torch

from benchmarks import shapes
from benchmarks.contenders import Problem, module, problem
from benchmarks.measurement import EAGER, OURS, Measurement, Measurements, Run
from benchmarks.shapes import SeriesShape
from benchmarks.training import our_step, their_step

STEPS = 3
TINY = 64
"""Steps of the series that is trained on before; long enough for every kernel."""


def measure(threads: int, *, quick: bool) -> Measurements:
    """Each recipe and shape, ours and theirs in turn; `values` are megabytes."""
    for recipe, shape in shapes.memory(quick=quick):
        values = {name: _in_child(name, recipe, shape, threads) for name in (OURS, EAGER)}
        yield Measurement(
            "memory", recipe, str(shape), threads, values, {EAGER: values[OURS] / values[EAGER]}, STEPS, shape.batch
        )


def _in_child(framework: str, recipe: str, shape: SeriesShape, threads: int) -> float:
    sizes = (shape.channels, shape.length, shape.batch, threads)
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.memory", framework, recipe, *map(str, sizes)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)  # noqa: S603 - this module
    return float(done.stdout)


def growth(framework: str, recipe: str, shape: SeriesShape, threads: int) -> float:
    """Megabytes that one framework's network, optimizer and steps add at their peak."""
    torch.set_num_threads(threads)
    given = problem(recipe, shape)
    _step(framework, recipe, problem(recipe, SeriesShape(shape.channels, TINY, 2)), threads)()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _resident("VmRSS")
    step = _step(framework, recipe, given, threads)
    for _ in range(STEPS):
        step()
    return _resident("VmHWM") - before


def _step(framework: str, recipe: str, given: Problem, threads: int) -> Run:
    if framework == OURS:
        return our_step(given, threads).step
    return their_step(module(recipe, given.network), given)


def _resident(field: str) -> float:
    """VmRSS or VmHWM of this process, in megabytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"the kernel tells no {field}")


if __name__ == "__main__":
    name, of_recipe, *numbers = sys.argv[1:]
    channels, length, batch, shards = map(int, numbers)
    print(growth(name, of_recipe, SeriesShape(channels, length, batch), shards))

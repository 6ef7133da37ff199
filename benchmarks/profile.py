"""Where a training step spends its time: each bound operation's stages, summed by kind."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from benchmarks import shapes
from benchmarks.contenders import problem
from benchmarks.measurement import OURS, Measurement, Measurements
from benchmarks.shapes import SeriesShape
from benchmarks.training import our_step
from model.binding import Operation, Stage

STEPS = 8
SHAPE = SeriesShape(6, 100, 16)


def measure(_threads: int, *, quick: bool) -> Measurements:
    """Every recipe on one shape, with one thread. `notes` are milliseconds by part."""
    for recipe in shapes.RECIPES[:1] if quick else shapes.RECIPES:
        parts = _parts(recipe)
        yield Measurement("profile", recipe, str(SHAPE), 1, {OURS: sum(parts.values())}, {}, STEPS, SHAPE.batch, parts)


def _parts(recipe: str) -> dict[str, float]:
    given = problem(recipe, SHAPE)
    ours = our_step(given, 1)
    plan = ours.plan
    operations = plan.workshop.operations
    spent: defaultdict[str, float] = defaultdict(float)
    ours.step()
    for _ in range(STEPS):
        whole = time.perf_counter()
        ours.step()
        whole = time.perf_counter() - whole
        inside = 0.0
        for operation in operations:
            inside += _timed(spent, operation, "refresh", (partial(_refresh, operation),))
        for operation in operations:
            inside += _timed(spent, operation, "forward", operation.forward())
        for operation in reversed(operations):
            inside += _timed(spent, operation, "backward", operation.backward())
        spent["loss, optimizer and Python"] += max(0.0, whole - inside)
    return {name: 1e3 * seconds / STEPS for name, seconds in sorted(spent.items(), key=lambda item: -item[1])}


def _refresh(operation: Operation, _shard: int) -> None:
    operation.refresh()


def _timed(spent: defaultdict[str, float], operation: Operation, which: str, stages: Iterable[Stage]) -> float:
    start = time.perf_counter()
    for stage in stages:
        stage(0)
    seconds = time.perf_counter() - start
    spent[f"{type(operation).__name__.strip('_')} {which}"] += seconds
    return seconds

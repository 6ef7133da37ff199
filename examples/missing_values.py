"""Deletes values of two archive problems, and compares what a network learns of the rest by each treatment of gaps.

    OPENBLAS_NUM_THREADS=1 python examples/missing_values.py [--seeds N]

Values go in three ways, from the training and the test split alike: each by chance; a stretch of each channel; and
whatever is far above the channel's mean, as a sensor with too small a range loses it. Nothing but `missing` is chosen.
It prints the accuracy on the test split, of each seed and their mean. The seed draws what is deleted as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import Series, TrainingSpec
from model.training.metrics import evaluate
from model.training.settlement import settled
from model.training.trainer import Trainer
from service.domain.datasets import Limits, Reading
from service.ingest import read_series

Array = NDArray[Any]
Deletion = Callable[[Array, Array, np.random.Generator], None]

DATA = Path(__file__).parent / "data"
PROBLEMS = ("ItalyPowerDemand", "JapaneseVowels")
TREATMENTS = ("interpolate", "zero", "mask")
SHARE = 0.5
"""How much is deleted by chance, or how long the stretches are beside their case."""
RANGE = 0.5
"""Deviations above the mean that a sensor of too small a range still sees."""


def by_chance(case: Array, _levels: Array, generator: np.random.Generator) -> None:
    """Every second value or so of a case (L, C)."""
    case[generator.random(case.shape) < SHARE] = np.nan


def stretches(case: Array, _levels: Array, generator: np.random.Generator) -> None:
    """Half of each channel, in one piece."""
    length = round(SHARE * len(case))
    for channel in case.T:
        start = generator.integers(len(case) - length + 1)
        channel[start : start + length] = np.nan


def beyond_range(case: Array, levels: Array, _generator: np.random.Generator) -> None:
    """Whatever is above a level of its channel."""
    case[case > levels] = np.nan


DELETIONS: Mapping[str, Deletion] = {"by chance": by_chance, "stretches": stretches, "beyond range": beyond_range}


def split(problem: str, name: str) -> Series:
    """One of the archive's own splits."""
    return read_series(DATA / problem / f"{problem}_{name}.ts", Reading(format="ts"), Limits()).series


def damaged(series: Series, deletion: Deletion, levels: Array, seed: int) -> Series:
    """The series with values deleted case by case."""
    generator = np.random.default_rng(seed)
    values = series.values.copy()
    for start, end in zip(series.offsets[:-1], series.offsets[1:], strict=True):
        deletion(values[start:end], levels, generator)
    return replace(series, values=values)


def accuracy(train: Series, test: Series, missing: str, seed: int) -> float:
    """On the test split, once trained with every default but this."""
    given = {"preprocessing": {"missing": missing}, "training": {"seed": seed}}
    trainer = Trainer(train, settled(TrainingSpec.from_json(given), train))
    for _ in trainer.epochs():
        pass
    return evaluate(trainer.pipeline(), test)[0]["accuracy"]


def main() -> None:
    """Print a row for each problem, deletion and treatment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    print("| problem | values deleted | share | treatment | mean | seeds |\n|---|---|---|---|---|---|")
    for problem in PROBLEMS:
        train, test = split(problem, "TRAIN"), split(problem, "TEST")
        levels = train.values.mean(axis=0) + RANGE * train.values.std(axis=0)
        for name, deletion in DELETIONS.items():
            left = [[damaged(each, deletion, levels, seed) for each in (train, test)] for seed in seeds]
            share = np.mean([np.isnan(pair[0].values).mean() for pair in left])
            for missing in TREATMENTS:
                found = [accuracy(*pair, missing, seed) for seed, pair in zip(seeds, left, strict=True)]
                each = ", ".join(f"{value:.3f}" for value in found)
                print(f"| {problem} | {name} | {share:.0%} | {missing} | {np.mean(found):.3f} | {each} |", flush=True)


if __name__ == "__main__":
    main()

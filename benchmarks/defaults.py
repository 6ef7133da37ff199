"""What a training with no options reaches: five real datasets, or others, several seeds, and the time each takes.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.defaults [--seeds 5] [--only GunPoint ...] [--training JSON] [--data D]

It prints a row of Markdown a dataset: the score on the test split for each seed (accuracy, or RMSE for a regression),
the epochs that were trained, and the seconds of CPU of one training. `--training` tries options in place of defaults,
`--data` takes other problems of the archives, each a folder NAME with NAME_TRAIN.ts and NAME_TEST.ts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

from model.data.series import Series
from model.training.metrics import evaluate
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from service.domain.datasets import Limits, Reading
from service.ingest import read_series

DATA = Path(__file__).resolve().parent.parent / "examples" / "data"
WANTED = {
    "BasicMotions": "at least 0.95",
    "GunPoint": "at least 0.95",
    "ItalyPowerDemand": "at least 0.94",
    "JapaneseVowels": "at least 0.95",
    "CardanoSentiment": "at most 0.32",
}


def main() -> None:
    """Command line: see --help."""
    parser = argparse.ArgumentParser(prog="benchmarks.defaults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 0 on")
    parser.add_argument("--only", nargs="+", default=list(WANTED), help="some datasets; by default the five")
    parser.add_argument("--data", type=Path, default=DATA, help="where they are")
    parser.add_argument("--training", type=json.loads, default={}, help="options of the training section, as JSON")
    chosen = parser.parse_args()
    print("| dataset | wanted | worst to best | mean | epochs | seconds of CPU |\n|---|---|---|---|---|---|")
    for name in chosen.only:
        print(row(chosen.data, name, range(chosen.seeds), chosen.training), flush=True)


def row(data: Path, name: str, seeds: range, training: dict[str, Any]) -> str:
    """One dataset, trained once a seed."""
    train, test = split(data, name, "TRAIN"), split(data, name, "TEST")
    scores, seconds, epochs = [], [], 0
    for seed in seeds:
        begun = time.process_time()
        trainer = Trainer(train, settled(TrainingSpec.from_json({"training": {**training, "seed": seed}}), train))
        for report in trainer.epochs():
            epochs = report.epoch
        seconds.append(time.process_time() - begun)
        found, _ = evaluate(trainer.pipeline(), test)
        scores.append(found.get("accuracy", found.get("rmse", 0.0)))
    ordered = sorted(scores, reverse=train.task == "regression")
    return (
        f"| {name} | {WANTED.get(name, '')} | {ordered[0]:.3f} to {ordered[-1]:.3f} | {statistics.mean(scores):.3f} "
        f"| {epochs} | {statistics.median(seconds):.1f} |"
    )


def split(data: Path, name: str, part: str) -> Series:
    """The series of one of a dataset's two files."""
    return read_series(data / name / f"{name}_{part}.ts", Reading(), Limits()).series


if __name__ == "__main__":
    main()

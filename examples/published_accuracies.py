"""Trains the recipes on five archive problems with every default, through the Python interface of `model`.

    python examples/published_accuracies.py [--recipes fcn lite] [--problems GunPoint] [--seeds 3]

It prints the median over the seeds beside the published figure, as rows of a Markdown table; ends with 1 where an
accuracy is more than two points below it. The published figures are of FCN, ResNet and InceptionTime; LITE is held to
FCN's.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

from threadpoolctl import threadpool_limits

from model import Trainer, TrainingSpec, settled
from model.training.metrics import evaluate
from service.domain.datasets import Limits, Reading
from service.ingest.reading import read_series

DATA = Path(__file__).parent / "data"
POINTS = 0.02
PUBLISHED = {
    "BasicMotions": {"fcn": 1.0, "resnet": 1.0, "inception": 1.0, "lite": 1.0},
    "GunPoint": {"fcn": 0.997, "resnet": 0.991, "inception": 1.0, "lite": 0.997},
    "ItalyPowerDemand": {"fcn": 0.963, "resnet": 0.962, "inception": 0.965, "lite": 0.963},
    "JapaneseVowels": {"fcn": 0.973, "resnet": 0.914, "inception": 0.970, "lite": 0.973},
}


def accuracy(problem: str, recipe: str, seed: int) -> float:
    """Of the network of the last epoch, or the best where the defaults hold data back, on the TEST split."""
    train, test = (
        read_series(DATA / problem / f"{problem}_{split}.ts", Reading(), Limits()).series for split in ("TRAIN", "TEST")
    )
    spec = TrainingSpec.from_json({"network": {"recipe": recipe}, "training": {"seed": seed}})
    trainer = Trainer(train, settled(spec, train))
    for _ in trainer.epochs():
        pass
    metrics, _ = evaluate(trainer.pipeline(), test)
    return float(metrics["accuracy"])


def main() -> int:
    """Print a row for each recipe and problem; the number of rows that fall short decides the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", nargs="+", default=["fcn", "resnet", "inception", "lite"])
    parser.add_argument("--problems", nargs="+", default=list(PUBLISHED), choices=list(PUBLISHED))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    short = 0
    print("| problem | recipe | published | median | seeds | seconds a training |\n|---|---|---|---|---|---|")
    with threadpool_limits(1):
        for problem in options.problems:
            for recipe in options.recipes:
                started = time.monotonic()
                reached = [accuracy(problem, recipe, seed) for seed in range(options.seeds)]
                seconds = (time.monotonic() - started) / options.seeds
                median, published = statistics.median(reached), PUBLISHED[problem][recipe]
                short += median < published - POINTS
                each = ", ".join(f"{value:.3f}" for value in reached)
                print(f"| {problem} | {recipe} | {published:.3f} | {median:.3f} | {each} | {seconds:.0f} |", flush=True)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a training does when nothing was asked for: chosen by measurement, see docs/adr/0004-defaults.md."""

from __future__ import annotations

from collections.abc import Mapping

from model.data.series import Task
from model.losses import Focal, Huber, LossSpec, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from model.optimizers import Adam
from model.schedules import OneCycle

RECIPE = "fcn"
BATCH_SIZE = 16
OPTIMIZER = Adam(learning_rate=1e-3)
SCHEDULE = OneCycle()
THREADS = 1

LOSSES: Mapping[Task, LossSpec] = {
    "classification": SoftmaxCrossEntropy(),
    "regression": MeanSquaredError(),
    "forecasting": MeanSquaredError(),
}
ACCEPTED_LOSSES: Mapping[Task, tuple[str, ...]] = {
    "classification": (SoftmaxCrossEntropy.kind, Focal.kind),
    "regression": (MeanSquaredError.kind, MeanAbsoluteError.kind, Huber.kind),
    "forecasting": (MeanSquaredError.kind, MeanAbsoluteError.kind, Huber.kind),
}
"""The losses whose outputs are what the task's head answers with."""

STEPS = 1000
"""Steps of the optimizer that the default number of epochs comes to, whatever the number of cases."""
FEWEST_EPOCHS = 20
MOST_EPOCHS = 300
VALIDATED_CASES = 500
"""From as many cases on, a fifth is kept back; fewer are all needed for training."""
FRACTION = 0.2
WINDOWS = 10_000
"""About how many windows a long series is cut into."""


def epochs(cases: int, batch_size: int) -> int:
    """So many that the optimizer takes about the same number of steps for any number of cases."""
    return min(max(round(STEPS / -(-cases // batch_size)), FEWEST_EPOCHS), MOST_EPOCHS)


def fraction(task: Task, samples: int, *, stopping: bool) -> float:
    """What is kept back for validation."""
    return FRACTION if stopping or task == "forecasting" or samples >= VALIDATED_CASES else 0.0


def horizon(length: int) -> int:
    """Twelve steps, or a tenth of a short series."""
    return max(1, min(12, length // 10))


def window(length: int, horizon: int) -> int:
    """Four horizons, or as much as leaves a short series windows to train and to validate on."""
    return max(1, min(4 * horizon, length // 3))


def stride(windows: int) -> int:
    """One, unless that gives many more windows than training needs."""
    return max(1, windows // WINDOWS)

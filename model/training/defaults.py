"""What a training does when nothing was asked for: chosen by measurement, see docs/adr/0005-defaults.md."""

from __future__ import annotations

from collections.abc import Mapping

from model.data.scaling import Missing, Scaling
from model.data.series import Task
from model.layers.conv1d import Conv1d
from model.layers.flatten import Flatten
from model.layers.parallel import Parallel
from model.layers.relu import Relu
from model.layers.sequence import Layers
from model.losses import Focal, Huber, LossSpec, MeanAbsoluteError, MeanSquaredError, Quantile, SoftmaxCrossEntropy
from model.optimizers import Adam
from model.schedules import OneCycle

RECIPES: Mapping[Task, str] = {"classification": "resnet_lite", "regression": "resnet_lite", "forecasting": "fcn"}
FORECASTER: Layers = (
    Parallel(((Conv1d(32, 5), Relu(), Conv1d(32, 5), Relu(), Conv1d(8, 1)), ())),
    Flatten(),
)
"""Forecasts depend on where in the window something was: all its steps reach the head, beside what convolutions say."""
WIDEST_FORECAST = 5_000_000
"""Weights that the head may have behind it; where it would have more, the recipe is taken."""
STRIDED = 512
"""Steps of a series for each step of the recipe's stride: what comes behind the first layer is about as long."""
BATCH_SIZE = 16
FEW_CASES = 64
"""Below so many a classifier takes them in smaller batches, whose noise keeps it from learning too much by heart."""
SMALL_BATCH = 8
OPTIMIZER = Adam(learning_rate=2e-3)
SCHEDULE = OneCycle()
THREADS = 1
SCALING: Scaling = "channel"
UNEVEN_DECADES = 1.0
"""Cases whose strength differs so much are as good as flat on one scale, all but the strongest."""
BY_LABEL = 0.5
"""Where labels explain so much of that, strength tells them, and is not to be hidden."""
MISSING: Missing = "interpolate"

LOSSES: Mapping[Task, LossSpec] = {
    "classification": SoftmaxCrossEntropy(),
    "regression": MeanSquaredError(),
    "forecasting": MeanSquaredError(),
}
ACCEPTED_LOSSES: Mapping[Task, tuple[str, ...]] = {
    "classification": (SoftmaxCrossEntropy.kind, Focal.kind),
    "regression": (MeanSquaredError.kind, MeanAbsoluteError.kind, Huber.kind, Quantile.kind),
    "forecasting": (MeanSquaredError.kind, MeanAbsoluteError.kind, Huber.kind, Quantile.kind),
}
"""The losses whose outputs are what the task's head answers with."""

STEPS: Mapping[Task, int] = {"classification": 1000, "regression": 600, "forecasting": 500}
"""Steps of the optimizer that the default number of epochs comes to, whatever the number of cases."""
STEPS_OF_A_CLASS = 30
"""Many classes need more steps: so many for each."""
FEWEST_EPOCHS = 20
MOST_EPOCHS = 200

MANY_CASES = 1000
"""From as many on, a tenth can be spared for validation, and it is enough of them."""
WINDOWS = 10_000
"""About how many windows a long series is cut into."""
WINDOWS_OF_A_SERIES = 4
"""Behind its first, each of many series keeps so many at least."""


def scaling(task: Task, strength: Mapping[str, float] | None) -> Scaling:
    """By what is known of the strength of cases; only labels can do without it."""
    uneven = strength is not None and strength["decades"] >= UNEVEN_DECADES and strength["by_label"] < BY_LABEL
    return "instance" if task == "classification" and uneven else SCALING


def batch_size(task: Task, cases: int) -> int:
    """By the cases that are trained on."""
    usual = SMALL_BATCH if task == "classification" and cases < FEW_CASES else BATCH_SIZE
    return min(usual, cases)


def epochs(task: Task, cases: int, batch_size: int, classes: int = 0) -> int:
    """So many that the optimizer takes about the same number of steps for any number of cases."""
    steps = max(STEPS[task], STEPS_OF_A_CLASS * classes)
    return min(max(round(steps / -(-cases // batch_size)), FEWEST_EPOCHS), MOST_EPOCHS)


def recipe_options(length: int) -> dict[str, object]:
    """Options of the recipe that go with the longest series."""
    return {"stride": max(1, length // STRIDED)}


def forecaster(channels: int, inputs: int, window: int, horizon: int) -> Layers | None:
    """The layers for forecasts, of a network that sees `inputs` channels; None where the head would be too wide."""
    weights = (8 + inputs) * window * channels * horizon
    return FORECASTER if weights <= WIDEST_FORECAST else None


def fraction(task: Task, cases: int, *, stopping: bool) -> float:
    """What is kept back for validation.

    A classifier of few cases needs them all, and its last epoch is as good as any. A regression of few cases needs to
    be told when to stop, and how far to trust itself.
    """
    if task == "forecasting":
        return 0.2
    if cases >= MANY_CASES:
        return 0.1
    if task == "regression":
        return 0.25
    return 0.2 if stopping else 0.0


def horizon(length: int) -> int:
    """Twelve steps, or a tenth of a short series."""
    return max(1, min(12, length // 10))


def window(length: int, horizon: int) -> int:
    """Four horizons, or as much as leaves a short series windows to train and to validate on."""
    return max(1, min(4 * horizon, length // 3))


def overlapping(window: int) -> int:
    """From window to window of a case: half of one, so that what lies across an end is whole in the next."""
    return max(1, window // 2)


def stride(cases: int, places: int) -> int:
    """One, unless that gives many more windows than training needs; places: where one may begin in the longest series.

    A series keeps windows from its beginning to its end, however many series there are: some of each train, some judge.
    """
    return max(1, min(cases * places // WINDOWS, (places - 1) // WINDOWS_OF_A_SERIES))

"""What series hold, without the series; and specs resolved for them."""

from typing import Any

from model.data.series import SeriesFacts, Task
from model.training.spec import TrainingSpec, resolve


def facts(
    task: Task = "classification", *, cases: int = 40, length: tuple[int, int] = (100, 100), **changes: Any
) -> SeriesFacts:
    made: dict[str, Any] = {
        "task": task,
        "cases": cases,
        "channels": ("x", "y"),
        "length_min": length[0],
        "length_max": length[1],
        "labels": {"a": cases // 2, "b": cases - cases // 2} if task == "classification" else None,
        "target": {"min": 0.0, "max": 1.0, "mean": 0.5} if task == "regression" else None,
        "target_width": 1 if task == "regression" else None,
        "missing": 0,
    }
    return SeriesFacts(**{**made, **changes})


LONG = facts("forecasting", cases=1, length=(500, 500))


def resolved(given: dict[str, Any], what: SeriesFacts | None = None) -> TrainingSpec:
    return resolve(TrainingSpec.from_json(given), what or facts())

"""Cases whose strength differs by orders of magnitude are scaled by themselves where nothing was asked for."""

from dataclasses import replace

import pytest

from model.data.series import Series, Task
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from tests.arbitrary_series import waves
from tests.reference.facts import LONG, facts, resolved

BODY = {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 3}]}

UNEVEN = {"decades": 1.0, "by_label": 0.4}


@pytest.mark.parametrize(
    ("task", "strength", "asked", "scaling"),
    [
        ("classification", UNEVEN, {}, "instance"),
        ("classification", UNEVEN, {"scaling": "channel"}, "channel"),
        ("classification", UNEVEN, {"window": 20}, "instance"),
        ("classification", {**UNEVEN, "by_label": 0.5}, {}, "channel"),
        ("classification", {**UNEVEN, "decades": 0.9}, {}, "channel"),
        ("classification", None, {}, "channel"),
        ("regression", UNEVEN, {}, "channel"),
        ("forecasting", UNEVEN, {}, "channel"),
    ],
)
def test_cases_of_very_different_strength_are_scaled_by_themselves_where_labels_do_not_tell_it(
    task: Task, strength: dict[str, float] | None, asked: dict[str, object], scaling: str
) -> None:
    what = replace(LONG, strength=strength) if task == "forecasting" else facts(task, strength=strength)
    assert resolved({"preprocessing": asked}, what).to_json()["preprocessing"]["scaling"] == scaling


def test_the_reason_for_scaling_cases_by_themselves_is_remarked() -> None:
    labels = ["ab"[index % 2] for index in range(24)]
    cases = [wave * 10 ** (index % 4) for index, wave in enumerate(waves(24, length=20))]
    found = Series.from_cases(cases, labels=labels)
    spec = {"network": BODY, "training": {"epochs": 1}}
    made = Trainer(found, settled(TrainingSpec.from_json(spec), found))
    (remark,) = made.remarks
    assert remark.startswith("Each case is scaled by itself: deviations of nine in ten cases lie between ")
    asked = {**spec, "preprocessing": {"scaling": "channel"}}
    assert Trainer(found, settled(TrainingSpec.from_json(asked), found)).remarks == ()

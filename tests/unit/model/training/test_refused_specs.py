"""What cannot be meant is refused at its place, in words that say what would be accepted."""

from typing import Any

import pytest

from model.errors import InvalidSpec
from tests.reference.facts import resolved

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown section": ({"netwrok": {}}, "/netwrok", "did you mean 'network'"),
    "an unknown task": ({"task": "clustering"}, "/task", "classification, regression, forecasting"),
    "an unknown recipe": ({"network": {"recipe": "fnc"}}, "/network/recipe", "fcn"),
    "an unknown option": ({"network": {"recipe": "fcn", "filter": 3}}, "/network/filter", "filters"),
    "a recipe that is no text": ({"network": {"recipe": 5}}, "/network/recipe", "fcn"),
    "a network that is a text": ({"network": "fcn"}, "/network", "object"),
    "an unknown layer": ({"network": {"layers": [{"kind": "conv2d"}]}}, "/network/layers/0/kind", "conv1d"),
    "no layers": ({"network": {"layers": []}}, "/network/layers", "layer"),
    "too many layers": ({"network": {"layers": [{"kind": "relu"}] * 201}}, "/network", "at most 200"),
    "too large a number": (
        {"network": {"layers": [{"kind": "conv1d", "out_channels": 10**9, "kernel": 3}]}},
        "/network/layers/0/out_channels",
        "1000000",
    ),
    "too many parameters": (
        {"network": {"layers": [{"kind": "dense", "units": 10**5}, {"kind": "dense", "units": 10**4}]}},
        "/network",
        "at most|the most",
    ),
    "too large a step": (
        {"network": {"layers": [{"kind": "conv1d", "out_channels": 10**6, "kernel": 1}] * 2}},
        "/network",
        "the most",
    ),
    "a kernel longer than the series": (
        {"network": {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 101, "padding": "valid"}]}},
        "/network/layers/0/kernel",
        "101",
    ),
    "an unknown scaling": ({"preprocessing": {"scaling": "chanel"}}, "/preprocessing/scaling", "'channel'"),
    "a horizon without a forecast": ({"preprocessing": {"horizon": 4}}, "/preprocessing/horizon", "forecasting"),
    "a stride without a window": ({"preprocessing": {"stride": 4}}, "/preprocessing/stride", "window"),
    "a window longer than the series": ({"preprocessing": {"window": 101}}, "/preprocessing/window", "has 100"),
    "epochs that are none": ({"training": {"epochs": 0}}, "/training/epochs", "from 1 to 100000"),
    "epochs that are too many": ({"training": {"epochs": 100_001}}, "/training/epochs", "100000"),
    "epochs that are a truth": ({"training": {"epochs": True}}, "/training/epochs", "whole number"),
    "epochs that are a text": ({"training": {"epochs": "10"}}, "/training/epochs", "whole number"),
    "a batch larger than the cases": ({"training": {"batch_size": 41}}, "/training/batch_size", "40 cases"),
    "a fraction that leaves nothing": (
        {"training": {"validation": {"fraction": 1}}},
        "/training/validation/fraction",
        "0.9",
    ),
    "a fraction that is no number": (
        {"training": {"validation": {"fraction": float("nan")}}},
        "/training/validation/fraction",
        "number",
    ),
    "patience without validation": (
        {"training": {"validation": None, "early_stopping": {"patience": 3}}},
        "/training/early_stopping",
        "validation",
    ),
    "an unknown optimizer": ({"training": {"optimizer": {"kind": "adma"}}}, "/training/optimizer/kind", "'adam'"),
    "an optimizer that is a text": ({"training": {"optimizer": "adam"}}, "/training/optimizer", "kind"),
    "an unknown option of an optimizer": (
        {"training": {"optimizer": {"kind": "adam", "lr": 1}}},
        "/training/optimizer/lr",
        "learning_rate",
    ),
    "a negative learning rate": (
        {"training": {"optimizer": {"kind": "adam", "learning_rate": -1}}},
        "/training/optimizer/learning_rate",
        "-1",
    ),
    "an infinite learning rate": (
        {"training": {"optimizer": {"kind": "adam", "learning_rate": float("inf")}}},
        "/training/optimizer/learning_rate",
        "finite",
    ),
    "a learning rate that is a text": (
        {"training": {"optimizer": {"kind": "adam", "learning_rate": "fast"}}},
        "/training/optimizer/learning_rate",
        "finite number",
    ),
    "a negative seed": ({"training": {"seed": -1}}, "/training/seed", "from 0"),
    "too many threads": ({"training": {"threads": 65}}, "/training/threads", "64"),
    "a loss of another task": (
        {"training": {"loss": {"kind": "mean_squared_error"}}},
        "/training/loss/kind",
        "softmax_cross_entropy",
    ),
    "weights for other classes": (
        {"training": {"loss": {"kind": "focal", "class_weights": [1, 1, 1]}}},
        "/training/loss/class_weights",
        "2 classes",
    ),
    "an unknown augmentation": (
        {"training": {"augmentation": [{"kind": "jitter"}, {"kind": "jiter"}]}},
        "/training/augmentation/1/kind",
        "'jitter'",
    ),
    "an augmentation beyond reason": (
        {"training": {"augmentation": [{"kind": "shift", "share": 2}]}},
        "/training/augmentation/0/share",
        "up to 1",
    ),
    "an augmentation that is no list": ({"training": {"augmentation": "jitter"}}, "/training/augmentation", "list"),
    "another task than the series allow": ({"task": "regression"}, "/task", "targets"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused_at_its_place(name: str) -> None:
    given, pointer, message = REFUSED[name]
    with pytest.raises(InvalidSpec, match=message) as refusal:
        resolved(given)
    assert refusal.value.pointer == pointer
    assert len(refusal.value.message) < 500

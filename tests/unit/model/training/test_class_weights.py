from typing import Any

import numpy as np
import pytest

from model.data.series import Series
from model.errors import InvalidSpec
from model.training.class_weights import ClassWeights
from model.training.metrics import evaluate
from model.training.settlement import settled
from model.training.spec import TrainingSpec, resolve
from model.training.trainer import Trainer
from tests.arbitrary_series import labelled_waves, targeted_waves

BODY = {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 3}]}


def spec_of(weights: object, **training: Any) -> TrainingSpec:
    return TrainingSpec.from_json({"network": BODY, "training": {"epochs": 1, "class_weights": weights, **training}})


def resolved(weights: object, **training: Any) -> Any:
    return resolve(spec_of(weights, **training), labelled_waves().describe()).to_json()["training"]["class_weights"]


def test_balanced_classes_weigh_the_same_in_all() -> None:
    labels = np.array([0] * 9 + [2] * 3)
    weights = ClassWeights().of(labels, 3)
    assert weights.dtype == np.float32
    totals = np.bincount(labels, minlength=3) * weights
    np.testing.assert_allclose(totals, [6, 0, 6])


def test_weights_are_written_out_in_the_order_of_the_classes() -> None:
    assert resolved("balanced") == "balanced"
    assert resolved([1, 5]) == [1.0, 5.0]
    assert resolved({"slow": 5}) == [1.0, 5.0]


@pytest.mark.parametrize("weights", ["even", [], [1], [1, 2, 3], [1, 0], [1, True], {"quick": 1}, {}, 5, [1, 1e9]])
def test_what_cannot_be_weights_is_refused(weights: object) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        resolved(weights)
    assert refusal.value.pointer == "/training/class_weights"


def test_weights_are_given_once_and_to_classes() -> None:
    with pytest.raises(InvalidSpec, match="one of them"):
        resolved("balanced", loss={"kind": "focal", "class_weights": [1, 2]})
    with pytest.raises(InvalidSpec, match="not for regression"):
        resolve(spec_of("balanced"), targeted_waves().describe())


def test_a_rare_class_is_found_once_it_weighs_as_much() -> None:
    generator = np.random.default_rng(0)

    def drawn(rare: int, usual: int) -> Series:
        cases = [generator.normal(level, 2.0, (12, 1)) for level in [1.0] * rare + [0.0] * usual]
        return Series.from_cases(cases, labels=["rare"] * rare + ["usual"] * usual)

    train, test = drawn(8, 120), drawn(200, 200)
    shares = {}
    for weights in (None, "balanced"):
        spec = spec_of(weights, epochs=20, validation=None, optimizer={"kind": "adam", "learning_rate": 0.01})
        trainer = Trainer(train, settled(spec, train))
        for _ in trainer.epochs():
            pass
        shares[weights] = evaluate(trainer.pipeline(), test)[0]["balanced_accuracy"]
    assert shares["balanced"] > shares[None] + 0.1

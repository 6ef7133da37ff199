import dataclasses
from typing import Any

import pytest

from model.data.augmentation import AUGMENTATIONS
from model.data.series import SeriesFacts
from model.errors import InvalidSeries, InvalidSpec
from model.losses import LOSSES
from model.optimizers import OPTIMIZERS
from model.schedules import SCHEDULES
from model.training import defaults
from model.training.fields import PLAIN
from model.training.sections import AVERAGES, CLIPPINGS
from model.training.spec import TrainingSpec, resolve
from tests.reference.facts import LONG, facts, resolved

EXAMPLE: dict[str, Any] = {
    "task": "classification",
    "network": {"recipe": "fcn"},
    "preprocessing": {"scaling": "channel", "missing": "interpolate"},
    "training": {
        "epochs": 100,
        "batch_size": 16,
        "optimizer": {"kind": "adam", "learning_rate": 0.001},
        "validation": {"fraction": 0.2},
        "early_stopping": {"patience": 20},
        "seed": 0,
    },
}


OPTIONAL = {"clipping", "averaging", "augmentation", "class_weights"}
"""What is only done if it is asked for."""


def test_the_documented_example_is_read_as_it_stands() -> None:
    written = TrainingSpec.from_json(EXAMPLE).to_json()
    assert written["training"].pop("optimizer").items() >= EXAMPLE["training"]["optimizer"].items()
    assert written == {**EXAMPLE, "training": {k: v for k, v in EXAMPLE["training"].items() if k != "optimizer"}}


@pytest.mark.parametrize("given", [{}, EXAMPLE])
def test_a_resolved_spec_leaves_nothing_open_and_stays_as_it_is(given: dict[str, Any]) -> None:
    once = resolved(given)
    assert resolve(once, facts()) == once
    assert resolve(TrainingSpec.from_json(once.to_json()), facts()).to_json() == once.to_json()
    training = once.to_json()["training"]
    assert set(training) == set(once.training.__dataclass_fields__) - OPTIONAL


@pytest.mark.parametrize("what", [facts(), facts("regression"), LONG])
def test_every_task_has_defaults(what: SeriesFacts) -> None:
    assert resolved({}, what).task == what.task
    assert what.task in defaults.LOSSES
    assert defaults.LOSSES[what.task].kind in defaults.ACCEPTED_LOSSES[what.task]


def test_what_a_client_chose_is_kept() -> None:
    training = resolved(EXAMPLE).training
    assert (training.epochs, training.batch_size, training.seed) == (100, 16, 0)
    assert training.early_stopping is not None
    assert training.early_stopping.patience == 20


def test_null_keeps_nothing_back_and_never_stops_early() -> None:
    training = resolved({"training": {"validation": None, "early_stopping": None}}, facts(cases=5000)).to_json()
    assert training["training"]["validation"] == {"fraction": 0.0}
    assert training["training"]["early_stopping"] == {"patience": None}


def test_early_stopping_brings_validation_with_it() -> None:
    training = resolved({"training": {"early_stopping": {"patience": 3}}}).training
    assert training.validation is not None
    assert training.validation.fraction > 0


def test_a_recipe_is_written_out_with_all_its_options() -> None:
    network = resolved({"network": {"recipe": "fcn", "kernels": [3, 3, 3]}}).to_json()["network"]
    assert network == {"recipe": "fcn", "filters": [128, 256, 128], "kernels": [3, 3, 3], "stride": 1}


@pytest.mark.parametrize(("length", "stride"), [(24, 1), (1023, 1), (1024, 2), (18_000, 35)])
def test_a_long_series_is_taken_in_longer_strides_unless_a_recipe_was_named(length: int, stride: int) -> None:
    what = facts(length=(length, length))
    assert resolved({}, what).to_json()["network"]["stride"] == stride
    assert resolved({"network": {"recipe": "fcn"}}, what).to_json()["network"]["stride"] == 1


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_cases_with_answers_are_learned_by_two_networks_side_by_side(task: str) -> None:
    assert resolved({}, facts(task)).network.recipe == "resnet_lite"


def test_a_forecast_sees_every_step_of_its_window_unless_that_is_too_much() -> None:
    layers = resolved({}, LONG).network.layers
    assert layers is not None
    assert layers[-1].kind == "flatten"
    wide = facts("forecasting", cases=1, length=(500, 500), channels=tuple(f"c{index}" for index in range(200)))
    assert resolved({}, wide).network.recipe == "fcn"


def test_layers_come_back_with_all_their_fields() -> None:
    given = {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 3}, {"kind": "global_average_pool"}]}
    written = resolved({"network": given}).to_json()["network"]["layers"]
    assert written[0].items() >= given["layers"][0].items()
    assert written[0]["stride"] == 1


def test_many_classes_are_trained_for_more_steps() -> None:
    few, many = (
        resolved({}, facts(cases=400, labels={f"{name:03}": 400 // count for name in range(count)})).training
        for count in (10, 50)
    )
    assert (few.epochs, many.epochs) == (40, 60)


def test_a_classification_of_few_cases_takes_small_batches() -> None:
    sizes = [resolved({}, facts(cases=cases)).training.batch_size for cases in (63, 64)]
    assert sizes == [8, 16]
    assert resolved({}, facts("regression", cases=40)).training.batch_size == 16


def test_batches_are_no_larger_than_the_cases() -> None:
    assert resolved({}, facts(cases=7)).training.batch_size == 7


def test_the_tables_read_every_field_of_their_kinds() -> None:
    for kinds in (OPTIMIZERS, SCHEDULES, CLIPPINGS, AVERAGES, AUGMENTATIONS):
        for kind in kinds.values():
            assert all(str(field.type) in PLAIN for field in dataclasses.fields(kind)), kind
    accepted = {kind for kinds in defaults.ACCEPTED_LOSSES.values() for kind in kinds}
    for name in accepted:
        assert all(str(field.type) in PLAIN for field in dataclasses.fields(LOSSES[name])), name


def test_forecasting_gets_windows_that_fit() -> None:
    section = resolved({}, LONG).preprocessing
    assert section.window is not None
    assert section.horizon is not None
    assert section.window + section.horizon < 500
    assert section.stride == 1
    for length in range(5, 60):
        small = resolved({}, facts("forecasting", cases=1, length=(length, length))).preprocessing
        assert (small.window or 0) + (small.horizon or 0) < length


def test_a_network_nested_without_end_is_refused() -> None:
    given: dict[str, Any] = {"kind": "relu"}
    for _ in range(500):
        given = {"kind": "residual", "layers": [given]}
    with pytest.raises(InvalidSpec, match="nested"):
        resolved({"network": {"layers": [given]}})


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (facts(cases=1), "one case"),
        (facts("regression", cases=1), "one case"),
        (facts(labels={"a": 40, "b": 0}), "labelled 'a'"),
        (facts(labels={"a": 40}), "two classes"),
    ],
)
def test_series_that_nothing_can_be_learned_from_are_refused(what: SeriesFacts, message: str) -> None:
    with pytest.raises(InvalidSeries, match=message):
        resolved({}, what)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"preprocessing": {"window": 499, "horizon": 2}}, "/preprocessing/window"),
        ({"preprocessing": {"horizon": 500}}, "/preprocessing/horizon"),
        ({"preprocessing": {"scaling": "instance"}}, "/preprocessing/scaling"),
    ],
)
def test_windows_that_do_not_fit_are_refused(given: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        resolved(given, LONG)
    assert refusal.value.pointer == pointer


def test_a_forecast_is_not_augmented_by_what_its_answers_do_not_follow() -> None:
    resolved({"training": {"augmentation": [{"kind": "jitter"}, {"kind": "mixup"}]}}, LONG)
    with pytest.raises(InvalidSpec, match="time_warp is not for forecasting"):
        resolved({"training": {"augmentation": [{"kind": "jitter"}, {"kind": "time_warp"}]}}, LONG)


def test_labelled_series_may_be_forecast() -> None:
    assert resolved({"task": "forecasting"}).task == "forecasting"


def test_a_kernel_must_fit_the_shortest_case() -> None:
    given = {"network": {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 8, "padding": "valid"}]}}
    resolved(given, facts(length=(8, 100)))
    with pytest.raises(InvalidSpec):
        resolved(given, facts(length=(7, 100)))


@pytest.mark.parametrize("cases", [1, 50, 400_000])
def test_many_series_to_be_forecast_keep_windows_from_their_beginning_to_their_end(cases: int) -> None:
    what = facts("forecasting", cases=cases, length=(1024, 1024))
    section = resolved({}, what).preprocessing
    assert section.window is not None
    assert section.horizon is not None
    assert section.stride is not None
    places = 1024 - section.window - section.horizon
    assert places // section.stride >= 4
    assert places % section.stride < 4
    assert cases * (places // section.stride + 1) < 2 * 10_000 + 8 * cases

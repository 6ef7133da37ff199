"""A record is enough to train the same network again; whoever changes anything is told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from model.data.series import Series
from model.training.checkpoint import Checkpoint
from model.training.record import record, weights_sha256
from model.training.reproduction import Reproduction, compare
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from tests.arbitrary_series import labelled_waves

SERIES = labelled_waves()
SPEC: dict[str, Any] = {
    "network": {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 3}, {"kind": "dropout", "rate": 0.2}]},
    "training": {"epochs": 3, "validation": {"fraction": 0.25}},
}


def trained(series: Series, epochs: int = 3, checkpoint: bytes | None = None, **training: Any) -> Trainer:
    spec = TrainingSpec.from_json({**SPEC, "training": {**SPEC["training"], "epochs": epochs, **training}})
    made = Trainer(series, settled(spec, series), None if checkpoint is None else Checkpoint.read(checkpoint))
    for _ in made.epochs():
        pass
    return made


def recorded(made: Trainer) -> dict[str, Any]:
    found = record(made.pipeline(), SERIES.digest(), "1.2.3")
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def reproduced(series: Series, made: Trainer) -> Reproduction:
    again = Reproduction(series, made.spec, recorded(made))
    for _ in again.epochs():
        pass
    return again


@pytest.mark.parametrize("training", [{}, {"threads": 2}, {"early_stopping": {"patience": 1}}])
def test_a_record_is_enough_to_train_the_same_network_again(training: dict[str, Any]) -> None:
    found = reproduced(SERIES, trained(SERIES, **training)).comparison()
    assert found.identical
    assert found.differences == {}


def test_a_training_that_was_given_more_epochs_goes_through_the_same_stages_again() -> None:
    short = trained(SERIES, 2)
    longer = trained(SERIES, 5, short.checkpoint())
    assert recorded(longer)["stages"] == [[0, 2], [2, 5]]
    assert reproduced(SERIES, longer).comparison().identical
    straight = trained(SERIES, 5)
    assert not compare(recorded(longer), straight.pipeline().network).identical


def test_a_training_that_a_time_limit_ended_is_trained_as_far_again() -> None:
    broken = Trainer(SERIES, settled(TrainingSpec.from_json({**SPEC, "training": {"epochs": 9}}), SERIES))
    for report in broken.epochs():
        if report.epoch == 2:
            break
    again = Reproduction(SERIES, broken.spec, recorded(broken))
    assert [report.epoch for report in again.epochs()] == [1, 2]
    assert again.comparison().identical


def test_other_series_are_found_out() -> None:
    values = SERIES.values.copy()
    values[7, 0] += 1e-3
    changed = replace(SERIES, values=values)
    assert not reproduced(changed, trained(SERIES)).comparison().identical


def test_another_environment_is_named_by_what_differs() -> None:
    made = trained(SERIES)
    told = {**recorded(made), "numpy_version": "1.0"}
    found = compare(told, made.pipeline().network)
    assert found.identical
    assert set(found.differences) == {"numpy_version"}
    assert found.differences["numpy_version"][0] == "1.0"


def test_the_record_names_everything_that_decides_the_bits() -> None:
    found = recorded(trained(SERIES, threads=2))
    assert found["dataset_digest"] == SERIES.digest()
    assert (found["seed"], found["threads"], found["shards"], found["code_version"]) == (0, 2, 2, "1.2.3")
    assert set(found["blas"]) == {"name", "version", "architecture", "threads"}
    assert len(found["weights_sha256"]) == 64


def test_the_digest_of_weights_covers_parameters_and_statistics() -> None:
    network = trained(SERIES).pipeline().network
    other = network.parameters.copy()
    other[0] += 1
    assert weights_sha256(network.with_parameters(other, network.state)) != weights_sha256(network)


@pytest.mark.parametrize("stop", range(1, 5))
def test_a_reproduction_goes_on_from_its_checkpoint_in_whatever_stage_it_was(stop: int) -> None:
    longer = trained(SERIES, 5, trained(SERIES, 2).checkpoint())
    begun = Reproduction(SERIES, longer.spec, recorded(longer))
    for report in begun.epochs():
        if report.epoch == stop:
            break
    again = Reproduction(SERIES, longer.spec, recorded(longer), Checkpoint.read(begun.checkpoint()))
    assert [report.epoch for report in again.epochs()] == list(range(stop + 1, 6))
    assert again.comparison().identical

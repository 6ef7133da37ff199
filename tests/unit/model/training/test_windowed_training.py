"""Long series are trained on in windows, all windows of a case on one side, and answered as a whole."""

from typing import Any

import numpy as np
import pytest

from model.data.series import Series
from model.training.checkpoint import Checkpoint
from model.training.metrics import evaluate
from model.training.record import record
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from tests.arbitrary_series import labelled_waves, targeted_waves
from tests.reference.facts import facts, resolved
from tests.unit.model.training.test_trainer import SMALL

WINDOWS = {"window": 12, "stride": 5}
SETS: dict[str, Series] = {
    "classes": labelled_waves(length=40),
    "classes of unequal lengths": labelled_waves(length=40, ragged=True),
    "classes, some shorter than a window": labelled_waves(length=16, ragged=True),
    "targets": targeted_waves(length=40),
}
FLAT = {"layers": [{"kind": "conv1d", "out_channels": 3, "kernel": 3}, {"kind": "flatten"}]}


def trainer(series: Series, *, network: dict[str, Any] | None = None, **training: Any) -> Trainer:
    given = {
        "network": network or SMALL,
        "preprocessing": WINDOWS,
        "training": {"epochs": 3, "batch_size": 8, "validation": {"fraction": 0.25}, **training},
    }
    return Trainer(series, settled(TrainingSpec.from_json(given), series))


def trained(series: Series, **options: Any) -> Trainer:
    made = trainer(series, **options)
    for _ in made.epochs():
        pass
    return made


def cases_of(series: Series, starts: np.ndarray) -> set[int]:
    return set((np.searchsorted(series.offsets, starts, side="right") - 1).tolist())


@pytest.mark.parametrize("name", SETS)
def test_the_windows_of_a_case_stand_on_one_side_of_the_split(name: str) -> None:
    series, problem = SETS[name], trainer(SETS[name])._problem
    assert problem.held is not None
    ours, held = cases_of(series, problem.training.starts), cases_of(series, problem.held.starts)
    assert not ours & held
    assert ours | held == set(range(series.cases))
    assert problem.training.count > len(ours)


def test_a_window_is_answered_for_by_its_case() -> None:
    series, samples = SETS["classes"], trainer(SETS["classes"])._problem.training
    cases = np.searchsorted(series.offsets, samples.starts, side="right") - 1
    assert series.labels is not None
    np.testing.assert_array_equal(samples.answers, series.labels[cases])
    assert (samples.starts + samples.lengths <= series.offsets[cases + 1]).all()


@pytest.mark.parametrize("name", SETS)
def test_validation_judges_cases_as_evaluation_does(name: str) -> None:
    series = SETS[name]
    made = trained(series, validation={"cases": list(range(12))})
    found, _ = evaluate(made.pipeline(), series.select(np.arange(12)))
    told = made.pipeline().metadata["metrics"]
    for metric, value in found.items():
        assert told[f"validation_{metric}"] == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("name", SETS)
def test_windows_resume_bit_for_bit(name: str) -> None:
    whole, broken = trained(SETS[name]), trainer(SETS[name])
    next(iter(broken.epochs()))
    again = Trainer(SETS[name], broken.spec, Checkpoint.read(broken.checkpoint()))
    assert [report.epoch for report in again.epochs()] == [2, 3]
    assert again.checkpoint() == whole.checkpoint()


def test_how_many_windows_there_are_is_told() -> None:
    made = trained(SETS["classes"])  # 24 cases of 40 steps: windows from 0, 5, 10, 15, 20, 25 and 28
    assert made.pipeline().metadata["windows"] == {"training": 7 * 18, "validation": 7 * 6}
    assert record(made.pipeline(), "digest", "code")["windows"] == {"training": 7 * 18, "validation": 7 * 6}
    whole = Trainer(
        SETS["classes"], settled(TrainingSpec.from_json({"network": SMALL, "training": {"epochs": 1}}), SETS["classes"])
    )
    assert "windows" not in whole.pipeline().metadata


def test_recordings_of_any_length_train_a_network_of_fixed_length() -> None:
    series = labelled_waves(length=60, ragged=True)
    pipeline = trained(series, network=FLAT).pipeline()
    assert (pipeline.length, pipeline.masked) == (12, False)
    assert evaluate(pipeline, labelled_waves(length=90, seed=1))[0]["accuracy"] > 0.5


def test_only_who_shares_windows_with_shorter_cases_is_masked() -> None:
    assert not trainer(SETS["classes of unequal lengths"])._problem.pipeline.masked
    assert trainer(SETS["classes, some shorter than a window"])._problem.pipeline.masked


def test_windows_overlap_by_half_unless_a_stride_was_chosen() -> None:
    assert resolved({"preprocessing": {"window": 50}}).preprocessing.stride == 25
    assert resolved({"preprocessing": {"window": 1}}).preprocessing.stride == 1
    assert resolved({"preprocessing": {"window": 50, "stride": 60}}).preprocessing.stride == 60
    assert resolved({}).preprocessing.stride is None


def test_epochs_and_batches_go_by_the_windows_and_the_network_by_their_length() -> None:
    long = facts(cases=10, length=(20_000, 20_000))
    whole, cut = resolved({}, long), resolved({"preprocessing": {"window": 200, "stride": 200}}, long)
    assert (whole.training.batch_size, cut.training.batch_size) == (8, 16)
    assert (whole.to_json()["network"]["stride"], cut.to_json()["network"]["stride"]) == (39, 1)

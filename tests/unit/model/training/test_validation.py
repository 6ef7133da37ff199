"""What is kept back is what was asked for, nothing of it reaches training, and what cannot be meant is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.data.series import Series, SeriesFacts
from model.errors import InvalidSeries, InvalidSpec
from model.training.settlement import settled
from model.training.spec import TrainingSpec, resolve
from model.training.trainer import Trainer
from model.training.validation import SPLITS
from tests.arbitrary_series import labelled_waves, long_wave, targeted_waves, waves

BODY = {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 3}]}
COUNT = 24
SUBJECTS = [f"s{index // 4}" for index in range(COUNT)]
GROUPED = Series.from_cases(
    waves(COUNT), labels=["fast" if index % 2 == 0 else "slow" for index in range(COUNT)], groups=SUBJECTS
)


def spec_of(validation: object, **sections: Any) -> TrainingSpec:
    given = {"network": BODY, "training": {"epochs": 1, "validation": validation}, **sections}
    return TrainingSpec.from_json(given)


def resolved(validation: object, facts: SeriesFacts) -> Any:
    return resolve(spec_of(validation), facts).to_json()["training"]["validation"]


def trainer(series: Series, validation: object, others: Series | None = None, **sections: Any) -> Trainer:
    spec = settled(spec_of(validation, **sections), series, others)
    return Trainer(series, spec, validation=others)


def held_cases(series: Series, validation: object) -> list[int]:
    held = trainer(series, validation)._problem.held
    assert held is not None
    return np.searchsorted(series.offsets, held.starts, side="right").tolist()


def test_groups_are_kept_whole_where_there_are_any() -> None:
    assert resolved({"fraction": 0.25}, GROUPED.describe()) == {"fraction": 0.25, "by": "group"}
    held = {SUBJECTS[case - 1] for case in held_cases(GROUPED, {"fraction": 0.25})}
    trained = trainer(GROUPED, {"fraction": 0.25})._problem.training
    others = {SUBJECTS[case - 1] for case in np.searchsorted(GROUPED.offsets, trained.starts, side="right")}
    assert held
    assert not held & others


def test_defaults_are_by_case_or_in_time() -> None:
    assert resolved({"fraction": 0.25}, labelled_waves().describe())["by"] == "case"
    assert resolved({"by": "case"}, GROUPED.describe()) == {"by": "case", "fraction": 0.2}
    assert resolved({"by": "group"}, GROUPED.describe()) == {"by": "group", "fraction": 0.2}
    assert resolved({"fraction": 0.1}, long_wave().describe())["by"] == "time"
    assert resolved(None, GROUPED.describe()) == {"fraction": 0.0}


@pytest.mark.parametrize(
    ("validation", "cases"),
    [
        ({"groups": ["s1", "s3"]}, [5, 6, 7, 8, 13, 14, 15, 16]),
        ({"cases": [0, 23]}, [1, 24]),
        ({"by": "time", "fraction": 0.25}, [19, 20, 21, 22, 23, 24]),
    ],
)
def test_what_was_asked_for_is_kept_back(validation: object, cases: list[int]) -> None:
    assert held_cases(GROUPED, validation) == cases


@pytest.mark.parametrize("validation", [{"fraction": 0.3, "by": by} for by in SPLITS] + [{"groups": ["s0"]}])
def test_no_statistic_comes_from_what_is_kept_back(validation: dict[str, Any]) -> None:
    made = trainer(GROUPED, validation, preprocessing={"scaling": "robust"})
    held = made._problem.held
    assert held is not None
    values = GROUPED.values.copy()
    for start, length in zip(held.starts, held.lengths, strict=True):
        values[start : start + length] = 1e6
    other = trainer(replace(GROUPED, values=values), validation, preprocessing={"scaling": "robust"})
    ours, theirs = made.pipeline().preprocessing, other.pipeline().preprocessing
    np.testing.assert_array_equal(ours.mean, theirs.mean)
    np.testing.assert_array_equal(ours.deviation, theirs.deviation)


def test_series_are_forecast_on_whole_series_kept_back() -> None:
    series = Series.from_cases(
        [case + index for index, case in enumerate(waves(8, length=40))], groups=["a", "b", "c", "d"] * 2
    )
    made = trainer(series, {"groups": ["a"]}, preprocessing={"window": 6, "horizon": 2})
    held = made._problem.held
    assert held is not None
    assert set(np.searchsorted(series.offsets, held.starts, side="right")) == {1, 5}
    trained = series.select(np.array([1, 2, 3, 5, 6, 7]))
    np.testing.assert_allclose(made.pipeline().preprocessing.mean, trained.values.mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("series", "others"),
    [
        (labelled_waves(), labelled_waves(10, seed=1, ragged=True)),
        (targeted_waves(), targeted_waves(6, seed=1)),
        (long_wave(), long_wave(90)),
    ],
)
def test_another_dataset_validates(series: Series, others: Series) -> None:
    made = trainer(series, {"dataset": "ds_1"}, others)
    for report in made.epochs():
        assert "validation_loss" in report.metrics
    alone = trainer(series, None)
    np.testing.assert_array_equal(made.pipeline().preprocessing.mean, alone.pipeline().preprocessing.mean)
    problem = made._problem
    assert problem.held is not None
    assert problem.training.count == alone._problem.training.count


def test_labels_of_another_dataset_are_matched_by_name() -> None:
    others = Series.from_cases(waves(3), labels=["slow"] * 3)
    problem = trainer(labelled_waves(), {"dataset": "ds_1"}, others)._problem
    assert problem.held is not None
    assert problem.held.answers.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (Series.from_cases(waves(3), labels=["slow", "idle", "slow"]), "labelled idle"),
        (Series.from_cases(waves(3, channels=1), labels=["slow"] * 3), "1 channels"),
        (Series.from_cases(waves(3), targets=np.arange(3.0)), "no labels"),
    ],
)
def test_another_dataset_that_does_not_fit_is_refused(others: Series, message: str) -> None:
    with pytest.raises(InvalidSeries, match=message):
        trainer(labelled_waves(), {"dataset": "ds_1"}, others)


@pytest.mark.parametrize(
    ("validation", "pointer"),
    [
        ({"by": "subject"}, "/by"),
        ({"by": "group"}, "/by"),
        ({"groups": ["s1"]}, "/groups/0"),
        ({"groups": []}, "/groups"),
        ({"groups": [1]}, "/groups"),
        ({"cases": [24]}, "/cases/0"),
        ({"cases": [0, 0]}, "/cases/1"),
        ({"cases": [3, 1, 3]}, "/cases/2"),
        ({"groups": ["ann", "ann"]}, "/groups/1"),
        ({"cases": [-1]}, "/cases"),
        ({"cases": list(range(24))}, "/cases"),
        ({"cases": [1], "fraction": 0.2}, "/fraction"),
        ({"dataset": "x", "cases": [1]}, "/dataset"),
        ({"dataset": ""}, "/dataset"),
    ],
)
def test_what_cannot_be_kept_back_is_refused_at_its_place(validation: object, pointer: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        resolved(validation, labelled_waves().describe())
    assert refusal.value.pointer == f"/training/validation{pointer}"


def test_every_group_cannot_be_kept_back() -> None:
    with pytest.raises(InvalidSpec, match="none is left"):
        resolved({"groups": sorted(set(SUBJECTS))}, GROUPED.describe())


def test_one_class_left_to_train_on_is_refused() -> None:
    with pytest.raises(InvalidSpec, match="labelled 'fast'"):
        trainer(GROUPED, {"cases": list(range(1, 24, 2))})


def test_the_only_group_there_is_says_nothing_of_others() -> None:
    alone = replace(GROUPED, group_names=("s0",), groups=np.zeros(COUNT, np.int64))
    made = trainer(alone, {"fraction": 0.25})
    assert made.spec.to_json()["training"]["validation"]["by"] == "case"
    (remark,) = made.remarks
    assert "'s0'" in remark
    assert made.pipeline().metadata["remarks"] == [remark]
    assert trainer(alone, None).remarks == trainer(GROUPED, {"fraction": 0.25}).remarks == ()


@pytest.mark.parametrize("count", [0, 1, 5, COUNT])
def test_cases_to_validate_on_that_are_trained_on_are_remarked_on(count: int) -> None:
    fresh = waves(2 * COUNT)[COUNT:]
    cases = [GROUPED.case(index) if index >= COUNT - count else fresh[index] for index in range(COUNT)]
    others = Series.from_cases(cases, labels=[GROUPED.classes[label] for label in GROUPED.labels])
    made = trainer(GROUPED, {"dataset": "others"}, others)
    assert len(made.remarks) == bool(count)
    for remark in made.remarks:
        share = f"{count} of the {COUNT}" if count < COUNT else f"All {COUNT}"
        assert remark.startswith(f"{share} cases to validate on are among those trained on, the first is case ")
        assert f"case {COUNT - count}:" in remark

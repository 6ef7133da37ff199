"""Answers with quantiles: named, in order, as wide as the noise, the same in the archive, serving and ONNX."""

from typing import Any

import numpy as np
import onnx
import pytest

from model.data.series import Series
from model.errors import InvalidSpec
from model.interchange import archive
from model.interchange.onnx_export import export, verify
from model.pipeline import Pipeline, Predictor, median, quantile_name
from model.training.metrics import evaluate
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from tests.arbitrary_series import long_wave, targeted_waves

BODY = {"layers": [{"kind": "conv1d", "out_channels": 6, "kernel": 5}, {"kind": "relu"}]}
QUANTILES = {"kind": "quantile", "quantiles": [0.1, 0.5, 0.9]}


def trained(series: Series, loss: object = QUANTILES, epochs: int = 2, **sections: Any) -> Pipeline:
    training = {"epochs": epochs, "loss": loss, "optimizer": {"kind": "adam", "learning_rate": 0.01}}
    trainer = Trainer(
        series, settled(TrainingSpec.from_json({"network": BODY, "training": training, **sections}), series)
    )
    for _ in trainer.epochs():
        pass
    return trainer.pipeline()


SETS = {"one target": targeted_waves(), "a forecast": long_wave()}


@pytest.mark.parametrize("name", SETS)
def test_the_quantiles_are_outputs_by_name_in_order_the_same_everywhere(name: str) -> None:
    pipeline = archive.load(archive.save(trained(SETS[name])))
    cases = np.random.default_rng(0).normal(5, 1, (3, 2, 60)).astype(np.float32)
    answers = Predictor(pipeline).predict(cases)
    word = "forecast" if pipeline.horizon else "value"
    assert list(answers) == [word, f"{word}_q10", f"{word}_q50", f"{word}_q90"]
    np.testing.assert_array_equal(answers[word], answers[f"{word}_q50"])
    assert (answers[f"{word}_q10"] <= answers[word]).all()
    assert (answers[word] <= answers[f"{word}_q90"]).all()
    assert len({values.shape for values in answers.values()}) == 1
    assert verify(export(pipeline), pipeline) < 1e-4


@pytest.mark.parametrize("name", SETS)
def test_an_evaluation_tells_how_well_they_fit(name: str) -> None:
    found, _ = evaluate(trained(SETS[name]), SETS[name])
    assert {"rmse", "mae", "pinball", "coverage"} <= set(found)


def test_quantiles_are_as_wide_as_the_noise() -> None:
    generator = np.random.default_rng(0)
    signal = generator.uniform(-1, 1, 600)
    cases = [np.full((8, 1), level) + generator.normal(0, 0.05, (8, 1)) for level in signal]
    series = Series.from_cases(cases, targets=signal + generator.normal(0, 0.5, 600))
    found, _ = evaluate(trained(series, epochs=30), series)
    assert found["coverage"] == pytest.approx(0.8, abs=0.06)


def test_several_targets_have_quantiles_each() -> None:
    base = targeted_waves()
    assert base.targets is not None
    series = Series.from_cases(
        [base.case(index) for index in range(base.cases)], targets=np.concatenate([base.targets, -base.targets], axis=1)
    )
    pipeline = trained(series)
    answers = Predictor(pipeline).predict(np.zeros((3, 2, 20), np.float32))
    assert {values.shape for values in answers.values()} == {(3, 2)}
    assert verify(export(pipeline), pipeline) < 1e-4


def test_names_tell_the_share_in_percent() -> None:
    assert [quantile_name("forecast", share) for share in (0.1, 0.5, 0.025)] == [
        "forecast_q10",
        "forecast_q50",
        "forecast_q2_5",
    ]


def test_only_the_median_is_a_plain_answer() -> None:
    assert median((0.1, 0.5, 0.9)) == 1
    assert median((0.5,)) == 0
    assert median((0.4, 0.6)) is median((0.9,)) is None


@pytest.mark.parametrize("name", SETS)
def test_without_the_median_there_are_quantiles_and_no_plain_answer(name: str) -> None:
    pipeline = archive.load(archive.save(trained(SETS[name], {"kind": "quantile", "quantiles": [0.1, 0.9]})))
    answers = Predictor(pipeline).predict(np.random.default_rng(0).normal(5, 1, (3, 2, 60)).astype(np.float32))
    word = "forecast" if pipeline.horizon else "value"
    assert list(answers) == [f"{word}_q10", f"{word}_q90"]
    assert (answers[f"{word}_q10"] <= answers[f"{word}_q90"]).all()
    assert [output.name for output in onnx.load_from_string(export(pipeline)).graph.output] == list(answers)
    assert verify(export(pipeline), pipeline) < 1e-4


@pytest.mark.parametrize("name", SETS)
def test_without_the_median_metrics_are_those_of_the_quantiles(name: str) -> None:
    pipeline = trained(SETS[name], {"kind": "quantile", "quantiles": [0.1, 0.9]})
    found, _ = evaluate(pipeline, SETS[name])
    assert set(found) == {"pinball", "coverage"}
    told = {name.removeprefix("validation_") for name in pipeline.metadata["metrics"]}
    assert {"loss", "pinball", "coverage"} <= told
    assert not told & {"rmse", "mae", "r2"}


@pytest.mark.parametrize(
    "quantiles", [[], [0.5, 0.5], [0.123456789, 0.1234567891], [0.9, 0.1], [0.0], [1], ["a"], None]
)
def test_quantiles_that_do_not_rise_between_zero_and_one_are_refused(quantiles: object) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        TrainingSpec.from_json({"training": {"loss": {"kind": "quantile", "quantiles": quantiles}}})
    assert (refusal.value.pointer or "").startswith("/training/loss/quantiles")

"""Plain predictions and evaluations over HTTP."""

from typing import Any

import numpy as np
import pytest

from tests import houses
from tests.callers import Caller
from tests.contract.rest.test_problems import problem

CASES = houses.cases(4).tolist()


def predict(client: Caller, series: Any, model: str = "gestures", **body: Any) -> Any:
    return client.post(f"/v1/models/{model}:predict", json={"series": series, **body})


def test_each_case_gets_a_label_and_its_probabilities(client: Caller) -> None:
    answer = predict(client, CASES).json()
    assert (answer["model"], answer["version"]) == ("gestures", 1)
    assert len(answer["predictions"]) == 4
    for prediction in answer["predictions"]:
        assert prediction.keys() == {"label", "probabilities"}
        assert prediction["label"] == max(prediction["probabilities"], key=prediction["probabilities"].get)
        assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_a_regression_gives_a_value(client: Caller) -> None:
    predictions = predict(client, CASES, "loads").json()["predictions"]
    assert all(prediction.keys() == {"value"} and isinstance(prediction["value"], float) for prediction in predictions)


def test_a_forecast_gives_future_steps_of_each_channel(client: Caller) -> None:
    window = client.get("/v1/models/curve").json()["latest"]["signature"]
    steps = window["length"] or 100
    curve = np.sin(np.arange(steps) / 5)
    (prediction,) = predict(client, [[curve.tolist(), curve.tolist()]], "curve").json()["predictions"]
    assert np.shape(prediction["forecast"]) == (2, window["horizon"])


def test_a_batch_is_its_cases_one_by_one(client: Caller) -> None:
    together = predict(client, CASES).json()["predictions"]
    for case, prediction in zip(CASES, together, strict=True):
        (alone,) = predict(client, [case]).json()["predictions"]
        assert alone["probabilities"] == pytest.approx(prediction["probabilities"], abs=1e-6)


def test_null_is_a_missing_value_and_lengths_may_differ(client: Caller) -> None:
    gap = [[None if step == 3 else 1.0 for step in range(12)], [1.0] * 12]
    short = [[1.0] * 8, [1.0] * 8]
    predictions = predict(client, [gap, short]).json()["predictions"]
    assert [prediction["label"] for prediction in predictions] == ["up", "up"]


@pytest.mark.parametrize(
    ("series", "pointer"),
    [
        ([], "/series"),
        (5, "/series"),
        ("text", "/series"),
        ([1, 2], "/series/0"),
        ([[[1.0] * 12]], "/series/0"),
        ([[[1.0] * 12, [1.0] * 11]], "/series/0"),
        ([[["a"] * 12, [1.0] * 12]], "/series/0"),
        ([[["1.5"] * 12, ["2"] * 12]], "/series/0"),
        ([[[True] * 12, [False] * 12]], "/series/0"),
        ([[[], []]], "/series/0"),
        ([[[1e300] * 12, [1.0] * 12]], "/series/0/0/0"),
        ([CASES[0], {"x": 1}], "/series/1"),
    ],
)
def test_a_case_that_does_not_fit_is_refused_with_its_place(client: Caller, series: Any, pointer: str) -> None:
    members = problem(predict(client, series), 422, "INVALID_ARGUMENT")
    assert members["errors"][0]["pointer"] == pointer


def test_at_most_ten_cases_are_told_of(client: Caller) -> None:
    assert len(problem(predict(client, [[[1.0]]] * 1000), 422)["errors"]) == 10


def test_an_evaluation_counts_what_is_right(client: Caller) -> None:
    result = client.post("/v1/models/gestures:evaluate", json={"dataset": "gestures"}).json()
    assert result["cases"] == 20
    right = sum(result["confusion"][label].get(label, 0) for label in ("up", "down"))
    assert result["metrics"]["accuracy"] == pytest.approx(right / 20)
    assert sum(sum(row.values()) for row in result["confusion"].values()) == 20


def test_a_regression_is_evaluated_by_its_errors(client: Caller) -> None:
    result = client.post("/v1/models/loads:evaluate", json={"dataset": "loads"}).json()
    assert {"rmse", "mae"} <= result["metrics"].keys()
    assert result["confusion"] is None


def test_a_dataset_that_does_not_go_with_the_model_is_refused(client: Caller) -> None:
    response = client.post("/v1/models/gestures:evaluate", json={"dataset": "loads"})
    assert problem(response, 422)["errors"][0]["pointer"] == "/dataset"
    problem(client.post("/v1/models/gestures:evaluate", json={"dataset": "no-such"}), 404)
    problem(client.post("/v1/models/no-such:evaluate", json={"dataset": "gestures"}), 404)


def test_predictions_are_counted(client: Caller) -> None:
    before = counted(client)
    predict(client, CASES)
    assert counted(client) == before + 4


def counted(client: Caller) -> float:
    name = 'wavetap_inference_rows_total{model="gestures",version="1"} '
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def test_a_forecast_is_tested_from_rolling_origins_beside_naive_ones(client: Caller) -> None:
    asked = {"dataset": "curve", "backtest": {"origins": 3, "seasonality": 5}}
    result = client.post("/v1/models/curve:evaluate", json=asked).json()
    told = result["backtest"]
    assert (told["origins"], told["seasonality"]) == (3, 5)
    assert set(told["baselines"]) == {"naive", "seasonal_naive"}
    for metrics in (result["metrics"], *told["baselines"].values()):
        assert {"rmse", "mae", "mase"} <= set(metrics)
    assert client.post("/v1/models/curve:evaluate", json={"dataset": "curve"}).json()["backtest"] is None


@pytest.mark.parametrize(
    ("model", "backtest", "pointer"),
    [
        ("gestures", {}, "/backtest"),
        ("curve", {"origins": 0}, "/backtest/origins"),
        ("curve", {"seasonality": 0}, "/backtest/seasonality"),
        ("curve", {"horizon": 3}, "/backtest/horizon"),
    ],
)
def test_a_backtest_that_cannot_be_is_refused_at_its_place(
    client: Caller, model: str, backtest: dict[str, Any], pointer: str
) -> None:
    response = client.post(f"/v1/models/{model}:evaluate", json={"dataset": model, "backtest": backtest})
    assert problem(response, 422)["errors"][0]["pointer"] == pointer

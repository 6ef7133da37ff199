"""Quantiles without the median, wherever a model answers: each by its share, and nothing called the answer."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import pytest

from service.bootstrap import House
from service.domain.datasets import Reading
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.protocol import outputs

LOSS = {"loss": {"kind": "quantile", "quantiles": [0.1, 0.9]}}
CASE = houses.cases(1)
FORECAST = {"preprocessing": {"window": 12, "horizon": 3}}
MODELS = {"loads": "value", "curve": "forecast"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with houses.house_in(tmp_path_factory.mktemp("house")) as house:
        houses.add_dataset(house, "loads", houses.regression_file())
        houses.add_dataset(house, "curve", houses.forecasting_file(), Reading(format="csv", time="time"))
        houses.train(house, "loads", "loads", training=LOSS)
        houses.train(house, "curve", "curve", training=LOSS, **FORECAST)
        yield house


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[Caller]:
    with calling(application(house.edge)) as client:
        yield client


def table() -> bytes:
    rows = [f"{step},{CASE[0, 0, step]},{CASE[0, 1, step]}" for step in range(CASE.shape[2])]
    return "\n".join(["time,c0,c1", *rows]).encode()


def names(model: str) -> list[str]:
    return [f"{MODELS[model]}_q10", f"{MODELS[model]}_q90"]


@pytest.mark.parametrize("model", MODELS)
def test_a_prediction_is_its_quantiles_from_json_and_from_a_file(client: Caller, model: str) -> None:
    asked = client.post(f"/v1/models/{model}:predict", json={"series": CASE.tolist()})
    (told,) = asked.json()["predictions"]
    assert set(told) == {"quantiles"}
    assert list(told["quantiles"]) == ["0.1", "0.9"]
    assert np.shape(told["quantiles"]["0.1"]) == ((2, 3) if model == "curve" else ())
    query = "?time=time" if model == "loads" else "?time=time&channels=c0,c1"
    filed = client.post(f"/v1/models/{model}:predict{query}", content=table(), headers={"Content-Type": "text/csv"})
    (same,) = filed.json()["predictions"]
    assert list(same) == ["quantiles"]


@pytest.mark.parametrize("model", MODELS)
def test_the_inference_protocol_names_the_quantiles_alone(client: Caller, model: str) -> None:
    declared = client.get(f"/v2/models/{model}").json()["outputs"]
    assert [output["name"] for output in declared] == names(model)
    tensor = {"name": "series", "datatype": "FP32", "shape": list(CASE.shape), "data": CASE.ravel().tolist()}
    answer = client.post(f"/v2/models/{model}/infer", json={"inputs": [tensor]})
    assert list(outputs(answer)) == names(model)
    wanted = {"inputs": [tensor], "outputs": [{"name": MODELS[model]}]}
    assert client.post(f"/v2/models/{model}/infer", json=wanted).status_code == 400


@pytest.mark.parametrize("model", MODELS)
def test_the_exported_file_and_the_description_say_the_same(client: Caller, model: str) -> None:
    graph = onnx.load_from_string(client.get(f"/v1/models/{model}/versions/1/onnx").content).graph
    assert [output.name for output in graph.output] == names(model)
    described: dict[str, Any] = client.get(f"/v1/models/{model}/openapi.json").json()
    assert '"quantiles"' in str(described).replace("'", '"')
    assert f"'{MODELS[model]}':" not in str(described)


@pytest.mark.parametrize("model", MODELS)
def test_an_evaluation_judges_the_quantiles_alone(client: Caller, model: str) -> None:
    found = client.post(f"/v1/models/{model}:evaluate", json={"dataset": model}).json()
    assert set(found["metrics"]) == {"pinball", "coverage"}


def test_a_backtest_judges_the_quantiles_beside_the_naive_forecasts(client: Caller) -> None:
    found = client.post("/v1/models/curve:evaluate", json={"dataset": "curve", "backtest": {"origins": 3}}).json()
    assert set(found["metrics"]) == {"pinball", "coverage"}
    assert set(found["backtest"]["baselines"]["naive"]) >= {"rmse", "mae"}

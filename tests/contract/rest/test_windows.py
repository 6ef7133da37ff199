"""A classifier that was trained in windows: whatever is sent is cut as its training was, and answered as a whole."""

from typing import Any

import numpy as np
import onnxruntime
import pytest

from service.bootstrap import House
from tests import houses
from tests.callers import Caller
from tests.contract.rest.test_problems import problem

WINDOW, STRIDE = 10, 4


@pytest.fixture(scope="module")
def model(house: House) -> str:
    houses.add_dataset(house, "recordings", houses.classification_file(length=40))
    sections = {"preprocessing": {"window": WINDOW, "stride": STRIDE}}
    houses.train(house, "recordings", "recordings", **sections, training={"validation": {"fraction": 0.2}})
    return "recordings"


def predict(client: Caller, model: str, series: Any) -> Any:
    return client.post(f"/v1/models/{model}:predict", json={"series": series})


def test_series_of_any_length_get_one_answer_each(client: Caller, model: str) -> None:
    cases = [houses.cases(1, length=length)[0].tolist() for length in (6, 10, 40, 333)]
    predictions = predict(client, model, cases).json()["predictions"]
    assert len(predictions) == 4
    assert all(sum(each["probabilities"].values()) == pytest.approx(1, abs=1e-5) for each in predictions)


def test_a_long_series_is_answered_with_the_mean_of_its_windows(client: Caller, model: str) -> None:
    long = houses.cases(1, length=29, seed=3)[0]
    windows = [long[:, start : start + WINDOW].tolist() for start in (0, 4, 8, 12, 16, 19)]
    (whole,) = predict(client, model, [long.tolist()]).json()["predictions"]
    each = [one["probabilities"]["up"] for one in predict(client, model, windows).json()["predictions"]]
    assert whole["probabilities"]["up"] == pytest.approx(np.mean(each), abs=1e-6)


def test_the_protocol_and_the_exported_file_answer_alike(client: Caller, model: str) -> None:
    series = houses.cases(3, length=50, seed=4)
    expected = [each["probabilities"]["up"] for each in predict(client, model, series.tolist()).json()["predictions"]]
    tensor = {"name": "series", "shape": [3, 2, 50], "datatype": "FP32", "data": series.ravel().tolist()}
    (output, _) = client.post(f"/v2/models/{model}/infer", json={"inputs": [tensor]}).json()["outputs"]
    assert output["data"][1::2] == pytest.approx(expected, abs=1e-6)
    session = onnxruntime.InferenceSession(client.get(f"/v1/models/{model}/versions/1/onnx").content)
    assert session.run(["probabilities"], {"series": series})[0][:, 1] == pytest.approx(expected, abs=1e-5)


def test_the_version_tells_of_its_windows(client: Caller, model: str) -> None:
    version = client.get(f"/v1/models/{model}/versions/1").json()
    signature = version["signature"]
    assert (signature["length"], signature["window"], signature["stride"]) == (None, WINDOW, STRIDE)
    assert version["lineage"]["windows"] == {"training": 9 * 16, "validation": 9 * 4}
    page = client.get(f"/v1/models/{model}/docs").text
    assert "of 10 steps, one every 4, their answers averaged (144 to train on, 36 to validate on)" in page
    assert client.post(f"/v1/models/{model}:evaluate", json={"dataset": "recordings"}).json()["cases"] == 20


def test_a_window_that_no_series_has_room_for_is_refused_with_its_place(client: Caller) -> None:
    body = {"model": "none", "dataset": "gestures", "preprocessing": {"window": 13}}
    found = problem(client.post("/v1/training-jobs", json=body), 422)
    assert found["errors"][0]["pointer"] == "/preprocessing/window"

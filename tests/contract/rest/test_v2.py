"""The Open Inference Protocol over HTTP, byte by byte; real clients are in tests/interop."""

import gzip
import json
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from service.bootstrap import House
from service.edge.lifecycle import Lifecycle
from service.errors import Unavailable
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rest.test_problems import problem
from tests.protocol import CASES, INFER, binary, body, outputs, tensor


@pytest.fixture(scope="module")
def expected(client: Caller) -> dict[str, np.ndarray]:
    return outputs(client.post(INFER, content=body()))


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(found["probabilities"], expected["probabilities"], atol=1e-6)
    assert found["label"].tolist() == expected["label"].tolist()


def test_the_answer_has_every_output_and_echoes_the_id(client: Caller) -> None:
    answer = client.post(INFER, content=body(id="a-1")).json()
    assert answer["model_name"] == "gestures"
    assert answer["model_version"] == "1"
    assert answer["id"] == "a-1"
    assert [(entry["name"], entry["datatype"], entry["shape"]) for entry in answer["outputs"]] == [
        ("probabilities", "FP32", [3, 2]),
        ("label", "BYTES", [3]),
    ]


def test_the_protocol_and_predict_give_the_same_answers(client: Caller, expected: dict[str, np.ndarray]) -> None:
    plain = client.post("/v1/models/gestures:predict", json={"series": CASES.tolist()}).json()["predictions"]
    assert [case["label"] for case in plain] == expected["label"].tolist()
    probabilities = [[case["probabilities"][label] for label in ("down", "up")] for case in plain]
    np.testing.assert_allclose(probabilities, expected["probabilities"], atol=1e-6)


def test_data_may_be_nested(client: Caller, expected: dict[str, np.ndarray]) -> None:
    same(outputs(client.post(INFER, content=body(inputs=[tensor(data=CASES.tolist())]))), expected)


def test_null_is_as_good_as_absent(client: Caller, expected: dict[str, np.ndarray]) -> None:
    """As clients of MLServer send whatever they leave out."""
    nothing = {"content_type": "np", "headers": None}
    for data in (CASES.ravel().tolist(), CASES.tolist()):
        for parameters in (nothing, None):
            entry = tensor(data=data, parameters=parameters)
            answer = client.post(INFER, content=body(inputs=[entry], id=None, outputs=None, parameters=parameters))
            same(outputs(answer), expected)
            assert "id" not in answer.json()
    (label,) = client.post(INFER, content=body(outputs=[{"name": "label", "parameters": None}])).json()["outputs"]
    assert label["data"] == expected["label"].tolist()
    assert client.post("/v2/repository/index", content=b'{"ready": null}').status_code == 200


def test_every_path_with_a_version_works(client: Caller, expected: dict[str, np.ndarray]) -> None:
    base = "/v2/models/gestures/versions/1"
    same(outputs(client.post(f"{base}/infer", content=body())), expected)
    for suffix in ("", "/ready", "/config", "/stats"):
        assert client.get(base + suffix).status_code == 200
    for suffix in ("", "/ready", "/config", "/stats"):
        problem(client.get(f"/v2/models/gestures/versions/99{suffix}"), 404)
    problem(client.post("/v2/models/gestures/versions/99/infer", content=body()), 404)


@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "text/plain", "application/json"])
def test_trap_1_any_content_type_is_taken(
    client: Caller, expected: dict[str, np.ndarray], content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    same(outputs(client.post(INFER, content=body(), headers=headers)), expected)


def test_trap_2_binary_outputs_for_json_inputs(client: Caller, expected: dict[str, np.ndarray]) -> None:
    response = client.post(INFER, content=body(parameters={"binary_data_output": True}))
    assert response.headers["content-type"] == "application/octet-stream"
    same(outputs(response), expected)


def test_an_output_of_its_own_will_is_binary_or_not(client: Caller, expected: dict[str, np.ndarray]) -> None:
    wanted = [{"name": "label"}, {"name": "probabilities", "parameters": {"binary_data": False}}]
    response = client.post(INFER, content=body(parameters={"binary_data_output": True}, outputs=wanted))
    head = json.loads(response.content[: int(response.headers["inference-header-content-length"])])
    assert ["data" in entry for entry in head["outputs"]] == [False, True]
    same(outputs(response), expected)


def test_only_the_outputs_that_are_wanted_in_their_order(client: Caller) -> None:
    answer = client.post(INFER, content=body(outputs=[{"name": "label"}])).json()
    assert [entry["name"] for entry in answer["outputs"]] == ["label"]


def test_binary_inputs(client: Caller, expected: dict[str, np.ndarray]) -> None:
    content, headers = binary()
    same(outputs(client.post(INFER, content=content, headers=headers)), expected)


def test_a_raw_request_is_one_case(client: Caller, expected: dict[str, np.ndarray]) -> None:
    response = client.post(INFER, content=CASES[:1].tobytes(), headers={"Inference-Header-Content-Length": "0"})
    assert response.headers["content-type"] == "application/octet-stream"
    same(outputs(response), {name: values[:1] for name, values in expected.items()})


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_requests_and_answers(
    client: Caller, expected: dict[str, np.ndarray], encoding: str, compress: Any
) -> None:
    content, headers = binary()
    headers |= {"Content-Encoding": encoding, "Accept-Encoding": encoding}
    response = client.post(INFER, content=compress(content), headers=headers)
    assert response.headers["content-encoding"] == encoding
    same(outputs(response), expected)


def test_trap_5_a_list_of_encodings_is_no_wish_for_one(client: Caller) -> None:
    headers = {"Accept-Encoding": "gzip, deflate, br"}
    assert "content-encoding" not in client.post(INFER, content=body(), headers=headers).headers
    assert "content-encoding" not in client.get("/v2/models/gestures", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("datatype", ["FP64", "FP16", "INT32", "UINT8", "BF16"])
def test_numbers_of_other_types_are_taken(client: Caller, datatype: str) -> None:
    whole = np.round(CASES)
    single = outputs(client.post(INFER, content=body(inputs=[tensor(np.abs(whole))])))
    types = {"FP64": "<f8", "FP16": "<f2", "INT32": "<i4", "UINT8": "u1"}
    values = np.abs(whole)
    raw = (values.view(np.uint32) >> 16).astype("<u2") if datatype == "BF16" else values.astype(types[datatype])
    content, headers = binary(raw, datatype)
    same(outputs(client.post(INFER, content=content, headers=headers)), single)


def test_trap_12_null_and_nan_are_missing_values_and_answers_are_strict_json(client: Caller) -> None:
    missing = CASES.copy()
    missing[0, 0, 3] = np.nan
    by_json = body(inputs=[tensor(data=[None if np.isnan(value) else value for value in missing.ravel().tolist()])])
    content, headers = binary(missing, parameters={"binary_data_output": False})
    first, second = client.post(INFER, content=by_json), client.post(INFER, content=content, headers=headers)
    same(outputs(first), outputs(second))
    assert "NaN" not in second.text


def test_classification_gives_the_most_likely_with_their_values(client: Caller, expected: dict[str, Any]) -> None:
    wanted = [{"name": "probabilities", "parameters": {"classification": 1}}]
    (entry,) = client.post(INFER, content=body(outputs=wanted)).json()["outputs"]
    assert (entry["datatype"], entry["shape"]) == ("BYTES", [3, 1])
    for text, row in zip(entry["data"], expected["probabilities"], strict=True):
        value, index, label = text.split(":")
        assert float(value) == pytest.approx(row.max(), abs=1e-6)
        assert int(index) == row.argmax()
        assert label == ("down", "up")[row.argmax()]


def test_metadata_and_configuration_agree(client: Caller) -> None:
    metadata = client.get("/v2/models/gestures").json()
    assert metadata == {
        "name": "gestures",
        "versions": ["1"],
        "platform": "wavetap",
        "inputs": [{"name": "series", "datatype": "FP32", "shape": [-1, 2, -1]}],
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
        ],
    }
    config = client.get("/v2/models/gestures/config").json()
    assert config["max_batch_size"] == 65_536
    assert config["dynamic_batching"] == {
        "preferred_batch_size": [64],
        "max_queue_delay_microseconds": 0,
        "preserve_ordering": False,
        "priority_levels": 9,
        "default_priority_level": 5,
        "default_queue_policy": {"allow_timeout_override": True, "max_queue_size": 256},
    }
    assert config["input"] == [{"name": "series", "data_type": "TYPE_FP32", "dims": [2, -1]}]
    assert [entry["dims"] for entry in config["output"]] == [[2], [1]]


def test_the_server_tells_only_extensions_that_work(client: Caller) -> None:
    extensions = client.get("/v2").json()["extensions"]
    assert client.get("/v2/").json()["extensions"] == extensions
    for name, path in {"statistics": "/stats", "model_configuration": "/config"}.items():
        assert (name in extensions) == (client.get(f"/v2/models/gestures{path}").status_code == 200)
    assert ("model_repository" in extensions) == (client.post("/v2/repository/index").status_code == 200)
    for absent in ("sequence", "system_shared_memory", "trace"):
        assert absent not in extensions


def test_statistics_count_rows_and_computations_and_failures(client: Caller, house: House) -> None:
    houses.train(house, "counted", "gestures")
    url = "/v2/models/counted"
    for _ in range(2):
        client.post(f"{url}/infer", content=body())
    client.post(f"{url}/infer", content=b"{}")
    (entry,) = client.get(f"{url}/stats").json()["model_stats"]
    assert (entry["name"], entry["version"]) == ("counted", "1")
    assert (entry["inference_count"], entry["execution_count"]) == (6, 2)
    parts = entry["inference_stats"]
    assert (parts["success"]["count"], parts["fail"]["count"]) == (2, 1)
    inner = sum(parts[name]["ns"] for name in ("queue", "compute_input", "compute_infer", "compute_output"))
    assert 0 < inner == parts["success"]["ns"]
    (batch,) = entry["batch_stats"]
    assert batch["batch_size"] == 3
    assert batch["compute_infer"] == parts["compute_infer"]
    assert entry in client.get("/v2/models/stats").json()["model_stats"]


def test_an_unknown_model_is_not_found_with_an_error_for_the_protocol(client: Caller) -> None:
    for response in (
        client.get("/v2/models/no-such"),
        client.get("/v2/models/no-such/ready"),
        client.get("/v2/models/no-such/config"),
        client.get("/v2/models/no-such/stats"),
        client.post("/v2/models/no-such/infer", content=body()),
    ):
        assert problem(response, 404)["error"]


def test_a_timeout_that_has_passed_is_told(client: Caller) -> None:
    problem(client.post(INFER, content=body(parameters={"timeout": 1})), 504, "DEADLINE_EXCEEDED")
    assert client.post(INFER, content=body(parameters={"timeout": 60_000_000})).status_code == 200


def test_health(client: Caller) -> None:
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}


@pytest.mark.parametrize("state", ["live", "ready"])
def test_probes_may_ask_for_the_head_alone(client: Caller, state: str) -> None:
    assert client.request("HEAD", f"/v2/health/{state}").status_code == 200
    assert client.get("/v2/models/gestures/ready").json() == {"name": "gestures", "ready": True}


def test_not_ready_while_the_database_does_not_answer(house: House) -> None:
    def gone() -> None:
        raise Unavailable("The database does not answer.")

    lifecycle = Lifecycle(gone, house.edge.lanes.storage)
    with calling(application(replace(house.edge, lifecycle=lifecycle))) as caller:
        assert caller.get("/v2/health/live").status_code == 200
        response = caller.get("/v2/health/ready")
        assert (response.status_code, response.json()) == (503, {"ready": False})


def test_not_ready_once_the_service_drains(house: House) -> None:
    lifecycle = Lifecycle(lambda: None, house.edge.lanes.storage)
    with calling(application(replace(house.edge, lifecycle=lifecycle))) as caller:
        assert caller.get("/v2/health/ready").status_code == 200
        lifecycle.drain()
        assert caller.get("/v2/health/ready").status_code == 503

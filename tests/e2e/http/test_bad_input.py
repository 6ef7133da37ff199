"""What people send by mistake: each gets a clear problem that names the fault, and never a 500."""

import io
import json
from typing import Any

import httpx
import numpy as np
import pytest

from tests import houses
from tests.contract.rest.test_problems import problem
from tests.e2e.http.conftest import eventually

pytestmark = pytest.mark.e2e

TS = b"@problemName x\n@univariate true\n@equalLength true\n@seriesLength 4\n@classLabel true a b\n@data\n"
GOOD = houses.classification_file()


def upload(http: httpx.Client, content: bytes, kind: str = "json", **query: str) -> httpx.Response:
    return http.post("/v1/datasets", params={"name": "mistake", "format": kind, **query}, content=content)


def as_json(**members: Any) -> bytes:
    return json.dumps(members).encode()


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["ts", "csv", "npz", "parquet", "arrow", "json"])
def test_an_empty_file(http: httpx.Client, kind: str) -> None:
    assert "empty" in problem(upload(http, b"", kind), 422)["detail"]


def test_no_file(http: httpx.Client) -> None:
    response = http.post("/v1/datasets?name=mistake", files={"other": ("a.ts", TS)})
    assert "file" in problem(response, 400)["detail"]
    problem(http.post("/v1/datasets?name=mistake"), 422)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("ts", TS + b"1,2,3,4:a\n1,2,"),
        ("npz", npz(X=houses.cases(4), y=np.array(["a", "b", "a", "b"]))[:-30]),
        ("json", GOOD[:-20]),
        ("parquet", b"PAR1\x15\x04"),
    ],
)
def test_a_truncated_file(http: httpx.Client, kind: str, content: bytes) -> None:
    problem(upload(http, content, kind), 422)


@pytest.mark.parametrize(
    ("kind", "content", "query"),
    [
        ("ts", TS + b"1,2,3,4:a\n1,two,3,4:b\n", {}),
        (
            "csv",
            b"case,step,load,kind\n0,0,1,a\n0,1,x,a\n1,0,1,b\n1,1,2,b\n",
            {"series": "case", "label": "kind", "channels": "load"},
        ),
        ("json", as_json(series=[[[1, "two"]], [[3, 4]]], labels=["a", "b"]), {}),
    ],
    ids=["ts", "csv", "json"],
)
def test_text_in_a_numbers_place_is_named_with_its_place(
    http: httpx.Client, kind: str, content: bytes, query: dict[str, str]
) -> None:
    members = problem(upload(http, content, kind, **query), 422)
    assert members["errors"][0]["pointer"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("json", as_json(series=[[[1, 2], [3]], [[1, 2], [3, 4]]], labels=["a", "b"])),
        ("ts", b"@problemName x\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n1,2:3:a\n1,2:3,4:b\n"),
    ],
    ids=["json", "ts"],
)
def test_ragged_channels_are_named_with_their_case(http: httpx.Client, kind: str, content: bytes) -> None:
    assert problem(upload(http, content, kind), 422)["errors"]


def test_no_numeric_column(http: httpx.Client) -> None:
    members = problem(upload(http, b"when,what\nmonday,rain\ntuesday,sun\n", "csv"), 422)
    assert "numeric" in members["detail"] or "number" in members["detail"]


def test_an_unknown_format(http: httpx.Client) -> None:
    problem(http.post("/v1/datasets?name=mistake", content=b"\x89PNG\r\n\x1a\n" + bytes(100)), 415)


def test_a_dataset_of_one_class_trains_no_classifier(http: httpx.Client) -> None:
    upload(http, as_json(series=houses.cases(6).tolist(), labels=["a"] * 6), name="one-class")
    assert "two classes" in problem(submit(http, dataset="one-class"), 422)["detail"]


def test_a_dataset_of_one_case_trains_nothing(http: httpx.Client) -> None:
    upload(http, as_json(series=houses.cases(1).tolist(), labels=["a"]), name="one-case")
    assert "one case" in problem(submit(http, dataset="one-case"), 422)["detail"]


@pytest.fixture(scope="module")
def dataset(http: httpx.Client) -> str:
    return str(upload(http, GOOD, name="good").json()["id"])


def submit(http: httpx.Client, **request: Any) -> httpx.Response:
    return http.post("/v1/training-jobs", json={"model": "mistake", **request})


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({"network": {"recipe": "alexnet"}}, "/network/recipe"),
        (
            {"network": {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 13, "padding": "valid"}]}},
            "/network/layers/0",
        ),
        ({"network": {"layers": [{"kind": "conv2d"}]}}, "/network/layers/0/kind"),
        ({"network": {"layers": []}}, "/network/layers"),
        ({"training": {"batch_size": 21}}, "/training/batch_size"),
        ({"training": {"batch_size": 0}}, "/training/batch_size"),
        ({"training": {"epochs": -1}}, "/training/epochs"),
        ({"task": "regression"}, "/task"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_request_that_could_never_train_is_refused_with_a_pointer(
    http: httpx.Client, dataset: str, request_: dict[str, Any], pointer: str
) -> None:
    members = problem(submit(http, dataset=dataset, **request_), 422, "INVALID_ARGUMENT")
    assert members["errors"][0]["pointer"].startswith(pointer)


def test_an_unknown_dataset(http: httpx.Client) -> None:
    problem(submit(http, dataset="no-such"), 404)


def test_a_training_that_diverges_fails_at_its_epoch_and_publishes_nothing(http: httpx.Client) -> None:
    upload(http, houses.regression_file(), name="loads")
    training = {"epochs": 50, "optimizer": {"kind": "sgd", "learning_rate": 1000}}
    network = {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 3}]}
    job = submit(http, dataset="loads", network=network, training=training).json()
    job = eventually(lambda: ended(http, job["id"]), "the end of the job")
    assert job["state"] == "FAILED"
    assert job["error"]["code"] == "diverged"
    assert job["error"]["epoch"] == job["epoch"] + 1
    assert job["error"]["step"] >= 1
    assert "learning rate" in job["error"]["message"]
    problem(http.get("/v1/models/mistake"), 404)


def ended(http: httpx.Client, job: str) -> dict[str, Any] | None:
    found: dict[str, Any] = http.get(f"/v1/training-jobs/{job}").json()
    return found if found["finished_at"] else None


def test_the_service_is_unharmed(http: httpx.Client) -> None:
    assert http.get("/v2/health/ready").json() == {"ready": True}
    assert http.get("/v1/datasets/mistake").status_code == 404

"""What the issue trackers of the peers tell: each lesson a test that carries its number."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from service.ephemeral import Running
from tests import houses
from tests.interop.test_tritonclient import url
from tests.interop.triton_clients import HTTP, Ask, Triton
from tests.protocol import binary, body, outputs, tensor

pytestmark = pytest.mark.e2e

INFER = "/v2/models/gestures/infer"
TESTS = Path(__file__).parents[1]
LESSONS = {
    "kserve": (2358, 4247, 4655),
    "litserve": (724,),
    "mlserver": ("source", 324, 514, 975, 1306, 1541),
    "pytorch serve": (3342,),
    "pytriton": (82,),
    "tensorflow serving": (1664,),
    "triton": (3119, 3563, 6920, 7369),
}
"""Issues of other servers, by their numbers."""


def probabilities(http: httpx.Client, values: np.ndarray, **changes: Any) -> np.ndarray:
    content, headers = binary(values, **changes)
    return outputs(http.post(INFER, content=content, headers=headers))["probabilities"]


@pytest.fixture
def http(running: Running) -> Any:
    with httpx.Client(base_url=running.rest, timeout=60) as http:
        yield http


@pytest.mark.parametrize("client", HTTP)
def test_mlserver_324_binary_tensors_work_over_http(running: Running, clients: Triton, client: str) -> None:
    values = houses.cases(5)
    answers = [
        clients(client, url(running, client), "infer", Ask("gestures", values, binary=way)) for way in (True, False)
    ]
    first, second = (answer["outputs"]["probabilities"] for answer in answers)
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_mlserver_1306_each_caller_gets_its_own_rows_outputs_and_id(http: httpx.Client) -> None:
    """Also MLServer 514 and MLServer 1541: callers at once, of different sizes, lengths and wishes."""
    asked = [houses.cases(1 + seed % 4, length=12 + seed % 3, seed=seed) for seed in range(48)]
    alone = [probabilities(http, values) for values in asked]

    def ask(index: int) -> None:
        labels = index % 3 == 0
        wanted = {"outputs": [{"name": "label"}]} if labels else {}
        content, headers = binary(asked[index], id=f"caller-{index}", parameters={}, **wanted)
        answer = http.post(INFER, content=content, headers=headers)
        assert answer.json()["id"] == f"caller-{index}"
        found = outputs(answer)
        if labels:
            best = alone[index].argmax(axis=1)
            assert found.keys() == {"label"}
            assert found["label"].tolist() == [("down", "up")[place] for place in best]
        else:
            np.testing.assert_allclose(found["probabilities"], alone[index], atol=1e-5)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, [*range(48), *range(48)]))


def test_mlserver_source_a_poison_request_harms_only_itself(http: httpx.Client) -> None:
    good = houses.cases(2)
    expected = probabilities(http, good)
    poisons = [
        body(inputs=[tensor(houses.cases(2, channels=3))]),
        body(inputs=[tensor(good, data=[1e300] * good.size)]),
        body(inputs=[tensor(good, datatype="BOOL", data=[True] * good.size)]),
        body(outputs=[{"name": "x"}]),
    ]

    def ask(index: int) -> None:
        if index % 2:
            assert http.post(INFER, content=poisons[index % len(poisons)]).status_code == 400
        else:
            np.testing.assert_allclose(probabilities(http, good), expected, atol=1e-5)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(64)))


@pytest.mark.parametrize("suffix", ["", "/ready", "/config", "/stats", "/infer"])
def test_kserve_4655_every_path_knows_versions(http: httpx.Client, suffix: str) -> None:
    """Also kserve 2358."""
    method, content = ("POST", body()) if suffix == "/infer" else ("GET", b"")
    for version, status in (("1", 200), ("2", 200), ("9", 404), ("0", 404), ("x", 404), ("1.0", 404)):
        answer = http.request(method, f"/v2/models/gestures/versions/{version}{suffix}", content=content)
        assert answer.status_code == status, (version, answer.text)
    assert http.post("/v2/models/gestures/versions/1/infer", content=body()).json()["model_version"] == "1"


def test_pytriton_82_nobody_must_write_tensors_by_hand(http: httpx.Client) -> None:
    answer = http.post("/v1/models/gestures:predict", json={"series": houses.cases(1).tolist()})
    assert answer.json()["predictions"][0]["label"] == "up"


def test_every_lesson_has_a_test_that_carries_its_number() -> None:
    told = "\n".join(
        f"{node.name.replace('_', ' ')} {ast.get_docstring(node) or ''}".lower()
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )
    missing = [
        (peer, number) for peer, numbers in LESSONS.items() for number in numbers if f"{peer} {number}" not in told
    ]
    assert missing == []

"""The traps that real clients set, each with its number; those that need no client stand in tests/contract."""

import ast
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest

from service.ephemeral import Running
from tests import houses
from tests.interop.test_tritonclient import CASES, plain, url
from tests.interop.triton_clients import CLIENTS, GRPC, HTTP, Ask, ClientFailed, Triton
from tests.protocol import binary, body

pytestmark = pytest.mark.e2e

TESTS = Path(__file__).parents[1]
TRAPS = range(1, 13)
ODD = [("a/b", ""), ("../gestures", ""), ("gestures", "x"), ("gestures", "-1")]


@pytest.mark.parametrize("client", HTTP)
def test_trap_1_a_client_may_send_no_content_type_or_an_odd_one(running: Running, clients: Triton, client: str) -> None:
    answer = clients(client, url(running, client), "infer", Ask("gestures", CASES, binary=False))
    assert answer["outputs"]["probabilities"].shape == (3, 2)


SUCCESSES = [
    *(("GET", path) for path in ("", "/", "/health/live", "/health/ready", "/models/stats")),
    *(
        ("GET", f"/models/gestures{version}{suffix}")
        for version in ("", "/versions/1")
        for suffix in ("", "/ready", "/config", "/stats")
    ),
    *(("POST", f"/models/gestures{version}/infer") for version in ("", "/versions/1")),
    ("POST", "/repository/index"),
    ("POST", "/repository/models/spare/unload"),
    ("POST", "/repository/models/spare/load"),
]


@pytest.mark.parametrize(("method", "path"), SUCCESSES)
def test_trap_3_a_success_is_exactly_200_and_nothing_is_redirected(running: Running, method: str, path: str) -> None:
    content = body() if path.endswith("infer") else b""
    answer = httpx.request(method, f"{running.rest}/v2{path}", content=content, follow_redirects=False)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_trap_5_the_client_that_decodes_nothing_reads_every_answer(
    running: Running, clients: Triton, compression: str | None
) -> None:
    address = url(running, "http.aio")
    assert clients("http.aio", address, "get_model_metadata", "gestures")["name"] == "gestures"
    answer = clients("http.aio", address, "infer", Ask("gestures", CASES, compression=compression))
    assert answer["outputs"]["probabilities"].shape == (3, 2)
    listed = {"Accept-Encoding": "gzip, deflate, br"}
    for path in ("", "/models/gestures", "/models/gestures/config", "/models/gestures/stats"):
        assert "content-encoding" not in httpx.get(f"{running.rest}/v2{path}", headers=listed).headers


@pytest.mark.parametrize("client", GRPC)
def test_trap_6_the_client_finds_every_output_where_it_looks(running: Running, clients: Triton, client: str) -> None:
    answer = clients(client, url(running, client), "infer", Ask("gestures", CASES, outputs={"label": {}}))
    assert answer["outputs"]["label"].tolist() == [b"up", b"down", b"up"]
    assert len(answer["raw_output_contents"]) == 1


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("model", "version"), ODD)
def test_trap_8_a_name_with_a_slash_or_an_odd_version_is_an_error_that_a_client_understands(
    running: Running, clients: Triton, client: str, model: str, version: str
) -> None:
    with pytest.raises(ClientFailed) as failed:
        clients(client, url(running, client), "infer", Ask(model, CASES, version=version))
    assert re.search(r"no (such )?(route|model|version)", str(failed.value)), failed.value


def test_trap_8_no_model_has_such_a_name(running: Running) -> None:
    for name in ("a/b", "..", "a b", "é", "", "x" * 300):
        answer = httpx.post(f"{running.rest}/v1/training-jobs", json={"model": name, "dataset": "gestures"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/model"


@pytest.mark.parametrize("client", GRPC)
def test_trap_10_a_clients_timeout_is_a_deadline(running: Running, clients: Triton, client: str) -> None:
    ask = Ask("gestures", CASES, options={"client_timeout": 0.2})
    running.process.send_signal(signal.SIGSTOP)  # however short a deadline, a quick answer may still meet it
    try:
        with pytest.raises(ClientFailed, match="DEADLINE_EXCEEDED"):
            clients(client, url(running, client), "infer", ask)
    finally:
        running.process.send_signal(signal.SIGCONT)
    patient = Ask("gestures", CASES, options={"client_timeout": 60.0})
    assert clients(client, url(running, client), "infer", patient)["outputs"]["label"].shape == (3,)


@pytest.mark.parametrize("client", CLIENTS)
def test_trap_10_the_protocols_own_timeout_is_a_deadline_too(running: Running, clients: Triton, client: str) -> None:
    with pytest.raises(ClientFailed, match=r"DEADLINE_EXCEEDED|deadline passed"):
        clients(client, url(running, client), "infer", Ask("gestures", CASES, options={"timeout": 1}))


def test_trap_11_the_clients_and_our_messages_are_never_in_one_process(clients: Triton) -> None:
    assert clients("none", "", "fields")
    assert not any(name.partition(".")[0] == "tritonclient" for name in sys.modules)


def test_trap_12_what_is_missing_goes_in_as_nan_and_an_answer_is_strict_json(running: Running) -> None:
    values = CASES.copy()
    values[0, 0, :3] = float("nan")
    content, headers = binary(values, parameters={"binary_data_output": False})
    answer = httpx.post(f"{running.rest}/v2/models/gestures/infer", content=content, headers=headers)
    assert answer.status_code == 200
    assert "NaN" not in answer.text
    series = [[[None if value != value else value for value in row] for row in case] for case in values.tolist()]  # noqa: PLR0124 - NaN
    predicted = httpx.post(f"{running.rest}/v1/models/gestures:predict", json={"series": series}).json()
    first = list(predicted["predictions"][0]["probabilities"].values())
    assert answer.json()["outputs"][0]["data"][:2] == pytest.approx(first, abs=1e-6)
    assert plain(running, houses.cases(3)).shape == (3, 2)
    for literal in ("NaN", "Infinity", "-Infinity"):
        raw = body().decode().replace(str(CASES.ravel().tolist()[0]), literal, 1).encode()
        assert httpx.post(f"{running.rest}/v2/models/gestures/infer", content=raw).status_code == 400


def test_every_trap_has_a_test_that_carries_its_number() -> None:
    named = {
        int(found[1])
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (found := re.match(r"test_trap_(\d+)_", node.name))
    }
    assert named == set(TRAPS)

"""Whoever calls Triton points the same client at us: each client, each method, each encoding, each datatype."""

from typing import Any

import httpx
import numpy as np
import pytest

from api_schemas.generated import inference_pb2
from service.ephemeral import Running
from tests import houses
from tests.interop.conftest import KEY
from tests.interop.triton_clients import CLIENTS, GRPC, HTTP, Ask, ClientFailed, Triton, fields

pytestmark = pytest.mark.e2e

CASES = houses.cases(3)
ENCODINGS = [(client, True) for client in CLIENTS] + [(client, False) for client in HTTP]


def url(running: Running, client: str) -> str:
    return running.grpc if client in GRPC else running.rest.removeprefix("http://")


def plain(running: Running, values: np.ndarray = CASES, version: int = 2) -> np.ndarray:
    """The probabilities that `:predict` gives."""
    body = {"series": values.tolist(), "version": version}
    predictions = httpx.post(f"{running.rest}/v1/models/gestures:predict", json=body).json()["predictions"]
    return np.array([[case["probabilities"][label] for label in ("down", "up")] for case in predictions], np.float32)


def labels(answer: dict[str, Any]) -> list[str]:
    return [label.decode() for label in answer["outputs"]["label"]]


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
@pytest.mark.parametrize(("client", "binary"), ENCODINGS)
def test_every_encoding_gives_the_answer_of_predict(
    running: Running, clients: Triton, client: str, binary: bool, compression: str | None
) -> None:
    ask = Ask("gestures", CASES, binary=binary, compression=compression, options={"request_id": "a-1"})
    answer = clients(client, url(running, client), "infer", ask)
    np.testing.assert_allclose(answer["outputs"]["probabilities"], plain(running), atol=1e-6)
    assert labels(answer) == ["up", "down", "up"]
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("gestures", "2", "a-1")


@pytest.mark.parametrize("client", HTTP)
@pytest.mark.parametrize("binary", [True, False])
def test_trap_2_outputs_are_binary_or_json_as_they_are_wanted(
    running: Running, clients: Triton, client: str, binary: bool
) -> None:
    wanted = {"label": {"binary_data": binary}, "probabilities": {"binary_data": not binary}}
    answer = clients(client, url(running, client), "infer", Ask("gestures", CASES, outputs=wanted))
    assert list(answer["outputs"]) == ["label", "probabilities"]
    np.testing.assert_allclose(answer["outputs"]["probabilities"], plain(running), atol=1e-6)


@pytest.mark.parametrize("client", CLIENTS)
def test_every_version_can_be_asked(running: Running, clients: Triton, client: str) -> None:
    for version in ("1", "2"):
        answer = clients(client, url(running, client), "infer", Ask("gestures", CASES, version=version))
        assert answer["model_version"] == version
        expected = plain(running, version=int(version))
        np.testing.assert_allclose(answer["outputs"]["probabilities"], expected, atol=1e-6)


@pytest.mark.parametrize("client", CLIENTS)
def test_classification(running: Running, clients: Triton, client: str) -> None:
    ask = Ask("gestures", CASES, outputs={"probabilities": {"class_count": 2}})
    best = clients(client, url(running, client), "infer", ask)["outputs"]["probabilities"]
    assert best.shape == (3, 2)
    assert best[0, 0].decode().endswith(":1:up")
    assert best[1, 0].decode().endswith(":0:down")


@pytest.mark.parametrize("client", CLIENTS)
def test_trap_4_errors_say_what_was_wrong(running: Running, clients: Triton, client: str) -> None:
    address = url(running, client)
    with pytest.raises(ClientFailed, match="no model"):
        clients(client, address, "infer", Ask("no-such", CASES))
    with pytest.raises(ClientFailed, match=r"\[-1, 2, -1\]"):
        clients(client, address, "infer", Ask("gestures", houses.cases(1, channels=3)))
    with pytest.raises(ClientFailed, match="probabilities, label"):
        clients(client, address, "infer", Ask("gestures", CASES, outputs={"x": {}}))


@pytest.mark.parametrize("client", GRPC)
def test_trap_9_a_stream_survives_a_failed_request(running: Running, clients: Triton, client: str) -> None:
    asks = [Ask("gestures", CASES), Ask("no-such", CASES), Ask("gestures", CASES[:1])]
    first, failed, last = clients(client, url(running, client), "stream", asks)
    assert "no model" in failed
    np.testing.assert_allclose(first["outputs"]["probabilities"], plain(running), atol=1e-6)
    assert last["outputs"]["probabilities"].shape == (1, 2)


@pytest.mark.parametrize("client", CLIENTS)
def test_trap_7_large_batches_pass(running: Running, clients: Triton, client: str) -> None:
    """Twelve MiB: three times gRPC's own limit."""
    values = np.repeat(houses.cases(1, length=1024), 1536, axis=0)
    answer = clients(client, url(running, client), "infer", Ask("gestures", values))
    assert answer["outputs"]["probabilities"].shape == (1536, 2)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_key_travels_as_a_header(locked: Running, clients: Triton, client: str) -> None:
    address = url(locked, client)
    bearer = {"headers": {"Authorization" if client in HTTP else "authorization": f"Bearer {KEY}"}}
    assert clients(client, address, "is_server_ready")
    with pytest.raises(ClientFailed, match="API key"):
        clients(client, address, "get_server_metadata")
    assert clients(client, address, "get_server_metadata", **bearer)["name"] == "wavetap"


def test_every_field_has_the_number_and_type_that_the_clients_use(clients: Triton) -> None:
    theirs = clients("none", "", "fields")
    ours = fields(inference_pb2.DESCRIPTOR)
    assert len(ours) > 20
    for message, members in ours.items():
        assert members.items() <= theirs[message].items(), message

"""Versions published and promoted under load, by another process: no answer fails, none is mixed, none is old."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import pytest

from service.ephemeral import service
from tests import houses
from tests.protocol import CASES, INFER, body, outputs

PATIENCE = 60.0
VERSIONS = 3
ALIAS = "/v1/models/gestures/aliases/live"
PREDICT = "/v1/models/gestures:predict"
TOLERANCE = 1e-6


@dataclass
class Load:
    """What clients were answered: the version, and the probability of `down` for each case."""

    answers: list[tuple[int, np.ndarray]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def ask(self, rest: str, path: str, content: bytes) -> None:
        with httpx.Client(base_url=rest, timeout=PATIENCE, headers={"Content-Type": "application/json"}) as client:
            while not self.over.is_set():
                response = client.post(path, content=content)
                if response.status_code != 200:
                    self.failures.append(response.text)
                    return
                self.answers.append(told(response))

    def await_version(self, number: int) -> None:
        """Wait until some client has met it."""
        deadline = time.monotonic() + PATIENCE
        while not self.failures and number not in {version for version, _ in self.answers}:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def told(response: httpx.Response) -> tuple[int, np.ndarray]:
    answer = response.json()
    if "predictions" in answer:
        return answer["version"], np.array([one["probabilities"]["down"] for one in answer["predictions"]])
    return int(answer["model_version"]), outputs(response)["probabilities"][:, 0]


@contextmanager
def loading(rest: str) -> Iterator[Load]:
    load = Load()
    plain = json.dumps({"series": CASES.tolist(), "version": "live"}).encode()
    asked = [(INFER, body()), (PREDICT, plain)] * 2
    threads = [threading.Thread(target=load.ask, args=(rest, path, content)) for path, content in asked]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.over.set()
        for thread in threads:
            thread.join()


@pytest.mark.e2e
def test_every_answer_is_whole_and_of_a_version_that_was_the_newest_or_promoted(tmp_path: Path) -> None:
    with houses.house_in(tmp_path / "data") as publisher:
        houses.add_dataset(publisher, "gestures", houses.classification_file())
        houses.train(publisher, "gestures", "gestures", training={"seed": 1})
        with (
            service(
                tmp_path / "data", tmp_path / "log", {"WAVETAP_WORKERS": "2", "WAVETAP_RUNNING_JOBS": "0"}
            ) as running,
            httpx.Client(base_url=running.rest, timeout=PATIENCE) as client,
        ):
            client.put(ALIAS, json={"version": 1}).raise_for_status()
            with loading(running.rest) as load:
                for number in range(2, VERSIONS + 1):
                    houses.train(publisher, "gestures", "gestures", training={"seed": number})
                    asked = [told(httpx.post(running.rest + INFER, content=body(), timeout=PATIENCE)) for _ in range(4)]
                    assert {version for version, _ in asked} == {number}
                    load.await_version(number)
                    client.put(ALIAS, json={"version": number}).raise_for_status()
                client.put(ALIAS, json={"version": 1}).raise_for_status()
            expected = {
                number: told(client.post(f"/v2/models/gestures/versions/{number}/infer", content=body()))[1]
                for number in range(1, VERSIONS + 1)
            }
    assert load.failures == []
    assert {version for version, _ in load.answers} == set(expected)
    assert np.abs(expected[1] - expected[2]).max() > 100 * TOLERANCE
    for version, found in load.answers:
        np.testing.assert_allclose(found, expected[version], rtol=0, atol=TOLERANCE)
